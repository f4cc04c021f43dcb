using System.Collections.Immutable;
using Sim.ArchModel;
using Sim.Datapath;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;
using Sim.Foundation.Diagnostics;
using Sim.Simulator.Execution;
using Sim.Workloads.Graph;
using Sim.Workloads.Quantization;

namespace Sim.Simulator.Tests.Execution;

/// <summary>
/// Blocks of a convolution along channels, as microxcaling quantizes (axis 1 of activations and weights): each number of the tensor is
/// quantized once, by <see cref="BlockFormat.Encode"/> over the channels of its pixel, and the sums are computed by a plain loop over the
/// decoded numbers: per kernel place and per piece of one block an exact sum, added in binary32.
/// </summary>
public sealed class ChannelBlockTests
{
    private const int Samples = 5, Side = 6, Out = 3, Kernel = 3;

    // Whole blocks; tails; one channel; groups whose blocks of activations begin inside a group; depthwise; blocks of two sizes.
    [TestCase(8, 4, 1, "mxfp4_b4", "mxfp4_b4")]
    [TestCase(7, 3, 1, "mxfp8_e4m3_b4", "mxfp4_b4")]
    [TestCase(1, 2, 1, "mxint8", "mxint8")]
    [TestCase(12, 4, 2, "mxfp6_e2m3_b4", "mxfp6_e2m3_b4")]
    [TestCase(5, 5, 5, "mxfp8_e5m2_b2", "mxfp8_e5m2_b2")]
    [TestCase(12, 2, 1, "mxfp4_b4", "mxfp8_e4m3_b8")]
    [TestCase(6, 2, 1, null, "mxint8_b4")]
    [TestCase(6, 2, 1, "mxint8_b4", null)]
    [TestCase(9, 4, 1, "nvfp4_b4", "nvfp4_b4")]
    public void Every_number_is_quantized_once(int channels, int outputs, int groups, string? activations, string? weights)
    {
        BlockFormat? a = activations is null ? null : BlockCatalogue.Parse(activations), w = weights is null ? null
            : BlockCatalogue.Parse(weights);
        int inGroup = channels / groups, n = outputs / groups, taps = Kernel * Kernel;
        float[] data = TinyNetwork.Random(Samples * channels * Side * Side, 41, 2),
            weight = TinyNetwork.Random(outputs * inGroup * taps, 42, 1);
        PreparedNetwork network = PreparedNetwork.Create(Graph(weight, channels, outputs, groups),
            EvaluationData.Of(Tensor.OfFloats(data, Samples, channels, Side, Side)), null, Recipe.Default, 2);
        var spec = new DatapathSpec("t", w?.Element ?? FormatCatalogue.Parse("int8"), a?.Element ?? FormatCatalogue.Parse("int8"),
            new FloatAccumulator(FormatCatalogue.Parse("fp32"), RoundingMode.NearestEven,
                OverflowPolicy.Ieee)) { Dot = new BlockDotUnit(a, w) };

        (float[] x, float xScale) = Values(a, data, channels, Side * Side);
        (float[] v, float[] vScales) = w is null ? PlainWeights(weight, outputs) : Repeat(Values(w, weight, inGroup, taps), outputs);
        double signal = 0, noise = 0;
        long sums = 0;
        for (int s = 0; s < Samples; s++)
            for (int o = 0; o < outputs; o++)
                for (int pixel = 0; pixel < Out * Out; pixel++, sums++)
                {
                    float register = 0;
                    double exact = 0;
                    int group = o / n;
                    for (int tap = 0; tap < taps; tap++)
                    {
                        int y = pixel / Out * 2 + tap / Kernel - 1, col = pixel % Out * 2 + tap % Kernel - 1;
                        bool inside = y >= 0 && y < Side && col >= 0 && col < Side;
                        for (int c = 0; c < inGroup;)
                        {
                            int from = group * inGroup + c, size = inGroup - c;
                            if (a is not null) size = Math.Min(size, a.Size - from % a.Size);
                            if (w is not null) size = Math.Min(size, w.Size - c % w.Size);
                            double piece = 0;
                            for (int i = 0; i < size && inside; i++)
                            {
                                int xi = ((s * channels + from + i) * Side + y) * Side + col, wi = (o * inGroup + c + i) * taps + tap;
                                piece += (double)x[xi] * v[wi];
                                exact += (double)data[xi] * weight[wi];
                            }
                            register = (float)(register + piece);
                            c += size;
                        }
                    }
                    signal += exact * exact;
                    noise += Math.Pow(register * (xScale * vScales[o]) - exact, 2);
                }
        Assert.That(sums, Is.EqualTo(Samples * outputs * Out * Out));
        AccuracyResult found = AccuracyEvaluator.Evaluate(AccuracyPlan.Create(network, spec, Recipe.Default,
            _ => ReductionOrder.Sequential), 2);
        Assert.That(found.Totals.OutputSqnrDb, Is.EqualTo(10 * Math.Log10(signal / noise)).Within(1e-4));
        Assert.That(found.Warnings.Count(m => m.StartsWith("NET035", StringComparison.Ordinal)), Is.EqualTo(
            inGroup % spec.Dot!.Segment == 0 && (a is null || inGroup % a.Size == 0 || groups == 1) ? 0 : 1));
        if (a is not null) Assert.That(found.Layers["conv"].EncodedInputs, Is.EqualTo(data.Length), "each activation once");
        double unfolded = AccuracyEvaluator.Evaluate(AccuracyPlan.Create(network, spec,
            Recipe.Default with { BlocksAlong = BlockAxis.Im2Col },
            _ => ReductionOrder.Sequential), 2).Totals.OutputSqnrDb!.Value;
        Assert.That(unfolded, Is.Not.EqualTo(found.Totals.OutputSqnrDb!.Value), "the option has an effect");
    }

    // Any thread count, and stochastic rounding by the index in the tensor.
    [Test]
    public void Codes_depend_on_no_thread()
    {
        float[] data = TinyNetwork.Random(Samples * 6 * Side * Side, 43, 2), weight = TinyNetwork.Random(4 * 6 * 9, 44, 1);
        BlockFormat blocks = BlockCatalogue.Parse("mxfp4_b4");
        var spec = new DatapathSpec("t", blocks.Element, blocks.Element,
            new FloatAccumulator(FormatCatalogue.Parse("fp32"), RoundingMode.NearestEven,
                OverflowPolicy.Ieee)) { Dot = new BlockDotUnit(blocks, blocks) };
        Recipe recipe = Recipe.Default with { ActivationRounding = new(RoundingMode.Stochastic, 16, StochasticRule.Floor),
            WeightRounding = new(RoundingMode.Stochastic, 16, StochasticRule.Floor), Seed = 3 };
        PreparedNetwork network = PreparedNetwork.Create(Graph(weight, 6, 4, 1),
            EvaluationData.Of(Tensor.OfFloats(data, Samples, 6, Side, Side)), null, recipe, 2);
        double[] found = [.. new[] { 1, 2, 3, 5 }.Select(threads => AccuracyEvaluator.Evaluate(
            AccuracyPlan.Create(network, spec, recipe, _ => ReductionOrder.Sequential), threads).Totals.OutputSqnrDb!.Value)];
        Assert.That(found, Has.All.EqualTo(found[0]));
        Assert.That(AccuracyEvaluator.Evaluate(AccuracyPlan.Create(network, spec, recipe with { Seed = 4 },
            _ => ReductionOrder.Sequential), 2)
            .Totals.OutputSqnrDb, Is.Not.EqualTo(found[0]));
    }

    [Test]
    public void Zero_points_are_refused()
    {
        float[] data = TinyNetwork.Random(Samples * 6 * Side * Side, 45, 2), weight = TinyNetwork.Random(2 * 6 * 9, 46, 1);
        BlockFormat blocks = BlockCatalogue.Parse("mxint8_b4");
        var spec = new DatapathSpec("t", blocks.Element, FormatCatalogue.Parse("int8"),
            new FloatAccumulator(FormatCatalogue.Parse("fp32"), RoundingMode.NearestEven,
                OverflowPolicy.Ieee)) { Dot = new BlockDotUnit(null, blocks) };
        Recipe recipe = Recipe.Default with { ActivationSymmetry = Symmetry.Asymmetric };
        PreparedNetwork network = PreparedNetwork.Create(Graph(weight, 6, 2, 1),
            EvaluationData.Of(Tensor.OfFloats(data, Samples, 6, Side, Side)), null, recipe, 2);
        InvalidInputException refused = Assert.Throws<InvalidInputException>(() =>
            AccuracyPlan.Create(network, spec, recipe, _ => ReductionOrder.Sequential))!;
        Assert.That(refused.Diagnostics.Single().Code, Is.EqualTo("NET033"));
    }

    // Numbers of [outer][axis][inner] in units of the tensor scale, each block along the axis; single numbers by their largest.
    private static (float[] Values, float Scale) Values(BlockFormat? blocks, float[] numbers, int axis, int inner)
    {
        float amax = numbers.Max(MathF.Abs);
        float[] values = new float[numbers.Length];
        if (blocks is null)
        {
            float scale = (float)(amax / 127.0);
            return ([.. numbers.Select(v => Math.Clamp(MathF.Round(v / scale, MidpointRounding.ToEven), -128, 127))], scale);
        }
        var events = new BlockEvents();
        for (int outer = 0; outer < numbers.Length; outer += axis * inner)
            for (int i = 0; i < inner; i++)
                for (int from = 0; from < axis; from += blocks.Size)
                {
                    int[] places = [.. Enumerable.Range(from, Math.Min(blocks.Size, axis - from)).Select(c => outer + c * inner + i)];
                    uint[] codes = new uint[places.Length];
                    uint scale = blocks.Encode([.. places.Select(p => numbers[p])], amax, Rounding.NearestEven, codes, ref events);
                    for (int j = 0; j < places.Length; j++)
                        values[places[j]] = (float)(blocks.Element.Decode(codes[j]).ToDouble() * blocks.Scale.Decode(scale).ToDouble());
                }
        return (values, blocks.TensorScale(amax));
    }

    private static (float[], float[]) Repeat((float[] Values, float Scale) one, int rows) =>
        (one.Values, [.. Enumerable.Repeat(one.Scale, rows)]);

    private static (float[], float[]) PlainWeights(float[] weight, int rows)
    {
        float[][] lines = [.. weight.Chunk(weight.Length / rows)];
        (float[] Values, float Scale)[] quantized = [.. lines.Select(l => Values(null, l, 1, 1))];
        return ([.. quantized.SelectMany(q => q.Values)], [.. quantized.Select(q => q.Scale)]);
    }

    private static NetworkGraph Graph(float[] weight, int channels, int outputs, int groups)
    {
        var attributes = ImmutableDictionary<string, NodeAttribute>.Empty.Add("kernel_shape", new("kernel_shape", Integers: [Kernel,
            Kernel]))
            .Add("strides", new("strides", Integers: [2, 2])).Add("pads", new("pads", Integers: [1, 1, 1, 1])).Add("group", new("group",
                Integer: groups));
        return new("conv", 13, [new("x", ElementType.Float32, [-1, channels, Side, Side])],
            [new("y", ElementType.Float32, [-1, outputs, Out, Out])], [new("conv", "", "Conv", ["x", "w"], ["y"], attributes)],
            ImmutableDictionary<string, Tensor>.Empty.Add("w", Tensor.OfFloats(weight, outputs, channels / groups, Kernel, Kernel)),
                $"conv{channels}-{groups}");
    }
}
