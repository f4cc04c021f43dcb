using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Tests.DotUnits;

/// <summary>Promotion, Kahan's sum and approximate normalisation against oracles written from their formulas in exact arithmetic.</summary>
public sealed class LongAccumulatorTests
{
    private const int Dots = 400;

    private static readonly INumberFormat Fp16 = FormatCatalogue.Parse("fp16"), Bf16 = FormatCatalogue.Parse("bf16"),
        Fp32 = FormatCatalogue.Parse("fp32");

    [TestCase("fp16", 11, -14)]
    [TestCase("bf16", 8, -126)]
    [TestCase("fp32", 24, -126)]
    public void CompensatedAsKahan(string format, int precision, int least)
    {
        var spec = new DatapathSpec("kahan", Fp16, Fp16,
            new CompensatedAccumulator((FloatFormat)FormatCatalogue.Parse(format), RoundingMode.NearestEven, OverflowPolicy.Ieee));
        Dyadic R(Dyadic x) => x.ToFloat(precision, least);
        Compare(spec, (a, b) =>
        {
            Dyadic s = default, c = default;
            for (int i = 0; i < a.Length; i++)
            {
                Dyadic y = R(a[i] * b[i] - c), t = R(s + y);
                c = R(R(t - s) - y);
                s = t;
            }
            return s;
        });
    }

    [Test]
    public void PromotionAsTwoChains()
    {
        var spec = new DatapathSpec("promote", Fp16, Fp16,
            new PromotedAccumulator(new(Fp16, RoundingMode.NearestEven, OverflowPolicy.Ieee), 7,
            new(Fp32, RoundingMode.NearestEven, OverflowPolicy.Ieee)));
        Compare(spec, (a, b) =>
        {
            Dyadic outer = default, inner = default;
            for (int i = 0; i < a.Length; i++)
            {
                inner = (inner + a[i] * b[i]).ToFloat(11, -14);
                if (i % 7 != 6 && i != a.Length - 1) continue;
                outer = (outer + inner).ToFloat(24, -126);
                inner = default;
            }
            return outer;
        });
    }

    // The chip's own sums are proved elsewhere; binary32 additions are the processor's.
    [Test]
    public void PromotionOfATensorCore()
    {
        DatapathSpec chip = ChipProfiles.Find("h100_fp8")!.Datapath;
        DatapathSpec promoted = chip with
            { Accumulator = new PromotedAccumulator((FloatAccumulator)chip.Accumulator, 128,
            new(Fp32, RoundingMode.NearestEven, OverflowPolicy.Ieee)) };
        var random = new Random(128);
        GemmEvents events = default;
        int differ = 0;
        for (int dot = 0; dot < 100; dot++)
        {
            uint[] a = Codes(random, 400), b = Codes(random, 400);
            float sum = 0;
            for (int start = 0; start < a.Length; start += 128)
            {
                int length = Math.Min(128, a.Length - start);
                sum += BitConverter.UInt32BitsToSingle((uint)ReferenceKernel.Dot(chip, 0, a.AsSpan(start, length), b.AsSpan(start, length),
                    ref events));
            }
            Assert.That(ReferenceKernel.Dot(promoted, 0, a, b, ref events), Is.EqualTo(BitConverter.SingleToUInt32Bits(sum)));
            if (ReferenceKernel.Dot(chip, 0, a, b, ref events) != BitConverter.SingleToUInt32Bits(sum)) differ++;
        }
        Assert.That(differ, Is.GreaterThan(50), "promotion must matter");
        static uint[] Codes(Random random, int count) =>
            [.. Enumerable.Range(0, count).Select(_ => (uint)(random.Next(2) << 7 | random.Next(0x28, 0x48)))];
    }

    [Test]
    public void NormalisationAsItsFormula()
    {
        int specs = 0;
        foreach ((string register, int precision, int least) in new[] { ("bf16", 8, -126), ("fp16", 11, -14), ("fp32", 24, -126) })
        {
            foreach ((Normalization kind, int k, int lambda) in new[] { (Normalization.None, 0, 0), (Normalization.Full, 0, 0),
                (Normalization.Approximate, 1, 1), (Normalization.Approximate, 2, 2), (Normalization.Approximate, 3, 5) })
            {
                foreach ((int guard, RoundingMode mode) in new[]
                    { (0, RoundingMode.ToZero), (3, RoundingMode.ToZero), (5, RoundingMode.NearestEven) })
                {
                    var acc = new NormalizingAccumulator((FloatFormat)FormatCatalogue.Parse(register), kind, k, lambda, guard, mode);
                    foreach (INumberFormat operands in new[] { Fp16, Bf16 })
                        Compare(new DatapathSpec($"{acc}", operands, operands, acc),
                            (a, b) => Normalised(a, b, operands == Fp16 ? -14 : -126, acc, precision, least), 60);
                    specs++;
                }
            }
        }
        Assert.That(specs, Is.EqualTo(45));
    }

    // The step in values: units and thresholds are powers of two, shifts are moves of the top place.
    private static Dyadic Normalised(Dyadic[] a, Dyadic[] b, int operandLeast, NormalizingAccumulator acc, int precision, int least)
    {
        Dyadic sum = default;
        int top = 0;
        for (int i = 0; i < a.Length; i++)
        {
            Dyadic product = a[i] * b[i];
            if (product.Sign == 0) continue;
            int t = Math.Max(a[i].Binade, operandLeast) + Math.Max(b[i].Binade, operandLeast) + 1;
            if (sum.Sign != 0) t = Math.Max(t, top);
            int unit = t - (precision + acc.Guard) + 1;
            Dyadic y = sum.Round(unit, cut: true) + product.Round(unit, cut: true);
            if (y.Reaches(t + 1)) top = Math.Max(t + 1, least);
            else
            {
                int shift = acc.Normalization switch
                {
                    _ when y.Sign == 0 => 0,
                    Normalization.None => 0,
                    Normalization.Full => t - y.Binade,
                    _ => y.Reaches(t - acc.K + 1) ? 0 : y.Reaches(t - acc.K - acc.Lambda + 1) ? acc.K : acc.K + acc.Lambda,
                };
                top = t < least ? least : Math.Max(t - shift, least);
            }
            sum = y.Round(top - precision + 1, acc.Rounding == RoundingMode.ToZero);
            if (sum.Reaches(top + 1)) top++;
        }
        return sum;
    }

    [Test]
    public void FullNormalisationWithRoomIsAnOrdinaryAccumulator()
    {
        var ordinary = new DatapathSpec("float", Bf16, Bf16, new FloatAccumulator(Bf16, RoundingMode.NearestEven, OverflowPolicy.Ieee));
        DatapathSpec wide = ordinary with
            { Accumulator = new NormalizingAccumulator((FloatFormat)Bf16, Normalization.Full, 0, 0, 40, RoundingMode.NearestEven) };
        var random = new Random(40);
        GemmEvents events = default;
        for (int dot = 0; dot < Dots; dot++)
        {
            uint[] a = Codes(Bf16, random, 30), b = Codes(Bf16, random, 30);
            Assert.That(ReferenceKernel.Dot(wide, 0x3f80, a, b, ref events),
                Is.EqualTo(ReferenceKernel.Dot(ordinary, 0x3f80, a, b, ref events)));
        }
    }

    [TestCase("fp16", 0x7bffu, 0x7c00u)]
    [TestCase("fp16", 0x7c00u, 0x7c00u)]
    [TestCase("fp16", 0xfc00u, 0xfe00u)]
    public void SpecialsStay(string format, uint start, uint expected)
    {
        var acc = new NormalizingAccumulator((FloatFormat)FormatCatalogue.Parse(format), Normalization.Approximate, 2, 2, 3,
            RoundingMode.ToZero);
        GemmEvents events = default;
        uint other = start == 0xfc00 ? 0x7c00u : 0x7bffu;
        long found = ReferenceKernel.Dot(new DatapathSpec("an", Fp16, Fp16, acc), start, [other, 0x3c00], [0x3c00, 0x3c00], ref events);
        Assert.That(found, Is.EqualTo(expected));
    }

    private static void Compare(DatapathSpec spec, Func<Dyadic[], Dyadic[], Dyadic> oracle, int dots = Dots)
    {
        var random = new Random(1965);
        INumberFormat register = spec.Accumulator.ResultFormat!;
        GemmEvents events = default;
        for (int dot = 0; dot < dots; dot++)
        {
            uint[] a = Codes(spec.Activation, random, dot % 50 + 1), b = Codes(spec.Weight, random, dot % 50 + 1);
            double expected = oracle(Values(spec.Activation, a), Values(spec.Weight, b)).ToDouble();
            double found = register.Decode((uint)ReferenceKernel.Dot(spec, 0, a, b, ref events)).ToDouble();
            Assert.That(found, Is.EqualTo(expected), $"{spec.Name}, dot {dot}");
        }
    }

    // Normally distributed, some far smaller, some zero, some subnormal: sums cancel and align over many places.
    private static uint[] Codes(INumberFormat format, Random random, int count) => [.. Enumerable.Range(0, count).Select(_ =>
    {
        double value = (random.NextDouble() * 4 - 2) * Math.ScaleB(1, random.Next(3) == 0 ? -random.Next(20) : 0);
        if (random.Next(10) == 0) value = 0;
        uint half = BitConverter.HalfToUInt16Bits((Half)value);
        return format == Fp16 ? half : BitConverter.SingleToUInt32Bits((float)(Half)value) >> 16;
    })];

    private static Dyadic[] Values(INumberFormat format, uint[] codes) =>
        [.. codes.Select(c => Dyadic.Of(format == Fp16 ? (double)BitConverter.UInt16BitsToHalf((ushort)c)
            : BitConverter.UInt32BitsToSingle(c << 16)))];
}
