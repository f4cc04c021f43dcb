using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;

namespace Sim.Datapath.Tests.Blocks;

/// <summary>
/// Scales of least error against a search of our own: the numbers of an element as written in OCP MX v1.0 §5.3 (E2M1: 0, 0.5, 1, 1.5, 2, 3,
/// 4, 6; INT8: n/64), scales as 2^(code − 127) or the E4M3 table built from its definition, elements by the nearest number, all in double.
/// </summary>
public sealed class LeastErrorScaleTests
{
    private static readonly double[] E2M1 = [0, 0.5, 1, 1.5, 2, 3, 4, 6];
    private static readonly double[] E4M3 = [.. Enumerable.Range(0, 127).Select(c => c < 8 ? c / 512.0 : (8 + c % 8) * Math.Pow(2,
        c / 8 - 10))];

    private static double Power(int code) => Math.Pow(2, code - 127);

    [TestCase("mxfp4", 32)]
    [TestCase("mxint8", 32)]
    [TestCase("mxfp4_b5", 5)]
    [TestCase("mxfp4_rceil", 32)]
    public void Powers_of_two_are_the_best_of_three(string name, int size)
    {
        bool isInt = name == "mxint8";
        BlockFormat format = BlockCatalogue.Parse(name);
        double largest = isInt ? 127 / 64.0 : 6, top = isInt ? 1 : 4;
        int blocks = 0, moved = 0;
        foreach (float[] row in Rows(size, 600))
        {
            double amax = row.Max(v => Math.Abs((double)v));
            int floor = 127 + (int)Math.Floor(Math.Log2(amax)) - (int)Math.Log2(top), rule = floor;
            if (name.EndsWith("rceil", StringComparison.Ordinal))
                for (rule = 0; amax > largest * Power(rule); rule++) { }
            int best = Best(row, [rule + 1, rule, rule - 1], c => Power(c),
                (v, s) => isInt ? Math.Clamp(Math.Round(v / s * 64, MidpointRounding.ToEven), -128, 127) / 64 : Nearest(v / s));
            Check(format, row, 0, best, rule, ref blocks, ref moved);
        }
        Assert.That(blocks, Is.EqualTo(600));
        Assert.That(moved, Is.GreaterThan(20), "blocks whose scale is not the rule's");
    }

    [TestCase("nvfp4")]
    [TestCase("nvfp4_te")]
    public void Scales_with_a_fraction_are_the_best_of_all(string name)
    {
        BlockFormat format = BlockCatalogue.Parse(name);
        int blocks = 0, moved = 0, code = 0;
        foreach (float[] row in Rows(16, 400))
        {
            float amax = row.Max(MathF.Abs) * (blocks % 3 == 0 ? 1 : 3.7f);
            double tensor = name == "nvfp4" ? (float)(amax / (6.0 * 448)) : 1 / MathF.Min(6f * 448 / amax, float.MaxValue);
            double unit = E4M3.MinBy(s => Math.Abs(s - row.Max(v => Math.Abs((double)v)) / 6 / tensor));
            // The whole scale format, not a window: what lies outside must never be better.
            int best = Best(row, [.. Enumerable.Range(1, 126).Reverse()], c => E4M3[c] * tensor,
                (v, s) => Nearest(name == "nvfp4" ? v / s : (float)v * Reciprocal((float)(s / tensor), tensor)));
            code = Array.IndexOf(E4M3, unit);
            Check(format, row, amax, best, code, ref blocks, ref moved);
        }
        Assert.That(blocks, Is.EqualTo(400));
        Assert.That(moved, Is.GreaterThan(200));
    }

    [TestCase("mxfp4", RoundingMode.ToZero), TestCase("nvfp4", RoundingMode.Stochastic), TestCase("mxfp6_e2m3", RoundingMode.Up)]
    [TestCase("qrazor4_int8", RoundingMode.NearestEven), TestCase("bfp8", RoundingMode.NearestEven), TestCase("fp4_ue5m3",
        RoundingMode.NearestEven)]
    public void The_elements_are_rounded_as_asked_under_a_scale_that_is_never_worse(string name, RoundingMode mode)
    {
        BlockFormat format = BlockCatalogue.Parse(name);
        var rounding = mode == RoundingMode.Stochastic ? new ElementRounding(new Rounding(mode) with { RandomBits = 8 }, e => (uint)e * 77)
            : new ElementRounding(new Rounding(mode));
        int rows = 0, lower = 0;
        foreach (float[] row in Rows(2 * format.Size, 100))
        {
            float amax = row.Max(MathF.Abs);
            uint[] scales = new uint[2], codes = new uint[row.Length], ruled = new uint[row.Length], ruleScales = new uint[2],
                again = new uint[row.Length];
            BlockEvents events = default, others = default;
            BlockQuantizer.For(format, rounding.Rounding, ScaleSearch.LeastError).EncodeRow(row, amax, rounding, scales, codes, ref events);
            BlockQuantizer.For(format, Rounding.NearestEven, ScaleSearch.LeastError).EncodeRow(row, amax, ruleScales, again, ref others);
            Assert.That(scales, Is.EqualTo(ruleScales), "the scale does not depend on the rounding of elements");
            BlockQuantizer.For(format, Rounding.NearestEven).EncodeRow(row, amax, ruleScales, ruled, ref others);
            double found = Error(format, row, scales, again, amax), rule = Error(format, row, ruleScales, ruled, amax);
            Assert.That(found, Is.LessThanOrEqualTo(rule));
            if (found < rule) lower++;
            for (int b = 0; b < 2; b++)
                for (int i = b * format.Size; i < (b + 1) * format.Size && format.Base is null; i++)
                {
                    double x = row[i], s = format.Scale.Decode(scales[b]).ToDouble() * format.TensorScale(amax),
                        v = format.Element.Decode(codes[i]).ToDouble() * s, limit = format.Element.Maximum.ToDouble() * s;
                    if (mode == RoundingMode.ToZero) Assert.That(Math.Abs(v), Is.LessThanOrEqualTo(Math.Abs(x)));
                    if (mode == RoundingMode.Up && x < limit) Assert.That(v, Is.GreaterThanOrEqualTo(x));
                }
            rows++;
        }
        Assert.That(rows, Is.EqualTo(100));
        Assert.That(lower, Is.GreaterThan(name == "bfp8" ? 0 : 10));
    }

    [Test]
    public void Zeros_and_not_finite_blocks_keep_the_rule()
    {
        BlockFormat format = BlockCatalogue.Parse("mxfp4_b4");
        float[] row = [0, -0f, 0, 0, 1, float.NaN, 2, 3, 1, 2, float.PositiveInfinity, 0];
        uint[] scales = new uint[3], codes = new uint[12], ruleScales = new uint[3], ruleCodes = new uint[12];
        BlockEvents events = default, expected = default;
        BlockQuantizer.For(format, Rounding.NearestEven, ScaleSearch.LeastError).EncodeRow(row, 0, scales, codes, ref events);
        BlockQuantizer.For(format, Rounding.NearestEven).EncodeRow(row, 0, ruleScales, ruleCodes, ref expected);
        Assert.That(scales, Is.EqualTo(ruleScales));
        Assert.That(codes, Is.EqualTo(ruleCodes));
        Assert.That(events, Is.EqualTo(expected));
    }

    [Test]
    public void Scale_formats_with_too_many_numbers_are_refused()
    {
        BlockFormat format = BlockCatalogue.Parse("nvfp4") with { Scale = FormatCatalogue.Parse("fp16") };
        Assert.That(BlockQuantizer.RefusesSearch(format), Does.Contain("fp16"));
        Assert.That(BlockQuantizer.RefusesSearch(format with { Scale = FormatCatalogue.Parse("bf16") }), Is.Null);
    }

    private static void Check(BlockFormat format, float[] row, float amax, int best, int rule, ref int blocks, ref int moved)
    {
        uint[] scales = new uint[1], codes = new uint[row.Length];
        BlockEvents events = default;
        BlockQuantizer.For(format, Rounding.NearestEven, ScaleSearch.LeastError).EncodeRow(row, amax, scales, codes, ref events);
        Assert.That(scales[0], Is.EqualTo((uint)best), $"block {blocks} of {format.Name}");
        BlockEvents expected = default;
        uint[] under = new uint[row.Length];
        Assert.That(events.Blocks, Is.EqualTo(1));
        if (best == rule)
        {
            format.Encode(row, amax, Rounding.NearestEven, under, ref expected);
            Assert.That(codes, Is.EqualTo(under));
            Assert.That(events, Is.EqualTo(expected));
        }
        blocks++;
        if (best != rule) moved++;
    }

    // From the largest scale down, so that of equal errors the larger stays.
    private static int Best(float[] row, int[] descending, Func<int, double> scale, Func<double, double, double> element)
    {
        (int best, double least) = (-1, double.PositiveInfinity);
        foreach (int code in descending)
        {
            double s = scale(code), sum = 0;
            foreach (float v in row)
            {
                double error = v - element(v, s) * s;
                sum += error * error;
            }
            if (sum < least) (best, least) = (code, sum);
        }
        return best;
    }

    // TransformerEngine's order: the reciprocal of scale times tensor scale, each operation rounded to binary32.
    private static float Reciprocal(float scale, double tensor) => MathF.Min(1 / (scale * (float)tensor), float.MaxValue);

    // Ties to the even code, which is the even index.
    private static double Nearest(double x)
    {
        double m = Math.Abs(x);
        int best = 0;
        for (int i = 1; i < E2M1.Length; i++)
        {
            double now = Math.Abs(E2M1[i] - m), before = Math.Abs(E2M1[best] - m);
            if (now < before || now == before && i % 2 == 0) best = i;
        }
        return x < 0 ? -E2M1[best] : E2M1[best];
    }

    private static double Error(BlockFormat format, float[] row, uint[] scales, uint[] codes, float amax)
    {
        double total = 0;
        for (int b = 0; b < scales.Length; b++)
        {
            double sum = 0, scale = format.Scale.Decode(scales[b]).ToDouble() * format.TensorScale(amax);
            for (int i = b * format.Size; i < (b + 1) * format.Size; i++) sum += Math.Pow(row[i] - format.Element.Decode(codes[i]).ToDouble() * scale, 2);
            total += sum;
        }
        return total;
    }

    private static IEnumerable<float[]> Rows(int size, int count)
    {
        var random = new Random(33);
        for (int r = 0; r < count; r++)
        {
            float common = MathF.ScaleB(1, random.Next(-12, 12));
            // Bell-shaped, flat, few-bit numbers with ties, and an outlier.
            yield return [.. Enumerable.Range(0, size).Select(i => common * (r % 4) switch
            {
                0 => (float)(random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5),
                1 => (float)(random.NextDouble() * 2 - 1),
                2 => random.Next(-12, 13) / 4f + (i == 0 ? 7 : 0),
                _ => (float)(random.NextDouble() - 0.5) * (i == 0 ? 40 : 1) + (i == 0 ? 1 : 0),
            })];
        }
    }
}
