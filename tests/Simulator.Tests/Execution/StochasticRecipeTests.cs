using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Sim.Datapath;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;
using Sim.Foundation.Random;
using Sim.Simulator.Execution;
using Sim.Workloads.Quantization;

namespace Sim.Simulator.Tests.Execution;

/// <summary>Recipes with stochastic rounding: a second statement of the whole network, and no dependence on threads, batches or blocks'
/// cuts.</summary>
public sealed class StochasticRecipeTests
{
    private const int Samples = 30, Bits = 9;
    private const ulong Seed = 77;

    [TestCase(StochasticRule.Floor)]
    [TestCase(StochasticRule.Fast)]
    [TestCase(StochasticRule.Nearest)]
    [TestCase(StochasticRule.Odd)]
    public void A_network_equals_plain_loops_over_the_stated_random_bits(StochasticRule rule)
    {
        float[] data = TinyNetwork.Samples(Samples).Floats;
        INumberFormat int8 = FormatCatalogue.Parse("int8");
        AccuracyResult found = Evaluate(Stochastic(rule),
            new DatapathSpec("t", int8, int8, new IntegerAccumulator(32, RegisterOverflow.Wrap)), -1, 2);

        float[][] hidden = [.. Enumerable.Range(0, Samples)
            .Select(s => Hidden(i => data[s * 25 + i], i => TinyNetwork.ConvWeight[i], (_, sum) => (float)sum))];
        float[][] reference = [.. hidden.Select(h => Dense(i => h[i], i => TinyNetwork.DenseWeight[i], (_, sum) => (float)sum))];
        double[] conv = Codes(TinyNetwork.ConvWeight, 9, "weights of conv", rule, out float[] convScales),
            dense = Codes(TinyNetwork.DenseWeight, 27, "weights of dense", rule, out float[] denseScales);
        double[] x = Codes(data, data.Length, "input of conv", rule, out float[] xScale),
            h = Codes([.. hidden.SelectMany(v => v)], Samples * 27, "input of dense", rule, out float[] hScale);
        double signal = 0, noise = 0;
        for (int s = 0; s < Samples; s++)
        {
            float[] quantized = Hidden(i => x[s * 25 + i], i => conv[i], (o, sum) => (float)sum * (xScale[0] * convScales[o]));
            // The input of the second layer is what the first one made, under the scale that calibration found on the float network.
            double[] codes = [.. quantized.Select((v, i) => Code(v / hScale[0], "input of dense", s * 27 + i, rule))];
            float[] y = Dense(i => codes[i], i => dense[i], (n, sum) => (float)sum * (hScale[0] * denseScales[n]));
            for (int n = 0; n < 4; n++) (signal, noise) = (signal + reference[s][n] * (double)reference[s][n], noise
                + Math.Pow((double)y[n] - reference[s][n], 2));
        }
        Assert.That(h, Has.Length.EqualTo(Samples * 27));
        Assert.That(found.Totals.OutputSqnrDb, Is.EqualTo(10 * Math.Log10(signal / noise)).Within(1e-4));
    }

    [TestCase("int8")]
    [TestCase("e4m3")]
    [TestCase("mxfp4")]
    [TestCase("nvfp4")]
    public void Threads_and_batches_change_nothing_and_the_seed_does(string format)
    {
        DatapathSpec spec = Spec(format);
        Recipe recipe = Stochastic(StochasticRule.Floor);
        AccuracyResult one = Evaluate(recipe, spec, -1, 1);
        foreach (int threads in new[] { 2, 3 })
        {
            Assert.That(Evaluate(recipe, spec, -1, threads).Totals, Is.EqualTo(one.Totals));
            // One sample a batch in place of twenty-five: other cuts of the same tensors.
            AccuracyResult single = Evaluate(recipe, spec, 1, threads);
            Assert.That(single.Totals.OutputSqnrDb, Is.EqualTo(one.Totals.OutputSqnrDb).Within(1e-9));
            Assert.That(single.Layers.Select(l => l.Value.SaturatedInputs), Is.EqualTo(one.Layers.Select(l => l.Value.SaturatedInputs)));
        }
        AccuracyResult reseeded = Evaluate(recipe with { Seed = 78 }, spec, -1, 2),
            nearest = Evaluate(recipe with
            { WeightRounding = TensorRounding.NearestEven, ActivationRounding = TensorRounding.NearestEven }, spec, -1, 2);
        Assert.That(new[] { one.Key, reseeded.Key, nearest.Key }.Distinct().Count(), Is.EqualTo(3));
        Assert.That(new[] { one.Totals.OutputSqnrDb, reseeded.Totals.OutputSqnrDb, nearest.Totals.OutputSqnrDb }.Distinct().Count(),
            Is.EqualTo(3), "other bits, other results");
        Assert.That(nearest.Totals.OutputSqnrDb, Is.GreaterThan(one.Totals.OutputSqnrDb!.Value),
            "of one tensor, nearest is the least error");
    }

    private static DatapathSpec Spec(string format)
    {
        var fp32 = new FloatAccumulator(FormatCatalogue.Parse("fp32"), RoundingMode.NearestEven, OverflowPolicy.Ieee);
        if (!BlockCatalogue.TryParse(format, out BlockFormat? blocks, out _)) return new DatapathSpec("t", FormatCatalogue.Parse(format),
            FormatCatalogue.Parse(format), fp32);
        return new DatapathSpec("t", blocks!.Element, blocks.Element, fp32) { Dot = new BlockDotUnit(blocks, blocks) };
    }

    private static Recipe Stochastic(StochasticRule rule) => Recipe.Default with
    {
        CalibrationSamples = Samples, Seed = Seed,
        WeightRounding = new(RoundingMode.Stochastic, Bits, rule), ActivationRounding = new(RoundingMode.Stochastic, Bits, rule),
    };

    private static AccuracyResult Evaluate(Recipe recipe, DatapathSpec spec, int fixedBatch, int threads)
    {
        PreparedNetwork network = PreparedNetwork.Create(TinyNetwork.Graph(fixedBatch), EvaluationData.Of(TinyNetwork.Samples(Samples)),
            null, recipe, threads);
        return AccuracyEvaluator.Evaluate(AccuracyPlan.Create(network, spec, recipe, _ => default), threads);
    }

    private static float[] Hidden(Func<int, double> image, Func<int, double> weight, Func<int, double, float> scaled) =>
        [.. Enumerable.Range(0, 27).Select(o =>
    {
        double sum = 0;
        for (int k = 0; k < 9; k++)
        {
            int y = o % 9 / 3 * 2 + k / 3 - 1, x = o % 3 * 2 + k % 3 - 1;
            if (y is >= 0 and < 5 && x is >= 0 and < 5) sum += image(y * 5 + x) * weight(o / 9 * 9 + k);
        }
        return Math.Max(0f, scaled(o / 9, sum) + TinyNetwork.ConvBias[o / 9]);
    })];

    private static float[] Dense(Func<int, double> input, Func<int, double> weight, Func<int, double, float> scaled) =>
        [.. Enumerable.Range(0, 4).Select(n => scaled(n, Enumerable.Range(0, 27).Sum(k => input(k) * weight(n * 27 + k)))
            + TinyNetwork.DenseBias[n])];

    private static double[] Codes(float[] values, int row, string tensor, StochasticRule rule, out float[] scales)
    {
        float[] found = [.. Enumerable.Range(0, values.Length / row)
            .Select(r => (float)(values.AsSpan(r * row, row).ToArray().Max(MathF.Abs) / 127.0))];
        scales = found;
        return [.. values.Select((v, i) => Code(v / found[i / row], tensor, i, rule))];
    }

    // The four rules of the reference notes, on magnitudes; the lost part of a float32 quotient below 2^8 has few enough bits to be exact
    // in double.
    private static double Code(float quotient, string tensor, int index, StochasticRule rule)
    {
        double magnitude = Math.Abs((double)quotient), kept = Math.Floor(magnitude), lost = (magnitude - kept) * (1 << Bits);
        double r = Draw(tensor, index);
        bool up = lost > 0 && rule switch
        {
            StochasticRule.Floor => Math.Floor(lost) + r >= 1 << Bits,
            StochasticRule.Fast => Math.Floor(2 * lost) + 2 * r + 1 >= 2 << Bits,
            StochasticRule.Nearest => Math.Round(lost, MidpointRounding.ToEven) + r >= 1 << Bits,
            _ => (lost - Math.Floor(lost) == 0.5 ? Math.Floor(lost) + (Math.Floor(lost) % 2 == 0 ? 1 : 0) : Math.Round(lost))
                + r >= 1 << Bits,
        };
        return Math.CopySign(Math.Min(up ? kept + 1 : kept, quotient < 0 ? 128 : 127), quotient);
    }

    private static uint Draw(string tensor, int index)
    {
        if (!Drawn.TryGetValue(tensor, out uint[]? draws))
        {
            var stream = new RandomStream(Seed, BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(tensor))));
            Drawn[tensor] = draws = [.. Enumerable.Range(0, Samples * 27).Select(_ => stream.NextUInt32() & (1 << Bits) - 1)];
        }
        return draws[index];
    }

    private static readonly Dictionary<string, uint[]> Drawn = [];
}
