using Sim.Datapath;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;
using Sim.Simulator.Execution;
using Sim.Workloads.Graph;
using Sim.Workloads.Quantization;

namespace Sim.Simulator.Tests.Execution;

/// <summary>
/// The whole quantized network against a second statement of it: plain loops over doubles, System.Half and long, which share nothing with
/// the product (levels are enumerated from the format's definition, sums are written out by index).
/// </summary>
public class QuantizedNetworkOracleTests
{
    private const int Samples = 30;

    [TestCase(0)]
    [TestCase(4)]
    [TestCase(5)]
    public void Int8_into_a_wrapping_16_bit_register(int chunk)
    {
        var spec = new DatapathSpec("t", FormatCatalogue.Parse("int8"), FormatCatalogue.Parse("int8"),
            new IntegerAccumulator(16, RegisterOverflow.Wrap));
        double[] levels = [.. Enumerable.Range(-128, 256).Select(i => (double)i)];
        Check(spec, chunk, levels, 127, (a, w) => (short)unchecked((short)Enumerable.Range(0, a.Length).Sum(i => (long)a[i] * (long)w[i])));
    }

    [TestCase(0)]
    [TestCase(4)]
    [TestCase(7)]
    public void E4M3_into_fp16_rounded_at_every_step(int chunk)
    {
        var spec = new DatapathSpec("t", FormatCatalogue.Parse("e4m3"), FormatCatalogue.Parse("e4m3"),
            new FloatAccumulator(FormatCatalogue.Parse("fp16"), RoundingMode.NearestEven, OverflowPolicy.Ieee));
        Check(spec, chunk, E4M3(), 448, (a, w) =>
        {
            // fp16 sums of products of 4-bit significands are exact in double before the one rounding to binary16
            Half? total = null;
            for (int from = 0; from < a.Length; from += chunk == 0 ? a.Length : chunk)
            {
                Half part = (Half)0;
                for (int i = from; i < Math.Min(a.Length, chunk == 0 ? a.Length : from + chunk); i++) part =
                    (Half)((double)part + a[i] * w[i]);
                total = total is { } t ? (Half)((double)t + (double)part) : part;
            }
            return (double)total!.Value;
            // Room in fp16 (docs/guide/quantization.md): K = 9: 65504/9 = 7278, peaks 64 and 64; K = 27: 2426, weights 32, activations 64.
        }, peaks: (64, 64, 32, 64));
    }

    [Test]
    public void Exact_sums_rounded_once_to_fp32()
    {
        var spec = new DatapathSpec("t", FormatCatalogue.Parse("e4m3"), FormatCatalogue.Parse("int4"),
            new ExactAccumulator(FormatCatalogue.Parse("fp32"), RoundingMode.NearestEven, OverflowPolicy.Ieee));
        Check(spec, 3, E4M3(), 448, (a, w) => (float)Enumerable.Range(0, a.Length).Sum(i => a[i] * w[i]),
            [.. Enumerable.Range(-8, 16).Select(i => (double)i)], 7);
    }

    private static void Check(DatapathSpec spec, int chunk, double[] weightLevels, double weightTop, Func<double[], double[], double> dot,
        double[]? inputLevels = null, double? inputTop = null, (double W1, double A1, double W2, double A2)? peaks = null)
    {
        Tensor data = TinyNetwork.Samples(Samples);
        PreparedNetwork network = PreparedNetwork.Create(TinyNetwork.Graph(), EvaluationData.Of(data), null,
            Recipe.Default with { CalibrationSamples = Samples }, 2);
        AccuracyPlan plan = AccuracyPlan.Create(network, spec, Recipe.Default with { CalibrationSamples = Samples },
            _ => new ReductionOrder(chunk));
        AccuracyResult found = AccuracyEvaluator.Evaluate(plan, 2);

        float[][] images = [.. Enumerable.Range(0, Samples).Select(s => data.Floats[(s * 25)..((s + 1) * 25)])];
        float[][] reference = [.. images.Select(x => Float(x).Output)], hidden = [.. images.Select(x => Float(x).Hidden)];
        (double w1, double a1, double w2, double a2) = peaks ?? (weightTop, inputTop ?? weightTop, weightTop, inputTop ?? weightTop);
        Oracle first = new(weightLevels, w1, inputLevels ?? weightLevels, a1, dot),
            second = new(weightLevels, w2, inputLevels ?? weightLevels, a2, dot);
        float sx = first.InputScale(images.SelectMany(i => i)), sh = second.InputScale(hidden.SelectMany(h => h));
        double signal = 0, noise = 0;
        int agree = 0;
        for (int s = 0; s < Samples; s++)
        {
            float[] conv = new float[27];
            for (int o = 0; o < 3; o++)
                for (int p = 0; p < 9; p++)
                    conv[o * 9 + p] = Math.Max(0f,
                        first.Output(Window(images[s], p), TinyNetwork.ConvWeight[(o * 9)..(o * 9 + 9)], sx, TinyNetwork.ConvBias[o]));
            float[] y = [.. Enumerable.Range(0, 4)
                .Select(n => second.Output(conv, TinyNetwork.DenseWeight[(n * 27)..(n * 27 + 27)], sh, TinyNetwork.DenseBias[n]))];
            for (int n = 0; n < 4; n++) (signal, noise) = (signal + Square(reference[s][n]), noise
                + Square((double)y[n] - reference[s][n]));
            if (Array.IndexOf(y, y.Max()) == Array.IndexOf(reference[s], reference[s].Max())) agree++;
        }
        // The SQNR is a sum over every output: one output that differs in one bit of float32 moves it by far more than the tolerance.
        Assert.That(found.Totals.OutputSqnrDb, Is.EqualTo(10 * Math.Log10(signal / noise)).Within(1e-5));
        Assert.That(found.Totals.AgreementWithFloat, Is.EqualTo((double)agree / Samples));
        Assert.That(found.Layers.Keys, Is.EqualTo(new[] { "conv", "dense" }));
        Assert.That((found.Layers["conv"].Outputs, found.Layers["dense"].Outputs), Is.EqualTo((Samples * 27L, Samples * 4L)));
        Assert.That(found.Layers["conv"].EncodedInputs, Is.EqualTo(Samples * 25L));
    }

    private static double Square(double v) => v * v;

    private static float[] Window(float[] image, int pixel) => [.. Enumerable.Range(0, 9).Select(k =>
    {
        int y = pixel / 3 * 2 + k / 3 - 1, x = pixel % 3 * 2 + k % 3 - 1;
        return y is < 0 or > 4 || x is < 0 or > 4 ? 0f : image[y * 5 + x];
    })];

    private static (float[] Hidden, float[] Output) Float(float[] image)
    {
        float[] hidden = new float[27];
        for (int o = 0; o < 3; o++)
            for (int p = 0; p < 9; p++)
            {
                float[] window = Window(image, p);
                hidden[o * 9 + p] = (float)Math.Max(0, TinyNetwork.ConvBias[o] + Enumerable.Range(0, 9)
                    .Sum(k => (double)window[k] * TinyNetwork.ConvWeight[o * 9 + k]));
            }
        return (hidden, [.. Enumerable.Range(0, 4)
            .Select(n => (float)(TinyNetwork.DenseBias[n] + Enumerable.Range(0, 27)
            .Sum(k => (double)hidden[k] * TinyNetwork.DenseWeight[n * 27 + k])))]);
    }

    // OCP OFP8 v1.0 §5: sign, 4 exponent bits (bias 7), 3 fraction bits; S.1111.111 is NaN, left out.
    private static double[] E4M3() => [.. Enumerable.Range(0, 127).SelectMany(c =>
    {
        double v = c >> 3 == 0 ? (c & 7) * Math.ScaleB(1, -9) : (8 + (c & 7)) * Math.ScaleB(1, (c >> 3) - 10);
        return new[] { v, -v };
    }).Distinct()];

    private sealed class Oracle(double[] weightLevels, double weightTop, double[] inputLevels, double inputTop, Func<double[], double[],
        double> dot)
    {
        internal float InputScale(IEnumerable<float> values) => (float)(values.Max(Math.Abs) / inputTop);

        internal float Output(float[] x, float[] w, float inputScale, float bias)
        {
            float weightScale = (float)(w.Max(Math.Abs) / weightTop);
            double sum = dot([.. x.Select(v => Nearest(v / inputScale, inputLevels))],
                [.. w.Select(v => Nearest(v / weightScale, weightLevels))]);
            float scaled = (float)sum * (inputScale * weightScale);
            return scaled + bias;
        }

        // Ties go to the level with an even code: for these formats the one whose distance in steps from zero is even.
        private static double Nearest(float value, double[] levels)
        {
            double best = levels.Min(l => Math.Abs(l - value));
            double[] nearest = [.. levels.Where(l => Math.Abs(l - value) == best)];
            if (nearest.Length == 1) return nearest[0];
            double[] magnitudes = [.. levels.Select(Math.Abs).Distinct().Order()];
            return nearest.Length == 0 ? double.NaN : nearest.First(l => Array.IndexOf(magnitudes, Math.Abs(l)) % 2 == 0);
        }
    }
}
