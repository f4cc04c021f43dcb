using System.Collections.Immutable;
using Sim.Foundation.Diagnostics;
using Sim.Workloads.Execution;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;
using static Sim.Tests.OracleData;

namespace Sim.Tests;

/// <summary>Matrix products of com.microsoft are layers: listed with their sizes, and QGemm's sums are integers that proofs read.</summary>
public sealed class ContribLayerTests
{
    private static readonly Tensor Weights = Tensor.OfIntegers(ElementType.Int8, [1, 2, 3, -1, 5, -2, 7, 8], 2, 4);

    [TestCase(true, 3, 2)]
    [TestCase(false, 3, 2)]
    public void A_QGemm_is_a_layer_of_integers(bool quantized, int rows, int columns)
    {
        NetworkGraph graph = QGemm(quantized, I("transB", 1));
        GemmLayer layer = LayerExtraction.Layers(graph).Gemms.Single();
        Assert.That((layer.OpType, layer.M, layer.N, layer.K), Is.EqualTo(("QGemm", 1, columns, 4)));
        Assert.That(rows, Is.EqualTo(graph.Inputs[0].Shape[0]));
        var bag = new DiagnosticBag();
        IntegerNetwork network = IntegerNetworkReader.Read(graph, "q.onnx", bag)!;
        Assert.That(bag.ToString(), Is.Empty);
        Assert.That(network.Layers.Single().Weights, Is.EqualTo(new[] { 1, 2, 3, -1, 5, -2, 7, 8 }));
        Assert.That(network.Layers.Single().Bias, Is.EqualTo(new long[] { 10, -20 }));
        Assert.That(network.Layers.Single().InputZeroPoint, Is.EqualTo(3));
    }

    [Test]
    public void A_QGemm_with_another_alpha_states_no_sums()
    {
        var bag = new DiagnosticBag();
        IntegerNetworkReader.Read(QGemm(true, I("transB", 1), R("alpha", 0.5f)), "q.onnx", bag);
        Assert.That(bag.ToString(), Does.Contain("INT004").And.Contain("alpha"));
    }

    [Test]
    public void A_MatMulNBits_has_the_products_of_its_matrices()
    {
        var node = new Node("m", "com.microsoft", "MatMulNBits", ["x", "b", "s"], ["y"],
            new[] { I("K", 40), I("N", 5), I("bits", 4), I("block_size", 16) }.ToImmutableDictionary(a => a.Name));
        GemmLayer layer = LayerExtraction.Layers(Graph(node, new GraphValue("x", ElementType.Float32, [1, 7, 40]),
            ("b", Tensor.Zeros(ElementType.UInt8, 5, 3, 8)), ("s", Tensor.Zeros(ElementType.Float32, 5, 3)))).Gemms.Single();
        Assert.That((layer.M, layer.N, layer.K, layer.Macs), Is.EqualTo((7, 5, 40, 1400L)));
    }

    private static NetworkGraph QGemm(bool quantized, params NodeAttribute[] attributes)
    {
        ImmutableArray<string> inputs = ["a", "as", "az", "b", "bs", "bz", "c", "ys", "yz"];
        var node = new Node("q", "com.microsoft", "QGemm", quantized ? inputs : inputs[..7], ["y"],
            attributes.ToImmutableDictionary(a => a.Name));
        return Graph(node, new GraphValue("a", ElementType.UInt8, [3, 4]), ("as", Scalar(0.5f)), ("az", Scalar(ElementType.UInt8, 3)),
            ("b", Weights), ("bs", Scalar(0.25f)), ("bz", Scalar(ElementType.Int8, 0)),
            ("c", Tensor.OfIntegers(ElementType.Int32, [10, -20], 2)), ("ys", Scalar(2)), ("yz", Scalar(ElementType.UInt8, 5)));
    }

    private static NetworkGraph Graph(Node node, GraphValue input, params (string Name, Tensor Value)[] constants) =>
        new("g", 13, [input], [new GraphValue("y", ElementType.Float32, [])], [node],
            constants.ToImmutableDictionary(c => c.Name, c => c.Value), "");
}
