using System.Collections.Immutable;
using Sim.Foundation.Diagnostics;
using Sim.Tests;
using Sim.Verification.Observation;
using Sim.Workloads.Data;
using Sim.Workloads.Execution;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;

namespace Sim.Verification.Tests.Layers;

/// <summary>Boxes from data and from earlier layers.</summary>
public class BoxTests
{
    /// <summary>Calibrated boxes are the extremes, channel by channel, of the tensors that ONNX Runtime computed.</summary>
    [TestCase("mlperf-dscnn-kws", 10)]
    [TestCase("mlperf-streaming-wakeword", 8)]
    public void CalibratedBoxesAreTheExtremesOfTheData(string net, int atLeast)
    {
        NetworkGraph graph = Nets.Graph($"{net}/model_int8.onnx");
        var bag = new DiagnosticBag();
        IReadOnlyDictionary<string, Tensor> tensors = TensorFile.ReadArchive(ReferenceData.Shared($"nets/{net}/int8_intermediates.npz"),
            bag)!;
        bag.ThrowIfErrors();
        IntegerNetwork network = Nets.Read(graph), narrowed = CalibratedBoxes.Narrow(network, tensors["input"]);
        int compared = 0, channels = 0;
        foreach (((IntegerLayer layer, IntegerLayer before), LayerInput input) in narrowed.Layers.Zip(network.Layers).Zip(narrowed.Inputs))
        {
            Tensor x = tensors[input.Value == graph.Inputs[0].Name ? "input" : input.Value];
            int count = x.Shape[1], inner = x.Count / x.Shape[0] / count;
            var expected = Enumerable.Range(0, count).Select(c => x.Integers.Where((_, i) => i / inner % count == c))
                .Select(v => new Interval(v.Min(), v.Max()));
            Assert.That(layer.Inputs, Is.EqualTo(expected), layer.Name);
            Assert.That(before.Inputs, Has.Length.EqualTo(1));
            compared++;
            channels += count;
        }
        Assert.That(compared, Is.GreaterThanOrEqualTo(atLeast));
        Truth.Checked("Proofs", $"{net} calibrated boxes", "ONNX Runtime (int8_intermediates.npz)", channels,
            "least and largest input of every channel equal");
    }

    /// <summary>Random inputs of small networks with additions, pooling, concatenated views: every stored input lies in its propagated box,
    /// whose ends are no wider than the type.</summary>
    [Test]
    public void PropagatedBoxesHoldEveryInputOfRandomNetworks()
    {
        var random = new Random(7);
        long values = 0, narrower = 0;
        for (int net = 0; net < 60; net++)
        {
            NetworkGraph graph = Residual(random);
            Interval low = new(random.Next(0, 60), random.Next(60, 120));
            var options = new ReadingOptions { Boxes = BoxRule.Propagated, InputRanges = ImmutableDictionary<string,
                ImmutableArray<Interval>>.Empty.Add("x", [low]) };
            IntegerNetwork network = Nets.Read(graph, options);
            Assert.That(network.Layers, Has.Length.EqualTo(3));
            Tensor data = Tensor.OfIntegers(ElementType.UInt8,
                [.. Enumerable.Range(0, 20 * 32).Select(_ => (long)random.Next((int)low.Low, (int)low.High + 1))], 20, 2, 4, 4);
            IntegerNetwork seen = CalibratedBoxes.Narrow(network, data); // Throws when an input lies outside its box.
            foreach ((IntegerLayer a, IntegerLayer b) in seen.Layers.Zip(network.Layers))
            {
                values += a.Inputs.Length;
                narrower += b.Inputs.Count(i => i != new Interval(0, 255));
            }
        }
        Assert.That(values, Is.GreaterThan(300));
        Assert.That(narrower, Is.GreaterThan(values / 4));
    }

    /// <summary>x in [0, 1] through the network's own 2x − 1 and its quantizer.</summary>
    [Test]
    public void FloatInputsHaveARangeWhenOneIsDeclared()
    {
        var options = new ReadingOptions { Boxes = BoxRule.Propagated, RealRanges = ImmutableDictionary<string,
            (float, float)>.Empty.Add("0", (0.6f, 1)) };
        IntegerNetwork network = Nets.Read(Nets.Graph("qonnx-tfc-w2a2/model_qonnx.onnx"), options);
        Assert.That(network.Layers[0].Inputs, Is.EqualTo(new[] { new Interval(0, 1) }), "2x − 1 is positive, so that −1 cannot come out");
    }

    /// <summary>The same sums, whether the integers are in the graph or the graph dequantizes them.</summary>
    [Test]
    public void SumsAreObservedInEveryForm()
    {
        NetworkGraph graph = Nets.Graph("mlperf-dscnn-kws/model_int8.onnx");
        var bag = new DiagnosticBag();
        Tensor data = BatchExecutor.Rows(TensorFile.Read(ReferenceData.Shared("nets/mlperf-dscnn-kws/kws01_x_i8_500.npy"), bag)!, 0, 4);
        bag.ThrowIfErrors();
        ImmutableArray<ObservedLayer> linear = AccumulatorObserver.Observe(Nets.Read(graph), data, 2),
            qdq = AccumulatorObserver.Observe(Nets.Read(Graphs.InQdqForm(graph)), data, 2);
        foreach ((ObservedLayer q, ObservedLayer l) in qdq.Zip(linear)) Assert.That(q.Sums, Is.EqualTo(l.Sums).And.Positive, l.Name);
        // The first layer sees the same inputs; later ones may differ by one where float32 sums round across a half.
        Assert.That(Enumerable.Range(0, 64).Select(c => (qdq[0].Final(c), qdq[0].Every(c))),
            Is.EqualTo(Enumerable.Range(0, 64).Select(c => (linear[0].Final(c), linear[0].Every(c)))));
        IntegerNetwork tfc = Nets.Read(Nets.Graph("qonnx-tfc-w2a2/model_qonnx.onnx"));
        Tensor images = Tensor.OfFloats([.. Enumerable.Range(0, 784).Select(i => i % 7 / 6f)], 1, 1, 28, 28);
        Assert.That(AccumulatorObserver.Observe(tfc, images, 1).Select(l => l.Sums), Is.All.Positive);
    }

    // conv a; conv b of it; a + b; MaxPool, Relu in between; a fully connected layer of the flattened rest. Every scale random.
    private static NetworkGraph Residual(Random random)
    {
        float Scale() => MathF.Pow(2, random.Next(-6, -3)) * (1 + random.NextSingle());
        long[] Weights(int count) => [.. Enumerable.Range(0, count).Select(_ => (long)random.Next(-20, 21))];
        Graphs graph = new Graphs().Integers("z", ElementType.UInt8, [random.Next(0, 90)])
            .Integers("z0", ElementType.UInt8, [random.Next(0, 40)]).Integers("wz", ElementType.Int8, [0])
            .Floats("s", [Scale()]).Floats("ws", [Scale()]).Floats("as", [Scale() * 30]).Floats("bs", [Scale() * 100])
                .Floats("cs", [Scale() * 100])
            .Integers("w", ElementType.Int8, Weights(2 * 2 * 9), 2, 2, 3, 3).Integers("v", ElementType.Int8, Weights(2 * 2), 2, 2, 1, 1)
                .Integers("u", ElementType.Int8, Weights(8 * 3), 8, 3)
            .Integers("wb", ElementType.Int32, [random.Next(-500, 500), 7], 2);
        NodeAttribute[] padded = [new("pads", Integers: [1, 1, 1, 1])];
        return graph.Node("QLinearConv: x, s, z, w, ws, wz, as, z0, wb -> a", padded).Node("QLinearConv: a, as, z0, v, ws, wz, bs, z -> b")
            .Node("DequantizeLinear: a, as, z0 -> ar").Node("DequantizeLinear: b, bs, z -> br").Node("Add: ar, br -> sum")
                .Node("Relu: sum -> relu")
            .Node(random.Next(2) == 0 ? "MaxPool: relu -> pool" : "AveragePool: relu -> pool",
                new NodeAttribute("kernel_shape", Integers: [2, 2]), new NodeAttribute("strides", Integers: [2, 2]))
            .Node("QuantizeLinear: pool, cs, z0 -> c").Node("Flatten: c -> flat").Node("QLinearMatMul: flat, cs, z0, u, ws, wz, bs, z -> y")
                .Build(ElementType.UInt8, -1, 2, 4, 4);
    }
}
