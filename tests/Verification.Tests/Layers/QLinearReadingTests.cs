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

/// <summary>Networks of QLinear operators.</summary>
public class QLinearReadingTests
{
    /// <summary>Every column of the table that numpy made of the official integers.</summary>
    [TestCase("mlperf-dscnn-kws", 10)]
    [TestCase("mlperf-streaming-wakeword", 9)]
    public void OfficialInt8LayersHaveTheirTabledRanges(string net, int atLeast)
    {
        Dictionary<string, IntegerLayer> layers = Nets.Read(Nets.Graph($"{net}/model_int8.onnx")).Layers.ToDictionary(l => l.Name);
        List<Dictionary<string, string>> table = Nets.Table($"{net}/golden_official_int8.csv");
        foreach (Dictionary<string, string> row in table)
        {
            IntegerLayer layer = layers[row["layer"]];
            (Interval centred, int width) = Nets.Worst(new PrefixExtremes(), layer, BiasPlacement.None, ZeroPoints.Folded);
            var actual = new Dictionary<string, Int128>
            {
                ["out_channels"] = layer.Rows,
                ["K"] = layer.K,
                ["x_zero_point"] = layer.InputZeroPoint,
                ["l1_max"] = Enumerable.Range(0, layer.Rows).Max(r => layer.Row(r, ZeroPoints.Folded).ToArray().Sum(Math.Abs)),
                ["x_lo"] = layer.Input(0, 0, ZeroPoints.Folded).Low,
                ["x_hi"] = layer.Input(0, 0, ZeroPoints.Folded).High,
                ["lo_min"] = centred.Low,
                ["hi_max"] = centred.High,
                ["P_exact_centered"] = width,
                ["bias_min"] = layer.Bias.Min(),
                ["bias_max"] = layer.Bias.Max(),
                ["P_exact_centered_bias_preload"] = Nets.Worst(new PrefixExtremes(), layer, BiasPlacement.Preloaded,
                    ZeroPoints.Folded).Width,
                ["P_exact_raw_int8_x"] = Nets.Worst(new PrefixExtremes(), layer, BiasPlacement.None, ZeroPoints.Raw).Width,
                ["P_datatype_signed8x8"] = Nets.Worst(new DataTypeBound(), layer, BiasPlacement.None, ZeroPoints.Raw).Width,
                ["P_l1_a2q_signed8"] = Nets.Worst(new WeightNormBound(), layer, BiasPlacement.None, ZeroPoints.Raw).Width,
            };
            foreach ((string column, string expected) in row.Where(c => c.Key != "layer"))
                Assert.That(actual[column], Is.EqualTo(Int128.Parse(expected, CultureInfo.InvariantCulture)), $"{layer.Name} {column}");
        }
        Assert.That(table, Has.Count.GreaterThanOrEqualTo(atLeast));
        Truth.Checked("Proofs", $"{net} golden_official_int8.csv", "numpy, exact integers", table.Count,
            "every column of every layer equal");
    }

    /// <summary>ONNX Gemm and QGemm: C is broadcast to (M, N), so that [M, 1] is a number a sample: every output can have any of them.
    /// </summary>
    [TestCase("Gemm", 2, 1, false)]
    [TestCase("Gemm", 1, 2, true)]
    [TestCase("QGemm", 2, 1, false)]
    [TestCase("QGemm", 1, 2, true)]
    public void AnAddendAlongTheSamplesIsNoBias(string op, int rows, int columns, bool allowed)
    {
        Graphs graph = new Graphs().Floats("one", [1]).Integers("z", ElementType.UInt8, [0]).Integers("wz", ElementType.Int8, [0])
            .Integers("w", ElementType.Int8, [1, 2, 3, 4], 2, 2).Floats("f", [0, 1000], rows, columns)
            .Integers("i", ElementType.Int32, [0, 1000], rows, columns);
        if (op == "Gemm") graph.Node("DequantizeLinear: x, one, z -> d").Node("DequantizeLinear: w, one, wz -> v")
            .Node("Gemm: d, v, f -> y");
        else graph.Node("com.microsoft/QGemm: x, one, z, w, one, wz, i, one, z -> y");
        var bag = new DiagnosticBag();
        IntegerNetwork? network = IntegerNetworkReader.Read(graph.Build(ElementType.UInt8, 2, 2), "net.onnx", bag);
        if (allowed) Assert.That(network!.Layers[0].Bias, Is.EqualTo(new long[] { 0, 1000 }));
        else Assert.That(bag.ToString(), Does.Contain("INT004").And.Contain("its bias"));
    }

    // ONNX, every operator: a register without products holds what it starts with.
    [Test]
    public void WithoutProductsTheBiasIsAll([ValueSource(nameof(Orders))] string text, [Values] BiasPlacement bias)
    {
        NetworkGraph graph = new Graphs().Floats("one", [1]).Integers("z", ElementType.UInt8, [7]).Integers("wz", ElementType.Int8, [0])
            .Integers("w", ElementType.Int8, [], 0, 2).Integers("c", ElementType.Int32, [300, -2], 2)
            .Node("com.microsoft/QGemm: x, one, z, w, one, wz, c, one, z -> y").Build(ElementType.UInt8, 1, 0);
        SumOrder order = SumOrderCatalogue.Parse(text)!;
        LayerWidth width = Verifier.Minimal(Nets.Read(graph).Layers[0], new VerifyOptions { Order = order, Bias = bias });
        int[] expected = bias == BiasPlacement.None ? [1, 1] : [10, 2];
        for (int row = 0; row < 2; row++)
        {
            Assert.That(width.Channels[row].Widths[0], Is.EqualTo(expected[row]));
            if (order.Registers > 1) Assert.That(width.Channels[row].Widths[1], Is.EqualTo(1));
        }
    }

    private static readonly string[] Orders = ["any", "sequential", "final", "tiles:3", "tree:4"];

    /// <summary>Each stored input that ONNX Runtime computed lies in its propagated box, and is what its link makes of the sums that the
    /// layer's integers give.</summary>
    [TestCase("mlperf-dscnn-kws", 8)]
    [TestCase("mlperf-streaming-wakeword", 6)]
    public void LinksAndPropagatedBoxesHoldTheIntermediatesOfOnnxRuntime(string net, int atLeast)
    {
        NetworkGraph graph = Nets.Graph($"{net}/model_int8.onnx");
        IntegerNetwork network = Nets.Read(graph, new ReadingOptions { Boxes = BoxRule.Propagated });
        var bag = new DiagnosticBag();
        IReadOnlyDictionary<string, Tensor> tensors = TensorFile.ReadArchive(ReferenceData.Shared($"nets/{net}/int8_intermediates.npz"),
            bag)!;
        bag.ThrowIfErrors();
        Dictionary<string, Node> nodes = graph.Nodes.ToDictionary(n => n.Name);
        long compared = 0;
        int links = 0;
        foreach (IntegerLayer layer in network.Layers.Where(l => l.Source is not null))
        {
            LayerSource source = layer.Source!;
            IntegerLayer from = network.Layers[source.Layer];
            Tensor made = tensors[nodes[layer.Name].Inputs[0]], before = tensors[nodes[from.Name].Inputs[0]];
            long[] sums = Sums(from, BatchExecutor.Rows(before, 0, 1).Integers);
            int pixels = from.Shape.M;
            for (int i = 0; i < sums.Length; i++)
            {
                Assert.That(source.Stored(sums[i], i / pixels), Is.EqualTo(made.Integers[i]), $"{layer.Name} {i}");
                Interval box = layer.Inputs.Length == 1 ? layer.Inputs[0] : layer.Inputs[i / pixels];
                Assert.That(box.Contains(made.Integers[i]), $"{layer.Name} {i}");
                compared++;
            }
            links++;
        }
        Assert.That(links, Is.GreaterThanOrEqualTo(atLeast));
        Assert.That(network.Layers.Any(l => l.Inputs.Length > 1 && l.Inputs.Any(b => b != new Interval(-128, 127))),
            "no box became narrower");
        Truth.Checked("Proofs", $"{net} int8_intermediates.npz", "ONNX Runtime", compared,
            $"inputs of {links} layers equal the requantized sums of the layers before them, inside their boxes");
    }

    // Sums over windows, written out: no im2col of the product's.
    private static long[] Sums(IntegerLayer layer, long[] stored)
    {
        ConvGeometry g = layer.Shape.Conv!;
        int groupInputs = g.InputChannels / layer.Shape.Groups, i = 0;
        long[] sums = new long[layer.Rows * g.OutputHeight * g.OutputWidth];
        for (int o = 0; o < layer.Rows; o++)
            for (int oy = 0; oy < g.OutputHeight; oy++)
                for (int ox = 0; ox < g.OutputWidth; ox++, i++)
                {
                    sums[i] = layer.Bias[o];
                    for (int c = 0; c < groupInputs; c++)
                        for (int ky = 0; ky < g.KernelHeight; ky++)
                            for (int kx = 0; kx < g.KernelWidth; kx++)
                            {
                                int y = oy * g.StrideHeight + ky - g.PadTop, x = ox * g.StrideWidth + kx - g.PadLeft;
                                if (y < 0 || x < 0 || y >= g.InputHeight || x >= g.InputWidth) continue;
                                int channel = o / layer.Shape.N * groupInputs + c;
                                long input = stored[(channel * g.InputHeight + y) * g.InputWidth + x] - layer.InputZeroPoint;
                                sums[i] += input * layer.Weights[o * layer.K + (c * g.KernelHeight + ky) * g.KernelWidth + kx];
                            }
                }
        return sums;
    }
}
