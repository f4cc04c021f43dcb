using System.Collections.Immutable;
using Sim.Tests;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;

namespace Sim.Verification.Tests.Layers;

/// <summary>DequantizeLinear, Conv, QuantizeLinear mean the same integers as QLinearConv.</summary>
public class QdqReadingTests
{
    /// <summary>The official networks rewritten in QDQ form: layer for layer the integers that the tables were made of.</summary>
    [TestCase("mlperf-dscnn-kws", BoxRule.DataType)]
    [TestCase("mlperf-streaming-wakeword", BoxRule.DataType)]
    [TestCase("mlperf-dscnn-kws", BoxRule.Propagated)]
    [TestCase("mlperf-streaming-wakeword", BoxRule.Propagated)]
    public void QdqFormGivesTheLayersOfTheOfficialIntegers(string net, BoxRule boxes)
    {
        NetworkGraph graph = Nets.Graph($"{net}/model_int8.onnx");
        var options = new ReadingOptions { Boxes = boxes };
        ImmutableArray<IntegerLayer> expected = Nets.Read(graph, options).Layers,
            actual = Nets.Read(Graphs.InQdqForm(graph), options).Layers;
        Assert.That(actual, Has.Length.EqualTo(expected.Length));
        Assert.That(expected, Has.Length.GreaterThan(7));
        foreach ((IntegerLayer a, IntegerLayer e) in actual.Zip(expected))
        {
            Assert.Multiple(() =>
            {
                Assert.That(a.Name, Is.EqualTo(e.Name));
                Assert.That(a.Weights, Is.EqualTo(e.Weights));
                Assert.That(a.WeightRange, Is.EqualTo(e.WeightRange));
                Assert.That(a.Bias, Is.EqualTo(e.Bias));
                Assert.That(a.InputZeroPoint, Is.EqualTo(e.InputZeroPoint));
                Assert.That(a.WeightZeroPoints, Is.EqualTo(e.WeightZeroPoints));
                Assert.That(a.Inputs, Is.EqualTo(e.Inputs));
                Assert.That(a.Source?.Layer, Is.EqualTo(e.Source?.Layer));
                Assert.That(a.Source?.Multipliers, Is.EqualTo(e.Source?.Multipliers));
                Assert.That((a.Source?.ZeroPoint, a.Source?.Low, a.Source?.High),
                    Is.EqualTo((e.Source?.ZeroPoint, e.Source?.Low, e.Source?.High)));
            });
        }
        Truth.Checked("Proofs", $"{net} in QDQ form, {boxes}", "the official integers", actual.Length, "the same layers, links and boxes");
    }

    /// <summary>Numbers by hand: x uint8, scale 0.5, zero point 10; weights 2·[[1, −3], [2, 0]], quantized in the graph, Relu, output scale
    /// 4, zero point 3.</summary>
    [Test]
    public void WeightsQuantizedInTheGraphAndReluBecomeIntegersAndAClip()
    {
        NetworkGraph graph = new Graphs()
            .Floats("xs", [0.5f]).Integers("xz", ElementType.UInt8, [10]).Floats("w", [2, -6, 4, 0], 2, 2).Floats("ws", [2])
                .Integers("wz", ElementType.Int8, [0])
            .Floats("b", [7, -1.6f], 2).Floats("ys", [4]).Integers("yz", ElementType.UInt8, [3]).Floats("w2", [1, 1], 2, 1)
            .Node("DequantizeLinear: x, xs, xz -> xr").Node("QuantizeLinear: w, ws, wz -> wq").Node("DequantizeLinear: wq, ws, wz -> wr")
            .Node("Gemm: xr, wr, b -> g").Node("Relu: g -> r").Node("QuantizeLinear: r, ys, yz -> q")
                .Node("DequantizeLinear: q, ys, yz -> qr")
            .Node("QuantizeLinear: w2, ws, wz -> w2q").Node("DequantizeLinear: w2q, ws, wz -> w2r").Node("MatMul: qr, w2r -> y")
                .Build(ElementType.UInt8, 1, 2);
        foreach (BoxRule boxes in Enum.GetValues<BoxRule>())
        {
            ImmutableArray<IntegerLayer> layers = Nets.Read(graph, new ReadingOptions { Boxes = boxes }).Layers;
            Assert.Multiple(() =>
            {
                Assert.That(layers.Select(l => l.Name), Is.EqualTo(new[] { "g", "y" }));
                Assert.That(layers[0].Weights, Is.EqualTo(new[] { 1, 2, -3, 0 }));
                // 7 and −1.6 in units of 0.5 · 2.
                Assert.That(layers[0].Bias, Is.EqualTo(new long[] { 7, -2 }));
                Assert.That(layers[0].InputZeroPoint, Is.EqualTo(10));
                Assert.That(layers[0].Inputs, Is.EqualTo(new[] { new Interval(0, 255) }));
                Assert.That(layers[1].Source!.Multipliers, Is.EqualTo(new[] { 0.25f }));
                Assert.That((layers[1].Source!.Layer, layers[1].Source!.ZeroPoint, layers[1].Source!.Low, layers[1].Source!.High),
                    Is.EqualTo((0, 3, 3L, 255L)));
                // Sums −10·1 − 10·2 + 7 = −23 to 245·3 + 7 = 742, over 4: 0 (Relu) to 185.5, half to even 186; −3·245 − 2 to 3·10 − 2 = 28,
                // over 4: 0 to 7.
                Assert.That(layers[1].Inputs,
                    Is.EqualTo(boxes == BoxRule.DataType ? [new Interval(0, 255)] : new[] { new Interval(3, 189), new Interval(3, 10) }));
            });
        }
    }

    /// <summary>Weights 3 with zero point 1 by column, input zero point 5.</summary>
    [Test]
    public void MatMulIntegerKeepsZeroPointsOfBothOperands()
    {
        NetworkGraph graph = new Graphs().Integers("xz", ElementType.UInt8, [5]).Integers("w", ElementType.Int8, [3, -4, 5, 6, 7, 8], 3, 2)
            .Integers("wz", ElementType.Int8, [1, -2], 2)
            .Node("MatMulInteger: x, w, xz, wz -> y").Build(ElementType.UInt8, 1, 3);
        IntegerLayer layer = Nets.Read(graph).Layers.Single();
        Assert.Multiple(() =>
        {
            Assert.That(layer.Row(0, ZeroPoints.Folded).ToArray(), Is.EqualTo(new[] { 2, 4, 6 }));
            Assert.That(layer.Row(1, ZeroPoints.Folded).ToArray(), Is.EqualTo(new[] { -2, 8, 10 }));
            Assert.That(layer.Row(1, ZeroPoints.Raw).ToArray(), Is.EqualTo(new[] { -4, 6, 8 }));
            Assert.That(layer.Input(0, 0, ZeroPoints.Folded), Is.EqualTo(new Interval(-5, 250)));
        });
    }

    /// <summary>A product of two computed operands has no constant weights, but ranges.</summary>
    [Test]
    public void ProductsOfTwoComputedOperandsKeepTheRangesOfBoth()
    {
        NetworkGraph graph = new Graphs().Integers("shape", ElementType.Int64, [1, 4, 2, 3], 4).Integers("z", ElementType.Int8, [0])
            .Integers("z7", ElementType.Int8, [7]).Floats("s", [0.1f])
            .Node("Reshape: x, shape -> q").Node("DequantizeLinear: q, s, z -> a")
                .Node("Transpose: q -> qt", new NodeAttribute("perm", Integers: [0, 1, 3, 2]))
            .Node("DequantizeLinear: qt, s, z7 -> b").Node("MatMul: a, b -> y").Build(ElementType.Int8, 1, 24);
        IntegerLayer layer = Nets.Read(graph).Layers.Single();
        Assert.Multiple(() =>
        {
            Assert.That((layer.Shape.Groups, layer.Shape.M, layer.Shape.N, layer.K), Is.EqualTo((4, 2, 2, 3)));
            Assert.That(layer.Weights, Is.Empty);
            Assert.That(layer.WeightRange, Is.EqualTo(new Interval(-128, 127)));
            Assert.That(layer.WeightZeroPoints, Is.EqualTo(Enumerable.Repeat(7, 8)));
        });
    }
}
