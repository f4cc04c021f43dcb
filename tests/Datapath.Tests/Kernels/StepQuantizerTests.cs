using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;

namespace Sim.Datapath.Tests.Kernels;

/// <summary>Lane encoders of every family give the format's own codes and overflows, at and beside every place where its code
/// changes.</summary>
[TestFixture]
internal sealed class StepQuantizerTests
{
    private static readonly (string Format, RoundingMode Mode)[] Cases =
    [
        ("posit8_0", RoundingMode.NearestEven), ("posit8_1", RoundingMode.NearestEven), ("posit8_2", RoundingMode.NearestEven),
            ("posit6_1", RoundingMode.NearestEven),
        ("posit16_1", RoundingMode.NearestEven), ("posit16_2", RoundingMode.NearestEven), ("posit8_2", RoundingMode.ToZero),
        ("hif8", RoundingMode.NearestAway), ("hif8", RoundingMode.NearestEven), ("lns8_3", RoundingMode.NearestEven),
            ("lns6_2", RoundingMode.NearestEven),
        ("nf4", RoundingMode.NearestEven), ("fp4_bnb", RoundingMode.NearestEven), ("ternary", RoundingMode.NearestEven),
            ("binary", RoundingMode.NearestEven),
        ("po2_4", RoundingMode.NearestEven), ("apot_4_1", RoundingMode.NearestEven), ("e8m0", RoundingMode.NearestEven),
            ("ue4m3", RoundingMode.NearestEven),
        ("ue5m3", RoundingMode.NearestEven), ("ue4m3", RoundingMode.Up), ("p3109_k8p3se", RoundingMode.NearestEven),
            ("p3109_k8p4sf", RoundingMode.NearestEven),
        ("p3109_k6p3ue", RoundingMode.NearestEven), ("sm2.4", RoundingMode.NearestEven), ("e4m3", RoundingMode.NearestAway),
            ("e5m2", RoundingMode.ToZero),
        ("e3m2", RoundingMode.ToOdd), ("e2m1", RoundingMode.Up), ("fp16", RoundingMode.ToZero), ("po2_8", RoundingMode.NearestEven),
            ("apot_5_2", RoundingMode.NearestEven), ("p3109_k8p1se", RoundingMode.NearestEven),
    ];

    private static IEnumerable<TestCaseData> Formats() =>
        Cases.Select(c => new TestCaseData(c.Format, c.Mode).SetArgDisplayNames(c.Format, c.Mode.ToString()));

    [TestCaseSource(nameof(Formats))]
    public void Encodes_like_the_format(string name, RoundingMode mode)
    {
        INumberFormat format = FormatCatalogue.Parse(name);
        foreach (OverflowPolicy overflow in Enum.GetValues<OverflowPolicy>())
        {
            var rounding = new Rounding(mode, overflow);
            var quantizer = Quantizer.For(format, rounding);
            Assert.That(quantizer.GetType().Name, Does.StartWith("StepQuantizer"), $"{name} {mode} {overflow} runs in lanes");
            (float Value, uint Code, bool Overflows)[] cases = [.. Boundaries(format, rounding)];
            Assert.That(cases, Has.Length.GreaterThanOrEqualTo(130_000));
            float[] values = [.. cases.Select(c => c.Value)];
            var codes = new uint[values.Length];
            long saturated = quantizer.Encode(values, 1, 0, codes);
            for (int i = 0; i < codes.Length; i++)
                if (codes[i] != cases[i].Code) Assert.Fail($"{name} {rounding}: {BitConverter.SingleToUInt32Bits(values[i]):x8} became {codes[i]:x}, the format says {cases[i].Code:x}");
            Assert.That(saturated, Is.EqualTo(cases.Count(c => c.Overflows)), $"{name} {rounding}");
            if (format.Bits > 8) continue;
            var bytes = new byte[values.Length];
            Assert.That(quantizer.Encode(values, 1, 0, bytes), Is.EqualTo(saturated));
            Assert.That(bytes.Select(b => (uint)b), Is.EqualTo(codes));
        }
    }

    [TestCase("posit8_2"), TestCase("nf4"), TestCase("lns8_3"), TestCase("hif8")]
    public void Tails_and_scales_agree_with_single_numbers(string name)
    {
        INumberFormat format = FormatCatalogue.Parse(name);
        var rounding = new Rounding(name == "hif8" ? RoundingMode.NearestAway : RoundingMode.NearestEven, OverflowPolicy.Saturate);
        var quantizer = Quantizer.For(format, rounding);
        var random = new Random(12);
        int cases = 0;
        for (int length = 0; length < 140; length++)
        {
            float scale = (float)(0.01 + random.NextDouble());
            float[] values = [.. Enumerable.Range(0, length).Select(_ => (float)(random.NextDouble() * 4 - 2))];
            var codes = new uint[length];
            quantizer.Encode(values, scale, 0, codes);
            for (int i = 0; i < length; i++, cases++) Assert.That(codes[i],
                Is.EqualTo(format.Encode(Exact.FromDouble(values[i] / scale), rounding, out _)));
        }
        Assert.That(cases, Is.GreaterThanOrEqualTo(9_000));
    }

    // Both ends of every run of 2^16 patterns, and where the two ends have other codes or flags, the places between where they change: by
    // bisection, which finds one place a run and division; runs are divided until halves agree.
    private static IEnumerable<(float Value, uint Code, bool Overflows)> Boundaries(INumberFormat format, Rounding rounding)
    {
        var found = new List<(float, uint, bool)>();
        for (uint high = 0; high < 1u << 16; high++)
        {
            (uint first, uint last) = (high << 16, high << 16 | 0xFFFF);
            (uint, bool) low = Of(first), top = Of(last);
            Add(first, low);
            Add(last, top);
            if (float.IsFinite(BitConverter.UInt32BitsToSingle(first))) Divide(first, low, last, top);
        }
        return found;

        (uint Code, bool Overflows) Of(uint bits)
        {
            uint code = format.Encode(Exact.FromDouble(BitConverter.UInt32BitsToSingle(bits)), rounding, out RoundingFlags flags);
            return (code, flags.HasFlag(RoundingFlags.Overflow));
        }

        void Add(uint bits, (uint Code, bool Overflows) outcome) =>
            found.Add((BitConverter.UInt32BitsToSingle(bits), outcome.Code, outcome.Overflows));

        void Divide(uint first, (uint, bool) low, uint last, (uint, bool) top)
        {
            if (low == top) return;
            if (last == first + 1)
            {
                Add(first, low);
                Add(last, top);
                return;
            }
            uint middle = first + (last - first) / 2;
            (uint, bool) between = Of(middle);
            Divide(first, low, middle, between);
            Divide(middle, between, last, top);
        }
    }
}
