using System.Collections.Immutable;
using System.Globalization;
using System.Numerics;
using Sim.Foundation.Diagnostics;
using Sim.Tests;
using Sim.Verification.Claims;
using Sim.Verification.Repair;
using Sim.Verification.Tests.Layers;
using Sim.Workloads.Data;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;
using Sim.Workloads.Onnx;

namespace Sim.Verification.Tests.Repair;

/// <summary>Whole networks through repair: the official int8 keyword network, read back from the bytes that repair writes.</summary>
public class NetworkRepairTests
{
    private const string Model = "nets/mlperf-dscnn-kws/model_int8.onnx";

    private static readonly Tensor Samples =
        Workloads.Execution.BatchExecutor.Rows(TensorFile.Read(ReferenceData.Shared("nets/mlperf-dscnn-kws/kws01_x_i8_500.npy"),
        new DiagnosticBag())!, 0, 12);

    [TestCase("split", 16, true, false)]
    [TestCase("split", 16, false, false)]
    [TestCase("a2q", 17, true, false)]
    [TestCase("a2q+", 16, true, true)]
    [TestCase("ep_init", 16, true, true)]
    [TestCase("gpfq", 15, true, true)]
    [TestCase("gptq", 14, true, true)]
    [TestCase("gptq", 16, false, true)]
    public void EveryRowOfTheWrittenNetworkFitsByHandMadeSums(string method, int bits, bool search, bool data)
    {
        NetworkGraph graph = Nets.Graph("mlperf-dscnn-kws/model_int8.onnx");
        (byte[] bytes, _) = Repaired(graph, method, new VerifyOptions { Threads = 2 }, [bits], search, data);
        NetworkGraph written = Load(bytes);
        int rows = 0;
        foreach (Node node in written.Nodes.Where(n => n.OpType == "QLinearConv"))
        {
            // Straight from the file's tensors: no class of the prover or of repair.
            Tensor weights = written.Constants[node.Inputs[3]], biases = written.Constants[node.Inputs[8]];
            long zero = written.Constants[node.Inputs[2]].Integers[0];
            int k = weights.Count / weights.Shape[0];
            for (int row = 0; row < weights.Shape[0]; row++, rows++)
            {
                BigInteger low = biases.Integers[row], high = low;
                for (int i = 0; i < k; i++)
                {
                    BigInteger a = weights.Integers[row * k + i] * (-128 - zero), b = weights.Integers[row * k + i] * (127 - zero);
                    (low, high) = (low + BigInteger.Min(a, b), high + BigInteger.Max(a, b));
                }
                Assert.That(high < BigInteger.One << (bits - 1) && low >= -(BigInteger.One << (bits - 1)), Is.True,
                    $"{node.Name} channel {row}: [{low}, {high}]");
            }
        }
        Assert.That(rows, Is.EqualTo(64 * 9 + 12));
        foreach (string name in graph.Constants.Keys.Where(n => n.EndsWith("_z", StringComparison.Ordinal)
            || n.EndsWith("_x_s", StringComparison.Ordinal)))
            Assert.That(written.Constants[name].Type == graph.Constants[name].Type
                && Equal(written.Constants[name], graph.Constants[name]), Is.True, name);
    }

    [Test]
    public void TilesHaveTheirOwnRegister()
    {
        NetworkGraph graph = Nets.Graph("mlperf-dscnn-kws/model_int8.onnx");
        var claims = new VerifyOptions { Order = new TiledOrder(16), Bias = BiasPlacement.AddedAfter, Threads = 2 };
        (byte[] bytes, _) = Repaired(graph, "gptq", claims, [17, 14], true, true);
        IntegerNetwork network = Nets.Read(Load(bytes));
        Assert.That(network.Layers.Select(l => Verifier.Decide(l, claims, [17, 14]).IsProved), Is.All.True);
        // 64 products of 17 bits without tiles need no inner register of 14: the tiles did bind.
        Assert.That(Nets.Read(graph).Layers.Any(l => Verifier.Minimal(l, claims, tight: false).Widest(1) > 14), Is.True);
    }

    [Test]
    public void ThreadsChangeNoByte()
    {
        NetworkGraph graph = Nets.Graph("mlperf-dscnn-kws/model_int8.onnx");
        (byte[] one, _) = Repaired(graph, "gptq", new VerifyOptions { Threads = 1 }, [16], true, true);
        (byte[] three, _) = Repaired(graph, "gptq", new VerifyOptions { Threads = 3 }, [16], true, true);
        Assert.That(three.AsSpan().SequenceEqual(one), Is.True);
    }

    [Test]
    public void ErrorFeedbackHasTheLeastErrorOnDataAndRowsThatFitStay()
    {
        NetworkGraph graph = Nets.Graph("mlperf-dscnn-kws/model_int8.onnx");
        var claims = new VerifyOptions { Threads = 2 };
        double[] split = Errors("split"), gpfq = Errors("gpfq"), gptq = Errors("gptq");
        Assert.That(split, Has.Length.EqualTo(10));
        for (int i = 0; i < split.Length; i++) Assert.That(Math.Max(gpfq[i], gptq[i]), Is.LessThan(split[i]), $"layer {i}");
        (_, RepairedNetwork wide) = Repaired(graph, "gptq", claims, [22], true, true);
        Assert.That(wide.Layers.Sum(l => l.Changed), Is.Zero);
        Assert.That(wide.Changes, Is.Empty);

        double[] Errors(string method) =>
            [.. Repaired(graph, method, claims, [16], true, true).Network.Layers.Select(l => l.Rows.Sum(r => r.Error))];
    }

    [Test]
    public void OnSmallRowsErrorFeedbackIsMostlyTheOptimum()
    {
        int cases = 0, optimal = 0;
        for (int seed = 0; seed < 150; seed++)
        {
            var random = new Random(seed);
            const int K = 4;
            double[] factor = [.. Enumerable.Range(0, K * K).Select(_ => random.NextDouble() - 0.4)], covariance = new double[K * K],
                wanted = [.. Enumerable.Range(0, K).Select(_ => 8 * random.NextDouble() - 4)];
            for (int i = 0; i < K * K; i++)
                for (int l = 0; l < K; l++) covariance[i] += factor[i / K * K + l] * factor[i % K * K + l];
            var moments = new InputMoments(new double[K], covariance);
            var set = new FeasibleSet(SumLimits.Of(new(0, 15), random.Next(6, 8)));
            double found = Error(new Optq().Repair(new RowProblem(wanted, set, new(-4, 4), moments))), least = double.PositiveInfinity;
            for (int code = 0; code < 9 * 9 * 9 * 9; code++)
            {
                int[] weights = [code % 9 - 4, code / 9 % 9 - 4, code / 81 % 9 - 4, code / 729 - 4];
                if (set.Holds(weights)) least = Math.Min(least, Error(weights));
            }
            Assert.That(found, Is.GreaterThanOrEqualTo(least - 1e-9));
            if (found <= least * 1.05 + 1e-9) optimal++;
            cases++;

            // What repair minimizes: the covariance with its damping.
            double Error(int[] weights)
            {
                double[] e = [.. weights.Select((w, i) => w - wanted[i])];
                double trace = Enumerable.Range(0, K).Sum(i => covariance[i * K + i]);
                return moments.Variance(e) + 0.01 * trace / K * e.Sum(x => x * x);
            }
        }
        Assert.That(cases, Is.EqualTo(150));
        Assert.That(optimal, Is.GreaterThan(100), "of 150 by enumeration");
    }

    [Test]
    public void TheQdqFormOfAFloatNetworkHasTheIntegersOfPostTrainingQuantization()
    {
        const string Folded = "nets/mlperf-dscnn-kws/model_folded.onnx";
        NetworkGraph graph = Nets.Graph("mlperf-dscnn-kws/model_folded.onnx");
        // (x − 83)·0.5847029, as the network's notes say.
        PostTraining rule = QdqForm.Rule(Tensor.OfFloats(Array.ConvertAll(Samples.Integers, v => (v - 83) * 0.5847029f), Samples.Shape),
            graph.Opset);
        IntegerNetwork quantized = Nets.Read(graph, new ReadingOptions { PostTraining = rule }),
            written = Nets.Read(Load(QdqForm.Write(File.ReadAllBytes(ReferenceData.Shared(Folded)), quantized, rule)));
        IReadOnlyDictionary<string, Tensor> table = TensorFile.ReadArchive(ReferenceData.Shared("nets/mlperf-dscnn-kws/ptq_w8.npz"),
            new DiagnosticBag())!;
        Assert.That(written.Layers.Select(l => l.Name), Is.EqualTo(quantized.Layers.Select(l => l.Name)));
        long weights = 0, off = 0;
        for (int i = 0; i < written.Layers.Length; i++)
        {
            (IntegerLayer layer, IntegerLayer same) = (written.Layers[i], quantized.Layers[i]);
            Assert.That(layer.Weights, Is.EqualTo(same.Weights), layer.Name);
            Assert.That((written.Inputs[i].Scale, written.Inputs[i].ZeroPoint),
                Is.EqualTo((quantized.Inputs[i].Scale, quantized.Inputs[i].ZeroPoint)), layer.Name);
            // numpy rounds w / scale in float64, this project in float32: quotients beside a half may differ by a unit.
            long[] independent = table[$"{layer.Name}__q"].Integers;
            off += independent.Where((q, k) => q != layer.Weights[k]).Count();
            Assert.That(independent.Zip(layer.Weights, (q, w) => Math.Abs(q - w)).Max(), Is.LessThanOrEqualTo(1), layer.Name);
            weights += independent.Length;
        }
        Assert.That(weights, Is.GreaterThan(20_000));
        Assert.That(off, Is.LessThan(10));
        Truth.Checked("Proofs", "nets/mlperf-dscnn-kws/ptq_w8.npz", "independent numpy quantization of 8 bits", weights,
            FormattableString.Invariant($"equal but {off} ties"));
    }

    /// <summary>QONNX's quantizers of weights become int8 constants: the same integers, the same outputs, and repair takes them.</summary>
    [Test]
    public void QonnxWeightsBecomeConstantsOfTheSameValues()
    {
        string folder = ReferenceData.Shared("cases/qonnx-4bit-run"), file = Path.Combine(folder, "net.onnx");
        byte[] model = File.ReadAllBytes(file);
        IntegerNetwork stated = Nets.Read(Load(model)), written = Nets.Read(Load(QdqForm.OfQonnx(model, stated)));
        Assert.That(QdqForm.QonnxLayers(stated), Is.EqualTo(new[] { "mm" }));
        Assert.That(QdqForm.QonnxLayers(written), Is.Empty);
        Assert.That(written.Layers[0].Weights, Is.EqualTo(stated.Layers[0].Weights));
        Assert.That(written.Layers[0].Inputs, Is.EqualTo(stated.Layers[0].Inputs));
        Tensor x = TensorFile.Read(Path.Combine(folder, "x.npy"), new DiagnosticBag())!;
        float[] Outputs(IntegerNetwork network) =>
            Workloads.Execution.GraphExecutor.Run(network.Graph, new Dictionary<string,
            Tensor> { [network.Graph.Inputs[0].Name] = x })[network.Graph.Outputs[0].Name].Floats;
        Assert.That(Outputs(written), Is.EqualTo(new[] { -6.5625f, 7.5f }).And.EqualTo(Outputs(stated)));
    }

    /// <summary>Before opset 13 DequantizeLinear has one scale.</summary>
    [Test]
    public void OlderOpsetsGetOneScaleALayer()
    {
        byte[] model = OnnxBytes.Model(11, OnnxBytes.Op("mm", "MatMul", ["x", "w"], ["y"]), OnnxBytes.Floats("w", [2, 2], 1, 2, -127, 4),
            OnnxBytes.Input("x", 1, -1, 2), OnnxBytes.Output("y", 1, -1, 2));
        PostTraining rule = QdqForm.Rule(Tensor.OfFloats([127, -127], 1, 2), 11);
        IntegerNetwork written = Nets.Read(Load(QdqForm.Write(model, Nets.Read(Load(model), new ReadingOptions { PostTraining = rule }),
            rule)));
        Assert.That(written.Graph.Opset, Is.EqualTo(11));
        Assert.That(written.Layers[0].Weights, Is.EqualTo(new[] { 1, -127, 2, 4 }), "columns of the matrix, scale 1");
        Assert.That(written.Inputs[0].Scale, Is.EqualTo(1));
    }

    [Test]
    public void ALayerThatCannotBeRepairedIsLocated()
    {
        NetworkGraph graph = Nets.Graph("mlperf-dscnn-kws/model_int8.onnx");
        var bag = new DiagnosticBag();
        var options = new RepairOptions(new SignSplit(), new VerifyOptions { Threads = 1 }, [8]) { SearchScales = false };
        Assert.That(NetworkRepair.Repair(Nets.Read(graph), null, options, "net.onnx", bag), Is.Null);
        Assert.That(bag.ToString(), Does.Contain("net.onnx:1:1: error RPR001: layer '00_conv_2d' cannot be repaired: output channel").And.Contain("alone leaves a register of 8 bits"));
    }

    private static (byte[] Bytes, RepairedNetwork Network) Repaired(NetworkGraph graph, string method, VerifyOptions claims,
        ImmutableArray<int> widths, bool search, bool data)
    {
        var bag = new DiagnosticBag();
        RepairedNetwork? repaired = NetworkRepair.Repair(Nets.Read(graph), data ? Samples : null,
            new RepairOptions(RepairCatalogue.Find(method)!, claims, widths) { SearchScales = search }, "net.onnx", bag);
        Assert.That(bag.ToString(), Is.Empty);
        return (OnnxEditor.Replace(File.ReadAllBytes(ReferenceData.Shared(Model)), repaired!.Changes,
            [new("bits", widths[0].ToString(CultureInfo.InvariantCulture))]), repaired);
    }

    private static NetworkGraph Load(byte[] model)
    {
        var bag = new DiagnosticBag();
        NetworkGraph? graph = OnnxReader.Load(model, "repaired.onnx", bag);
        Assert.That(bag.ToString(), Is.Empty);
        return graph!;
    }

    private static bool Equal(Tensor a, Tensor b) =>
        a.Type.IsReal() ? a.Floats.SequenceEqual(b.Floats) : a.Integers.SequenceEqual(b.Integers);
}
