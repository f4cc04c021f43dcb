using Sim.Foundation.Diagnostics;
using Sim.Workloads.Graph;
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
        File.WriteAllBytes(path, Model(13, Initializer(TensorBytes("w", 3, [Rows, Columns], data)), Floats("s", [], 0.5f), Op("d", "DequantizeLinear", ["w", "s"], ["f"]),
            Op("m", "MatMul", ["x", "f"], ["y"]), Input("x", 1, 1, Rows), Output("y", 1, 1, Columns)));
        var bag = new DiagnosticBag();
        long before = GC.GetAllocatedBytesForCurrentThread();
        NetworkGraph graph = OnnxReader.Load(path, bag) ?? throw new AssertionException(bag.ToString());
        NetworkLayers layers = LayerExtraction.Layers(graph);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(weights.Length * 1.05 + (2 << 20)));
        Assert.That(layers.WeightElements, Is.EqualTo(weights.Length));
        Assert.That(graph.Constants["w"].Span<sbyte>()[^1], Is.EqualTo((sbyte)weights[^1]));
    }
}
