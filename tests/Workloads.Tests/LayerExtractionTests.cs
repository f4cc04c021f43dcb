using Sim.Foundation.Diagnostics;
using Sim.Workloads.Data;
using Sim.Workloads.Graph;
using Sim.Workloads.Onnx;

namespace Sim.Tests;

/// <summary>Layer sizes against the weight matrices [O, K] that others extracted from the same networks.</summary>
public sealed class LayerExtractionTests
{
    [TestCase("mlperf-dscnn-kws", "model_folded.onnx", 10)]
    [TestCase("mlperf-streaming-wakeword", "model_folded.onnx", 9)]
    [TestCase("mlperf-dscnn-kws", "model.onnx", 10)]
    public void Layers_have_the_weights_that_others_extracted(string net, string model, int expected)
    {
        var bag = new DiagnosticBag();
        NetworkLayers layers = LayerExtraction.Layers(OnnxReader.Load(ReferenceData.Shared($"nets/{net}/{model}"), bag)!);
        IReadOnlyDictionary<string, Tensor> weights = TensorFile.ReadArchive(ReferenceData.Shared($"nets/{net}/ptq_w8.npz"), bag)!;
        Assert.That(layers.Gemms, Has.Length.EqualTo(expected));
        int compared = 0;
        foreach (GemmLayer layer in layers.Gemms)
        {
            Assert.That(weights, Contains.Key($"{layer.Name}__q"));
            Assert.That(weights[$"{layer.Name}__q"].Shape, Is.EqualTo(new[] { layer.Groups * layer.N, layer.K }), layer.Name);
            compared++;
        }
        Assert.That(compared, Is.EqualTo(weights.Keys.Count(k => k.EndsWith("__q", StringComparison.Ordinal))));
    }

    [Test]
    public void Keyword_network_has_the_size_that_its_shapes_give()
    {
        var bag = new DiagnosticBag();
        NetworkLayers layers = LayerExtraction.Layers(OnnxReader.Load(ReferenceData.Shared("nets/mlperf-dscnn-kws/model_int8.onnx"), bag)!);
        // 25×5 pixels: 64·40, four times 64·9 and 64·64; then 64·12.
        Assert.That(layers.Macs, Is.EqualTo(125 * (64 * 40 + 4 * (64 * 9 + 64 * 64)) + 64 * 12));
    }

    [Test]
    public void Unfolding_agrees_with_the_definition_for_every_stride_padding_and_dilation()
    {
        int[] plane = [.. Enumerable.Range(1, 2 * 5 * 4)];
        int compared = 0;
        foreach ((int stride, int dilation, int before, int after) in from s in new[] { 1, 2, 3 } from d in new[] { 1, 2 } from b in new[]
            { 0, 1, 4 } from a in new[] { 0, 2 } select (s, d, b, a))
        {
            int height = (5 + before + after - 2 * dilation - 1) / stride + 1, width = (4 + before + after - dilation - 1) / stride + 1;
            if (5 + before + after < 2 * dilation + 1) continue;
            var g = new ConvGeometry(2, 5, 4, 3, 2, stride, stride, before, before, after, after, dilation, dilation, height, width);
            int[] rows = new int[height * width * 12], columns = new int[rows.Length];
            Im2Col.Rows<int>(plane, g, 0, 2, -1, rows);
            Im2Col.Columns<int>(plane, g, 0, 2, -1, columns);
            for (int p = 0; p < height * width; p++)
            {
                for (int k = 0; k < 12; k++, compared++)
                {
                    int y = p / width * stride - before + k % 6 / 2 * dilation, x = p % width * stride - before + k % 2 * dilation;
                    int expected = y < 0 || y >= 5 || x < 0 || x >= 4 ? -1 : plane[k / 6 * 20 + y * 4 + x];
                    Assert.That((rows[p * 12 + k], columns[k * height * width + p]), Is.EqualTo((expected, expected)));
                }
            }
        }
        Assert.That(compared, Is.GreaterThan(5000));
    }

    [Test]
    public void Unfolding_keeps_the_weights_order_and_fills_padding()
    {
        // Two channels of 2×2, kernel 2×2, one row of padding above: K order channel, ky, kx.
        var geometry = new ConvGeometry(2, 2, 2, 2, 2, 1, 1, 1, 0, 0, 0, 1, 1, 2, 1);
        var rows = new int[2 * 8];
        Im2Col.Rows([1, 2, 3, 4, 5, 6, 7, 8], geometry, 0, 2, -9, rows.AsSpan());
        Assert.That(rows, Is.EqualTo(new[] { -9, -9, 1, 2, -9, -9, 5, 6, 1, 2, 3, 4, 5, 6, 7, 8 }));
        var columns = new int[16];
        Im2Col.Columns([1, 2, 3, 4, 5, 6, 7, 8], geometry, 0, 2, -9, columns.AsSpan());
        for (int p = 0; p < 2; p++)
            for (int k = 0; k < 8; k++) Assert.That(columns[k * 2 + p], Is.EqualTo(rows[p * 8 + k]));
    }
}
