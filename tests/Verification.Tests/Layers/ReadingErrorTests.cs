using Sim.Foundation.Diagnostics;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;

namespace Sim.Verification.Tests.Layers;

/// <summary>What has no integer meaning is refused with its place; nothing is guessed.</summary>
public class ReadingErrorTests
{
    private static readonly (string Name, Func<Graphs, Graphs> Nodes, ElementType Input, string[] Errors)[] Cases =
    [
        ("dynamic", g => g.Node("DynamicQuantizeLinear: x -> q, s, z").Node("MatMulInteger: q, w, z -> y"), ElementType.Float32,
            ["net.onnx:1:1: error INT002: node 'q' (DynamicQuantizeLinear): chooses scale and zero point at run time",
                "net.onnx:2:1: error INT002: node 'y' (MatMulInteger): its input's zero point is computed at run time"]),
        ("computed scale", g => g.Node("ReduceMax: x -> m", new NodeAttribute("keepdims", Integer: 0)).Node("Exp: m -> e")
            .Node("QuantizeLinear: x, e, z0 -> q").Node("DequantizeLinear: q, e, z0 -> y"), ElementType.Float32,
            ["net.onnx:3:1: error INT002: node 'q' (QuantizeLinear): its scale is computed at run time", "net.onnx:4:1: error INT002"]),
        ("rows of zero points", g => g.Integers("rz", ElementType.UInt8, [1, 2], 2).Node("MatMulInteger: x, w, rz -> y"), ElementType.UInt8,
            ["net.onnx:1:1: error INT004: node 'y' (MatMulInteger): 2 zero points of the input"]),
        ("scales within a row", g => g.Node("DequantizeLinear: x, s, z0 -> a").Floats("ks", [1, 2, 4], 3)
            .Node("DequantizeLinear: w, ks -> b", new NodeAttribute("axis", Integer: 0)).Node("MatMul: a, b -> y"), ElementType.UInt8,
            ["net.onnx:3:1: error INT004: node 'y' (MatMul): the scale of its weights differs within an output channel"]),
        ("zero point of half", g => g.Floats("half", [0.5f]).Floats("bits", [4]).Node("onnx.brevitas/Quant: x, s, half, bits -> y"),
            ElementType.Float32,
            ["net.onnx:1:1: error INT003: node 'y' (Quant): its zero point is no integer"]),
        ("computed bits", g => g.Floats("one", [1]).Floats("zero", [0]).Node("ReduceMax: x -> m", new NodeAttribute("keepdims", Integer: 0))
            .Node("Div: m, m -> n").Node("Max: one, m -> bits").Node("onnx.brevitas/Quant: x, s, zero, bits -> y"), ElementType.Float32,
            ["net.onnx:4:1: error INT002: node 'y' (Quant): its bit width is computed at run time"]),
        ("bias beyond integers", g => g.Node("DequantizeLinear: x, s, z0 -> a").Node("DequantizeLinear: w, s -> b")
            .Floats("c", [1e30f, 1], 2).Node("Gemm: a, b, c -> y"), ElementType.UInt8,
            ["net.onnx:3:1: error INT001: node 'y' (Gemm): bias 1.00000002E+30 of output channel 0"]),
        ("negative alpha", g => g.Node("DequantizeLinear: x, s, z0 -> a").Node("DequantizeLinear: w, s -> b")
            .Node("Gemm: a, b -> y", new NodeAttribute("alpha", Real: -1)), ElementType.UInt8,
            ["net.onnx:3:1: error INT001: node 'y' (Gemm): alpha = -1"]),
    ];

    [Test]
    public void SenselessQuantizationIsALocatedError([Range(0, 7)] int index)
    {
        (string name, Func<Graphs, Graphs> nodes, ElementType input, string[] errors) = Cases[index];
        NetworkGraph graph = nodes(new Graphs().Integers("w", ElementType.Int8, [1, 2, 3, 4, 5, 6], 3, 2).Floats("s", [0.5f])
            .Integers("z0", ElementType.UInt8, [0])).Build(input, 2, 3);
        var bag = new DiagnosticBag();
        Assert.That(IntegerNetworkReader.Read(graph, "net.onnx", bag), Is.Null, name);
        string[] lines = bag.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(lines, Has.Length.EqualTo(errors.Length), bag.ToString());
        foreach ((string line, string expected) in lines.Zip(errors)) Assert.That(line, Does.StartWith(expected));
    }

    /// <summary>Scales that are 0, infinite, NaN or negative: the executor refuses them already when a network is loaded; the reader does
    /// for those that it alone meets.</summary>
    [TestCase(0f)]
    [TestCase(-1f)]
    [TestCase(float.NaN)]
    [TestCase(float.PositiveInfinity)]
    public void ScalesThatAreNoPositiveNumbersAreRefused(float scale)
    {
        NetworkGraph graph = new Graphs().Integers("w", ElementType.Int8, [1, 2, 3], 3, 1).Floats("s", [scale])
            .Integers("z", ElementType.UInt8, [0])
            .Node("DequantizeLinear: x, s, z -> a").Node("DequantizeLinear: w, s -> b").Node("MatMul: a, b -> y")
                .Build(ElementType.UInt8, 1, 3);
        var bag = new DiagnosticBag();
        Assert.That(IntegerNetworkReader.Read(graph, "net.onnx", bag), Is.Null);
        Assert.That(bag.ToString(), Does.Match("^net\\.onnx:[12]:1: error INT001: "));
    }

    [Test]
    public void FloatLayersAreNotedAndNotGuessed()
    {
        NetworkGraph graph = new Graphs().Floats("w", [1, 2, 3], 3, 1).Node("MatMul: x, w -> y").Build(ElementType.Float32, 1, 3);
        IntegerNetwork network = Nets.Read(graph);
        Assert.That(network.Layers, Is.Empty);
        Assert.That(network.Notes, Is.EqualTo(new[] { "node 'y' (MatMul) has no integer semantics: operand 'x' is not quantized" }));
    }
}
