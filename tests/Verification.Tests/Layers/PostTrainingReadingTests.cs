using System.Collections.Immutable;
using System.Globalization;
using Sim.Foundation.Diagnostics;
using Sim.Tests;
using Sim.Verification.Claims;
using Sim.Verification.Provers;
using Sim.Workloads.Data;
using Sim.Workloads.Execution;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;

namespace Sim.Verification.Tests.Layers;

/// <summary>Float networks after our own post-training quantization.</summary>
public class PostTrainingReadingTests
{
    /// <summary>Every weight and every row of the table; signedness comes from the graph.</summary>
    [TestCase("mlperf-dscnn-kws", "model_folded.onnx", 8, 8, 10)]
    [TestCase("mlperf-dscnn-kws", "model_folded.onnx", 4, 8, 10)]
    [TestCase("mlperf-dscnn-kws", "model_folded.onnx", 4, 4, 10)]
    [TestCase("mlperf-streaming-wakeword", "model_folded.onnx", 8, 8, 9)]
    [TestCase("mlperf-streaming-wakeword", "model_folded.onnx", 4, 8, 9)]
    [TestCase("mlperf-streaming-wakeword", "model_folded.onnx", 4, 4, 9)]
    [TestCase("stories260k-llama", "model.onnx", 8, 8, 36)]
    [TestCase("stories260k-llama", "model.onnx", 4, 8, 36)]
    [TestCase("stories260k-llama", "model.onnx", 4, 4, 36)]
    public void ChannelsHaveTheirTabledSums(string net, string model, int weightBits, int inputBits, int atLeast)
    {
        IntegerNetwork network = Nets.Read(Nets.Graph($"{net}/{model}"),
            new ReadingOptions { PostTraining = new(weightBits, inputBits) { Calibration = Calibration(net) } });
        Dictionary<string, IntegerLayer> layers = network.Layers.ToDictionary(l => l.Name);
        var bag = new DiagnosticBag();
        IReadOnlyDictionary<string, Tensor> weights = TensorFile.ReadArchive(ReferenceData.Shared($"nets/{net}/ptq_w{weightBits}.npz"),
            bag)!;
        bag.ThrowIfErrors();
        string[] names = [.. weights.Keys.Where(k => k.EndsWith("__q", StringComparison.Ordinal)).Select(k => k[..^3])];
        foreach (string name in names) Assert.That(layers[name].Weights, Is.EqualTo(weights[name + "__q"].Integers.Select(v => (int)v)),
            name);
        Assert.That(names, Has.Length.GreaterThanOrEqualTo(atLeast));
        Dictionary<string, string>[] table =
            [.. Nets.Table($"{net}/golden_channels.csv").Where(r => r["M"] == Text(weightBits) && r["N"] == Text(inputBits))];
        foreach (Dictionary<string, string> row in table)
        {
            IntegerLayer layer = layers[row["layer"]];
            int channel = int.Parse(row["channel"], CultureInfo.InvariantCulture);
            int[] q = layer.Row(channel, ZeroPoints.Folded).ToArray();
            var claim = new ChannelClaim(layer, channel, new AnyOrder(), [new Register(32)], BiasPlacement.None, ZeroPoints.Folded);
            Interval sum = new PrefixExtremes().Bound(claim).Ranges[0];
            string[] actual = [layer.Inputs[0].Low < 0 ? "signed" : "unsigned", Text(q.Sum(Math.Abs)), Text(q.Where(w => w > 0).Sum()),
                Text(-q.Where(w => w < 0).Sum()),
                sum.Low.ToString(CultureInfo.InvariantCulture), sum.High.ToString(CultureInfo.InvariantCulture),
                    Text(new WeightNormBound().Bound(claim).Ranges[0].Width), Text(sum.Width)];
            string[] expected = [row["act"], row["l1"], row["sum_pos"], row["sum_neg_abs"], row["lo"], row["hi"], row["P_l1_a2q"],
                row["P_exact"]];
            Assert.That(actual, Is.EqualTo(expected), $"{layer.Name} {channel}");
        }
        Assert.That(table, Has.Length.GreaterThan(500));
        Truth.Checked("Proofs", $"{net} golden_channels.csv and ptq_w{weightBits}.npz from the float network, N = {inputBits}",
            "numpy, exact integers", table.Length, "every weight and every channel's sums equal");
    }

    /// <summary>Attention products of two computed operands are layers, with ranges of their operands; what softmax makes is never
    /// negative.</summary>
    [Test]
    public void AttentionProductsAreLayersWithoutConstantWeights()
    {
        IntegerNetwork network = Nets.Read(Nets.Graph("stories260k-llama/model.onnx"), new ReadingOptions { PostTraining = new(8, 8) });
        IntegerLayer[] products = [.. network.Layers.Where(l => l.Weights.Length == 0)];
        Assert.That(products.Select(l => l.Name),
            Is.EquivalentTo(Enumerable.Range(0, 5).SelectMany(i => new[] { $"layer{i}_qk", $"layer{i}_av" })));
        Assert.That(network.Layers, Has.Length.EqualTo(46));
        foreach (IntegerLayer layer in products)
        {
            Assert.That(layer.Shape.Groups, Is.EqualTo(8), "heads");
            Assert.That(layer.WeightRange, Is.EqualTo(new Interval(-128, 127)));
            Assert.That(layer.Inputs, Is.EqualTo(new[] { layer.Name.EndsWith("av", StringComparison.Ordinal) ? new Interval(0, 255)
                : new Interval(-128, 127) }));
        }
        Assert.That(network.Inputs.All(i => i.Scale is { } s && float.IsNaN(s)), "no calibration, no scales");
    }

    /// <summary>The links say what the quantized network computes: integers by hand through two layers of a small network.</summary>
    [Test]
    public void CalibrationGivesBiasesLinksAndBoxes()
    {
        // x in [0, 2] → 2 bits: scale 2/3. Weights [3, −1]: scale 3, integers [1, 0] (−1/3 rounds to 0). Products in units of 2; the bias 5
        // is 2.5, half to even 2.
        NetworkGraph graph = new Graphs().Floats("w", [3, -1], 2, 1).Floats("b", [5], 1).Floats("v", [1], 1, 1)
            .Node("Gemm: x, w, b -> g").Node("Relu: g -> r").Node("MatMul: r, v -> y").Build(ElementType.Float32, -1, 2);
        Tensor samples = Tensor.OfFloats([0, 0, 2, 1], 2, 2);
        IntegerNetwork network = Nets.Read(graph,
            new ReadingOptions { Boxes = BoxRule.Propagated, PostTraining = new(2, 2) { Calibration = samples, UnsignedByData = true } });
        IntegerLayer first = network.Layers[0], second = network.Layers[1];
        float scale = 2 / 3f, product = scale * 3, output = 10 / 3f;
        Assert.Multiple(() =>
        {
            Assert.That(first.Weights, Is.EqualTo(new[] { 1, 0 }));
            Assert.That(first.Bias, Is.EqualTo(new long[] { 2 }));
            Assert.That(first.Inputs, Is.EqualTo(new[] { new Interval(0, 3) }));
            Assert.That(network.Inputs[0], Is.EqualTo(new LayerInput("x", scale, 0, new(0, 3))));
            // Largest output on the samples: 3·2 − 1 + 5 = 10.
            Assert.That(second.Source!.Multipliers, Is.EqualTo(new[] { product / output }));
            Assert.That((second.Source!.Low, second.Source!.High), Is.EqualTo((0L, 3L)));
            // Sums 2 to 5 times 0.6: 1.2 and 3.
            Assert.That(second.Inputs, Is.EqualTo(new[] { new Interval(1, 3) }));
        });
    }

    [Test]
    public void ABiasWithoutCalibrationIsAnErrorUnlessItIsLeftOut()
    {
        NetworkGraph graph = Nets.Graph("mlperf-dscnn-kws/model_folded.onnx");
        var bag = new DiagnosticBag();
        Assert.That(IntegerNetworkReader.Read(graph, "net.onnx", bag, new ReadingOptions { PostTraining = new(8, 8) }), Is.Null);
        Assert.That(bag.ErrorCount, Is.EqualTo(10));
        Assert.That(bag.ToString(), Does.StartWith("net.onnx:1:1: error INT005: node 'conv2d' (Conv): its bias has no integers"));
        ImmutableArray<IntegerLayer> layers =
            Nets.Read(graph, new ReadingOptions { PostTraining = new(8, 8) { LeaveOutBias = true } }).Layers;
        Assert.That(layers.Select(l => l.Inputs[0].Low < 0), Is.EqualTo(Enumerable.Range(0, 10).Select(i => i == 0)),
            "all but the first follow a Relu");
        Assert.That(layers.All(l => l.Bias.Length == 0 && l.Source is null));
    }

    /// <summary>The wake word network's features are never negative, which only data can tell.</summary>
    [Test]
    public void UnsignedInputsByDataAreAChoice()
    {
        foreach (bool byData in new[] { false, true })
        {
            var options = new ReadingOptions
                { PostTraining = new(8, 8) { Calibration = Calibration("mlperf-streaming-wakeword"), UnsignedByData = byData } };
            Assert.That(Nets.Read(Nets.Graph("mlperf-streaming-wakeword/model_folded.onnx"), options).Layers[0].Inputs,
                Is.EqualTo(new[] { byData ? new Interval(0, 255) : new Interval(-128, 127) }));
        }
    }

    /// <summary>MaxPool chooses among sums, so its output is no link; how the sums are requantized is still known.</summary>
    [Test]
    public void MaxPoolEndsTheLinkAndKeepsTheRequantization()
    {
        var bag = new DiagnosticBag();
        string folder = Path.Combine(ReferenceData.RepositoryRoot, "configs", "workloads", "digits");
        NetworkGraph graph = Workloads.Onnx.OnnxReader.Load(Path.Combine(folder, "digits_cnn.onnx"), bag)!;
        Tensor codes = TensorFile.Read(Path.Combine(folder, "digits_test_x_u8.npy"), bag)!;
        bag.ThrowIfErrors();
        Tensor samples = Tensor.OfFloats(Array.ConvertAll(codes.Integers, v => (float)v), codes.Shape);
        IntegerNetwork network = Nets.Read(graph,
            new ReadingOptions { Boxes = BoxRule.Propagated, PostTraining = new(8, 8) { Calibration = samples } });
        Node pool = graph.Nodes.First(n => n.OpType == "MaxPool");
        int after = network.Inputs.Select((input, i) => (input, i)).First(l => l.input.Value == pool.Outputs[0]).i;
        Assert.That(network.Layers[after].Source, Is.Null);
        Assert.That(network.Outputs[after - 1], Is.Not.Null);
        Assert.That(network.Layers[after].Inputs, Has.Length.EqualTo(network.Layers[after - 1].Rows), "a box for every channel");
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static Tensor Calibration(string net)
    {
        var bag = new DiagnosticBag();
        Tensor Read(string file) => TensorFile.Read(ReferenceData.Shared($"nets/{net}/{file}"), bag)!;
        Tensor data = net switch
        {
            "mlperf-dscnn-kws" => Read("kws01_x_i8_500.npy"),
            "mlperf-streaming-wakeword" => Read("calib_x_f32_nchw.npy"),
            _ => Read("tokens_48x256_i64.npy"),
        };
        bag.ThrowIfErrors();
        data = BatchExecutor.Rows(data, 0, net == "stories260k-llama" ? 1 : 8);
        return net == "mlperf-dscnn-kws" ? Tensor.OfFloats(Array.ConvertAll(data.Integers, v => (float)((v - 83) * 0.5847029)), data.Shape)
            : data;
    }
}
