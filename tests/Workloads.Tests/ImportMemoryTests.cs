using Sim.Foundation.Diagnostics;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;
using Sim.Workloads.Onnx;
using static Sim.Tests.OnnxBytes;

namespace Sim.Tests;

/// <summary>What importing a model takes: its weights once, in their own type, wherever the file keeps them.</summary>
public sealed class ImportMemoryTests
{
    private const int Rows = 4096, Columns = 4096;

    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("sim-onnx").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, true);

    [TestCase("raw")]
    [TestCase("typed")]
    [TestCase("external")]
    public void AnInt8ModelTakesOneByteAWeight(string form)
    {
        var weights = new byte[Rows * Columns];
        new Random(1).NextBytes(weights);
        for (int i = 0; i < weights.Length; i++) weights[i] &= 0x7F;
        byte[][] data = form switch
        {
            "raw" => [Block(9, weights)],
            "typed" => [Block(5, weights)],
            _ => [Block(13, [.. Text(1, "location"), .. Text(2, "w.bin")]), Int(14, 1)],
        };
        if (form == "external") File.WriteAllBytes(Path.Combine(_folder, "w.bin"), weights);
        string path = Path.Combine(_folder, "net.onnx");
        File.WriteAllBytes(path, Model(13, Initializer(TensorBytes("w", 3, [Rows, Columns], data)), Floats("s", [], 0.5f),
            Op("d", "DequantizeLinear", ["w", "s"], ["f"]),
            Op("m", "MatMul", ["x", "f"], ["y"]), Input("x", 1, 1, Rows), Output("y", 1, 1, Columns)));
        var bag = new DiagnosticBag();
        long before = GC.GetAllocatedBytesForCurrentThread();
        NetworkGraph graph = OnnxReader.Load(path, bag) ?? throw new AssertionException(bag.ToString());
        NetworkLayers layers = LayerExtraction.Layers(graph);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(weights.Length * 1.05 + (2 << 20)));
        Assert.That(layers.WeightElements, Is.EqualTo(weights.Length));
        Assert.That(graph.Constants["w"].Span<sbyte>()[^1], Is.EqualTo((sbyte)weights[^1]));
    }

    // The allowance is four times the file and 64 MB; a float scale and a long zero point for each weight would take twelve times.
    [TestCase("Gemm", 0)]
    [TestCase("MatMul", 1)]
    [TestCase("Transpose", 0)]
    public void TheIntegersOfAModelTakeNoScaleForEachWeight(string form, int axis)
    {
        var weights = new byte[Rows * Columns];
        new Random(2).NextBytes(weights);
        float[] scales = [.. Enumerable.Range(1, Rows).Select(i => i / 64f)];
        byte[][] quantized = [Op("q", "QuantizeLinear", ["x", "sx", "zx"], ["qx"]),
            Op("dx", "DequantizeLinear", ["qx", "sx", "zx"], ["fx"]),
            Op("d", "DequantizeLinear", ["w", "s"], ["f"], IntAttribute("axis", axis))];
        byte[][] product = form switch
        {
            "Gemm" => [Op("m", "Gemm", ["fx", "f"], ["y"], IntAttribute("transB", 1))],
            "MatMul" => [Op("m", "MatMul", ["fx", "f"], ["y"])],
            _ => [Op("t", "Transpose", ["f"], ["ft"]), Op("m", "MatMul", ["fx", "ft"], ["y"])],
        };
        string path = Path.Combine(_folder, "net.onnx");
        File.WriteAllBytes(path, Model(13,
            [.. quantized, .. product, Initializer(TensorBytes("w", 3, [Rows, Columns], Block(9, weights))), Floats("s", [Rows], scales),
            Floats("sx", [], 0.5f), Initializer(TensorBytes("zx", 3, [], Block(9, [0]))), Input("x", 1, 1, Columns),
                Output("y", 1, 1, Rows)]));
        var bag = new DiagnosticBag();
        NetworkGraph graph = OnnxReader.Load(path, bag) ?? throw new AssertionException(bag.ToString());
        long before = GC.GetTotalAllocatedBytes();
        IntegerNetwork network = IntegerNetworkReader.Read(graph, path, bag) ?? throw new AssertionException(bag.ToString());
        Assert.That(GC.GetTotalAllocatedBytes() - before, Is.LessThan(3L * weights.Length + (8 << 20)));
        Assert.That(network.Layers.Single().Rows, Is.EqualTo(Rows));
        Assert.That(network.Layers[0].K, Is.EqualTo(Columns));
    }
}
