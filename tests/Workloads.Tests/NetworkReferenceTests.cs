using Sim.Foundation.Diagnostics;
using Sim.Workloads.Data;
using Sim.Workloads.Execution;
using Sim.Workloads.Graph;
using Sim.Workloads.Onnx;

namespace Sim.Tests;

/// <summary>Whole trained networks against outputs that ONNX Runtime computed.</summary>
public sealed class NetworkReferenceTests
{
    /// <summary>Committed networks; PyTorch counted the right answers when it trained them.</summary>
    [TestCase("digits_cnn.onnx", 443)]
    [TestCase("digits_mlp.onnx", 445)]
    public void Digit_networks_get_as_many_right_as_in_training(string model, int right)
    {
        string folder = Path.Combine(ReferenceData.RepositoryRoot, "configs", "workloads", "digits");
        var bag = new DiagnosticBag();
        NetworkGraph graph = OnnxReader.Load(Path.Combine(folder, model), bag)!;
        Tensor codes = TensorFile.Read(Path.Combine(folder, "digits_test_x_u8.npy"), bag)!,
            labels = TensorFile.Read(Path.Combine(folder, "digits_test_labels_u8.npy"), bag)!;
        Assert.That(bag.ToString(), Is.Empty);
        Tensor x = Tensor.OfFloats(Array.ConvertAll(codes.Integers, v => (float)v), codes.Shape);
        foreach (NetworkGraph form in new[] { graph, BatchNormFolding.Fold(graph) })
            Assert.That(Accuracy(BatchExecutor.Run(form, x), labels), Is.EqualTo(right / 450.0).Within(1e-9));
        Truth.Checked("Workloads", model, "PyTorch at training", labels.Count,
            $"{right} of 450 right, plain and with batch normalization folded");
    }

    [TestCase("model.onnx")]
    [TestCase("model_folded.onnx")]
    public void Keyword_network_in_float_matches_the_reference(string model)
    {
        Tensor codes = Data("mlperf-dscnn-kws/kws01_x_i8_500.npy"), expected = Data("mlperf-dscnn-kws/kws01_fp32_out_500.npy");
        Tensor x = Tensor.OfFloats(Array.ConvertAll(codes.Integers, v => (float)((v - 83) * 0.5847029)), codes.Shape);
        Tensor y = BatchExecutor.Run(Load($"mlperf-dscnn-kws/{model}"), x);
        AssertClose(y, expected, 500 * 12, $"mlperf-dscnn-kws {model}");
        Assert.That(Accuracy(y, Data("mlperf-dscnn-kws/kws01_labels_500.npy")), Is.EqualTo(0.912).Within(1e-9));
    }

    [Test]
    public void Official_int8_keyword_network_has_its_published_accuracy()
    {
        Tensor y = BatchExecutor.Run(Load("mlperf-dscnn-kws/model_int8.onnx"), Data("mlperf-dscnn-kws/kws01_x_i8_500.npy"));
        Assert.That(Accuracy(y, Data("mlperf-dscnn-kws/kws01_labels_500.npy")), Is.EqualTo(0.898).Within(1e-9));
        AssertClose(y, Data("mlperf-dscnn-kws/kws01_int8_out_500.npy"), 500 * 12, "mlperf-dscnn-kws model_int8.onnx");
    }

    [TestCase("model.onnx")]
    [TestCase("model_folded.onnx")]
    public void Wake_word_network_in_float_matches_the_reference(string model)
    {
        Tensor y = BatchExecutor.Run(Load($"mlperf-streaming-wakeword/{model}"), Data("mlperf-streaming-wakeword/calib_x_f32_nchw.npy"));
        AssertClose(y, Data("mlperf-streaming-wakeword/calib_fp32_out.npy"), 45 * 3, $"mlperf-streaming-wakeword {model}");
        Assert.That(Accuracy(y, Data("mlperf-streaming-wakeword/calib_labels.npy")), Is.EqualTo(41 / 45.0).Within(1e-9));
    }

    [Test]
    public void Official_int8_wake_word_network_matches_the_reference()
    {
        Tensor real = Data("mlperf-streaming-wakeword/calib_x_f32_nchw.npy");
        long[] codes = Array.ConvertAll(real.Floats, v => (long)Math.Clamp(Math.Round(v / 0.003701042617) - 128, -128, 127));
        Tensor y = BatchExecutor.Run(Load("mlperf-streaming-wakeword/model_int8.onnx"),
            Tensor.OfIntegers(ElementType.Int8, codes, real.Shape));
        AssertClose(y, Data("mlperf-streaming-wakeword/calib_int8_out.npy"), 45 * 3, "mlperf-streaming-wakeword model_int8.onnx");
        Assert.That(Accuracy(y, Data("mlperf-streaming-wakeword/calib_labels.npy")), Is.EqualTo(41 / 45.0).Within(1e-9));
    }

    [TestCase("mlperf-dscnn-kws", 11)]
    [TestCase("mlperf-streaming-wakeword", 9)]
    public void Every_int8_tensor_equals_the_reference(string net, int atLeast)
    {
        var bag = new DiagnosticBag();
        IReadOnlyDictionary<string, Tensor> expected = TensorFile.ReadArchive(ReferenceData.Shared($"nets/{net}/int8_intermediates.npz"),
            bag)!;
        bag.ThrowIfErrors();
        NetworkGraph graph = Load($"nets/{net}/model_int8.onnx"["nets/".Length..]);
        int compared = 0;
        var seen = new HashSet<string>();
        GraphExecutor.Run(graph, new Dictionary<string, Tensor> { [graph.Inputs[0].Name] = expected["input"] }, null, (name, t) =>
        {
            if (!expected.TryGetValue(name, out Tensor? e)) return;
            if (e.Type.IsReal()) Assert.That(t.Floats, Is.EqualTo(e.Floats).Within(1e-6f), name);
            else Assert.That(t.Integers, Is.EqualTo(e.Integers), name);
            seen.Add(name);
            compared += e.Type.IsReal() ? 0 : 1;
        });
        Assert.That(expected.Keys.Where(k => k != "input" && !seen.Contains(k)), Is.Empty);
        Assert.That(compared, Is.GreaterThanOrEqualTo(atLeast));
        Truth.Checked("Workloads", $"{net} int8_intermediates.npz", "ONNX Runtime", expected.Values.Sum(t => (long)t.Count),
            $"every element of {compared} int8 tensors equal");
    }

    [TestCase("qonnx-tfc-w2a2", "model_std.onnx")]
    [TestCase("qonnx-tfc-w1a1", "model_std.onnx")]
    [TestCase("qonnx-tfc-w2a2", "model_qonnx.onnx")]
    [TestCase("qonnx-tfc-w1a1", "model_qonnx.onnx")]
    public void Quantized_mlp_matches_the_reference(string net, string model)
    {
        Tensor images = Data("data-mnist/mnist_test1000_x_u8.npy");
        Tensor x = Tensor.OfFloats(Array.ConvertAll(images.Integers, v => v / 255f), images.Shape[0], 1, 28, 28);
        Tensor expected = Data($"{net}/mnist1000_std_out.npy"), y = BatchExecutor.Run(Load($"{net}/{model}"), x);
        AssertClose(y, expected, 10_000, $"{net} {model}");
        if (model != "model_std.onnx") Assert.That(y.Floats, Is.EqualTo(BatchExecutor.Run(Load($"{net}/model_std.onnx"), x).Floats),
            "the same graph in plain ONNX");
    }

    private static NetworkGraph Load(string net)
    {
        var bag = new DiagnosticBag();
        NetworkGraph? graph = OnnxReader.Load(ReferenceData.Shared($"nets/{net}"), bag);
        Assert.That(bag.ToString(), Is.Empty);
        return graph!;
    }

    private static Tensor Data(string file)
    {
        var bag = new DiagnosticBag();
        Tensor? t = TensorFile.Read(ReferenceData.Shared($"nets/{file}"), bag);
        Assert.That(bag.ToString(), Is.Empty);
        return t!;
    }

    private static void AssertClose(Tensor actual, Tensor expected, int elements, string truth)
    {
        Assert.That(actual.Count, Is.EqualTo(elements));
        double worst = 0;
        for (int i = 0; i < elements; i++) worst = Math.Max(worst, Math.Abs((double)actual.Floats[i] - expected.Floats[i]));
        int classes = actual.Shape[^1], samples = elements / classes, agree = Enumerable.Range(0, samples)
            .Count(s => Top(actual, s, classes) == Top(expected, s, classes));
        Assert.Multiple(() =>
        {
            Assert.That(worst, Is.LessThan(1e-4));
            Assert.That(agree, Is.EqualTo(samples));
        });
        Truth.Checked("Workloads", truth, "ONNX Runtime", elements, $"largest difference {worst:E1}, same class for all {samples} samples");
    }

    private static int Top(Tensor t, int sample, int classes)
    {
        ReadOnlySpan<float> row = t.Floats.AsSpan(sample * classes, classes);
        int best = 0;
        for (int c = 1; c < classes; c++)
            if (row[c] > row[best]) best = c;
        return best;
    }

    private static double Accuracy(Tensor y, Tensor labels)
    {
        int classes = y.Shape[^1];
        return Enumerable.Range(0, labels.Count).Count(s => Top(y, s, classes) == labels.Integers[s]) / (double)labels.Count;
    }
}
