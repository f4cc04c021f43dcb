using Sim.Workloads.Execution;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;

namespace Sim.Verification.Tests.Layers;

/// <summary>Ranges through operators whose ends are not where one looks first: what inputs reach, found by running all of them, lies
/// within.</summary>
public class PropagatedEndTests
{
    // QONNX: clip(round(x / scale + zero)); 1 / 2 + 1 is 1.5, which rounds to 2 and stands for 1 · 2. QuantizeLinear rounds first: 0 + 1
    // stands for 0.
    [TestCase(1f, 2f), TestCase(0f, 0f), TestCase(-1f, 2f)]
    public void TheZeroPointOfQonnxIsAddedBeforeRounding(float zero, float atOne)
    {
        NetworkGraph graph = Qonnx(zero);
        Tensor seen = GraphExecutor.Run(graph, new Dictionary<string, Tensor> { ["x"] = Tensor.OfFloats([1], 1, 1) })["m"];
        Assert.That(seen.Floats, Is.EqualTo(new[] { atOne }));
        IntegerLayer layer = Nets.Read(graph, new ReadingOptions { Boxes = BoxRule.Propagated }).Layers[0];
        Assert.That(layer.Inputs[0].Plus(-layer.InputZeroPoint), Is.EqualTo(new Interval(0, (Int128)(atOne / 2))));
    }

    /// <summary>HardSigmoid max(0, min(1, −0.2·x + 0.5)) falls (ONNX asks alpha for no sign); a root of numbers below 0 has no value at its
    /// lower end.</summary>
    [TestCase("HardSigmoid: d -> h", 0f, 1f), TestCase("Sqrt: d -> h", 0f, 3.5f),
        TestCase("BatchNormalization: n, g, b, m0, v0 -> h", -3.5f, 0f)]
    public void EndsThatFallOrHaveNoValueNarrowNothing(string op, float low, float high)
    {
        const float Step = 1 / 64f;
        Graphs graph = new Graphs().Floats("s", [0.1f]).Integers("z", ElementType.Int8, [0]).Floats("o", [Step])
            .Integers("oz", ElementType.Int16, [0]).Integers("w", ElementType.Int8, [1], 1, 1, 1)
            .Floats("g", [-1], 1).Floats("b", [0], 1).Floats("m0", [0], 1).Floats("v0", [1], 1)
            .Node("QuantizeLinear: x, s, z -> q").Node("DequantizeLinear: q, s, z -> d").Node("Sqrt: d -> n");
        NodeAttribute[] attributes = op[0] == 'H' ? [new("alpha", Real: -0.2f)] : op[0] == 'B' ? [new("epsilon", Real: 0f)] : [];
        NetworkGraph made = graph.Node(op, attributes).Node("QuantizeLinear: h, o, oz -> k").Node("DequantizeLinear: k, o, oz -> e")
            .Node("DequantizeLinear: w, s -> v").Node("Conv: e, v -> m").Build(ElementType.Float32, 1, 1, 1);
        Interval box = Nets.Read(made, new ReadingOptions { Boxes = BoxRule.Propagated }).Layers[0].Inputs.Aggregate((a, b) => a.Hull(b));
        Assert.That(box.Contains((Int128)(low / Step)) && box.Contains((Int128)(high / Step)), $"{box}");
    }

    private static NetworkGraph Qonnx(float zero) => new Graphs().Floats("one", [1]).Floats("two", [2]).Floats("none", [0])
        .Floats("zero", [zero]).Floats("few", [1]).Floats("four", [4]).Floats("w", [1], 1, 1)
        .Node("qonnx.custom_op.general/Quant: x, one, none, few -> q", Unsigned)
            .Node("qonnx.custom_op.general/Quant: q, two, zero, four -> r", Signed)
        .Node("qonnx.custom_op.general/Quant: w, one, none, four -> v", Signed).Node("MatMul: r, v -> m").Build(ElementType.Float32, 1, 1);

    private static NodeAttribute[] Unsigned => [new("signed", Integer: 0)];

    private static NodeAttribute[] Signed => [new("signed", Integer: 1)];
}
