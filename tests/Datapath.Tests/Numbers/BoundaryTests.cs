using Sim.Datapath.Formats;
using Sim.Tests;

namespace Sim.Datapath.Tests.Numbers;

/// <summary>Every value, every midpoint and the nearest binary64 numbers beside them, in every mode and policy: what the grid of a wider
/// format shows.</summary>
public sealed class BoundaryTests
{
    private static readonly string[] Names =
    [
        "e2m1", "e2m3", "e3m2", "e4m3", "e5m2", "e4m3fnuz", "e5m2fnuz", "e4m3b11fnuz", "e3m4", "e4m3_ieee", "bf16", "fp16",
        "e2m5_finite", "e6m1_ieee", "e3m3_fn", "e5m4b10fnuz", "e4m7",
    ];

    private static readonly RoundingMode[] Modes = [.. Enum.GetValues<RoundingMode>().Where(m => m != RoundingMode.Stochastic)];

    [TestCaseSource(nameof(Names))]
    public void RoundsToTheNeighbourThatTheModeNames(string name)
    {
        var format = (FloatFormat)FormatCatalogue.Parse(name);
        var oracle = new NeighbourOracle(format);
        List<string> wrong = [];
        long checks = 0;
        // 16-bit formats take every mode at every 7th interval and every interval in one mode; shorter ones take all.
        int stride = format.Bits > 10 ? 7 : 1;
        for (int i = 0; i <= oracle.Magnitudes.Length; i++)
        {
            double below = i < oracle.Magnitudes.Length ? oracle.Magnitudes[i] : oracle.Beyond;
            double above = i + 1 < oracle.Magnitudes.Length ? oracle.Magnitudes[i + 1] : i + 1 == oracle.Magnitudes.Length ? oracle.Beyond
                : 2 * oracle.Beyond;
            double middle = below + (above - below) / 2;
            double[] inputs = [below, Math.BitIncrement(below), below + (above - below) / 4, Math.BitDecrement(middle), middle,
                Math.BitIncrement(middle), Math.BitDecrement(above)];
            bool all = i % stride == 0 || i >= oracle.Magnitudes.Length - 2;
            foreach (double input in inputs)
                foreach (double x in new[] { input, -input })
                    foreach (RoundingMode mode in all ? Modes : [RoundingMode.NearestEven])
                        foreach (OverflowPolicy policy in i >= oracle.Magnitudes.Length - 2 ? Enum.GetValues<OverflowPolicy>()
                            : [OverflowPolicy.Ieee])
                        {
                            checks++;
                            (uint expected, bool overflow) = oracle.Round(x, mode, policy);
                            uint actual = format.Encode(Exact.FromDouble(x), new Rounding(mode, policy), out RoundingFlags flags);
                            bool changed = overflow || format.Decode(expected).ToDouble() != x;
                            bool flagsGood = changed == ((flags & RoundingFlags.Inexact) != 0)
                                && overflow == ((flags & RoundingFlags.Overflow) != 0)
                                && ((flags & RoundingFlags.Underflow) == 0 || changed && Math.Abs(x) < format.MinimumNormal.ToDouble());
                            if (expected != actual || !flagsGood) wrong.Add($"{x:R} {mode} {policy} gave {actual:x} {flags}, not {expected:x}");
                        }
        }
        GoldenRows.Report(name, checks, 2 * 7 * 6 * (1 << Math.Min(format.Bits, 10) - 1) / 2, wrong);
    }

    /// <summary>Of the 2^n random integers, exactly floor(δ·2^n) round up.</summary>
    [Test]
    public void StochasticRoundsUpAsOftenAsTheFractionSays([Values("e2m1", "e4m3", "bf16", "q4.4")] string name, [Values(1, 3, 8)] int bits)
    {
        INumberFormat format = FormatCatalogue.Parse(name);
        double low = format.Decode(3).ToDouble(), high = format.Decode(4).ToDouble();
        for (int k = 0; k <= 64; k++)
        {
            var value = Exact.FromDouble(low + (high - low) * k / 64);
            int ups = Enumerable.Range(0, 1 << bits)
                .Count(r => format.Encode(value, new Rounding(RoundingMode.Stochastic, default, bits, (uint)r), out _) == 4);
            Assert.That(ups, Is.EqualTo((k << bits) / 64), $"δ = {k}/64");
        }
    }

    [Test]
    public void ARandomIntegerOfMoreBitsIsABug() =>
        Assert.That(() => FormatCatalogue.Parse("e2m1")
            .Encode(Exact.FromDouble(1.1), new Rounding(RoundingMode.Stochastic, default, 3, 8), out _),
            Throws.InstanceOf<ArgumentOutOfRangeException>());

    [Test]
    public void FlushedFormatsHaveNothingBelowTheSmallestNormal([Values("e4m3_ftz", "fp16_ftz", "e5m2fnuz_ftz")] string name)
    {
        var format = (FloatFormat)FormatCatalogue.Parse(name);
        var kept = (FloatFormat)FormatCatalogue.Parse(name.Replace("_ftz", "", StringComparison.Ordinal));
        double normal = format.MinimumNormal.ToDouble();
        int checks = 0;
        for (uint code = 0; code <= kept.MaximumCode; code++)
        {
            double value = kept.Decode(code).ToDouble();
            Assert.That(format.Decode(code).ToDouble(), Is.EqualTo(value < normal ? 0 : value));
            uint encoded = format.Encode(Exact.FromDouble(value), Rounding.NearestEven, out RoundingFlags flags);
            Assert.That((encoded, (flags & RoundingFlags.Underflow) != 0),
                Is.EqualTo((value < normal ? 0u : code, value != 0 && value < normal)));
            checks++;
        }
        Assert.That(checks, Is.GreaterThan(100));
        // Just below the smallest normal: rounded to full precision it is the smallest normal, so it is not tiny (tininess after rounding).
        Assert.That(format.Encode(Exact.FromDouble(Math.BitDecrement(normal)), Rounding.NearestEven, out _),
            Is.EqualTo(1u << format.FractionBits));
    }
}
