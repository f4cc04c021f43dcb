using System.Numerics;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Tests.Kernels;

/// <summary>The Reference kernel against arithmetic of other origin (BigInteger, long, the machine's own float) and against hand-worked
/// cases.</summary>
public sealed class ReferenceKernelTests
{
    private static readonly FixedFormat Int8 = (FixedFormat)FormatCatalogue.Parse("int8"),
        Uint8 = (FixedFormat)FormatCatalogue.Parse("uint8");
    private static readonly INumberFormat E4M3 = FormatCatalogue.Parse("e4m3"), Fp16 = FormatCatalogue.Parse("fp16"),
        Fp32 = FormatCatalogue.Parse("fp32");

    [Test]
    public void IntegerChainsWrapOrSaturateAtEveryStep([Values(8, 12, 17, 32, 64)] int bits, [Values] RegisterOverflow overflow,
        [Values(0, 5, 16, 100)] int chunk)
    {
        var random = new Random(bits * 7 + chunk);
        const int m = 3, n = 4, k = 33;
        uint[] a = Codes(random, m * k, 8), b = Codes(random, n * k, 8);
        int[] zeroB = [0, 3, -7, 120];
        const int zeroA = 131;
        var results = new long[m * n];
        GemmEvents events = default;
        var spec = new DatapathSpec("", Int8, Uint8, new IntegerAccumulator(bits, overflow));
        new ReferenceKernel().Run(spec, new ReductionOrder(chunk),
            new GemmOperands { M = m, N = n, K = k, A = a, B = b, ZeroPointA = zeroA, ZeroPointsB = zeroB }, results, ref events);
        long overflowed = 0;
        BigInteger top = BigInteger.One << bits - 1;
        for (int o = 0; o < m * n; o++)
        {
            bool outside = false;
            BigInteger Step(BigInteger sum)
            {
                if (sum >= -top && sum < top) return sum;
                outside = true;
                if (overflow == RegisterOverflow.Saturate) return sum.Sign < 0 ? -top : top - 1;
                BigInteger modulo = ((sum + top) % (2 * top) + 2 * top) % (2 * top);
                return modulo - top;
            }
            BigInteger? total = null;
            for (int start = 0; start < k; start += chunk == 0 ? k : chunk)
            {
                BigInteger part = 0;
                for (int i = start; i < Math.Min(k, chunk == 0 ? k : start + chunk); i++)
                    part = Step(part + ((int)a[o / n * k + i] - zeroA) * (unchecked((sbyte)b[o % n * k + i]) - zeroB[o % n]));
                total = total is null ? part : Step(total.Value + part);
            }
            Assert.That((BigInteger)results[o], Is.EqualTo(total), $"output {o}");
            if (outside) overflowed++;
        }
        Assert.That(events, Is.EqualTo(new GemmEvents { Outputs = m * n, OverflowedOutputs = overflowed }));
    }

    [Test]
    public void FloatChainsEqualTheMachines([Values(0, 7, 16)] int chunk)
    {
        var random = new Random(chunk);
        const int k = 50;
        for (int trial = 0; trial < 200; trial++)
        {
            float[] x = [.. Enumerable.Range(0, k)
                .Select(_ => (float)(random.NextDouble() - 0.5) * MathF.Exp((float)random.NextDouble() * 40 - 20))];
            float[] y = [.. Enumerable.Range(0, k).Select(_ => (float)(random.NextDouble() - 0.5))];
            uint[] a = [.. x.Select(BitConverter.SingleToUInt32Bits)], b = [.. y.Select(BitConverter.SingleToUInt32Bits)];
            float fused = 0, separate = 0;
            for (int start = 0; start < k; start += chunk == 0 ? k : chunk)
            {
                float f = 0, s = 0;
                for (int i = start; i < Math.Min(k, chunk == 0 ? k : start + chunk); i++)
                {
                    f = MathF.FusedMultiplyAdd(x[i], y[i], f);
                    float product = x[i] * y[i];
                    s += product;
                }
                (fused, separate) = start == 0 ? (f, s) : (fused + f, separate + s);
            }
            Assert.That(One(new FloatAccumulator(Fp32, RoundingMode.NearestEven, OverflowPolicy.Ieee), Fp32, a, b, chunk),
                Is.EqualTo(BitConverter.SingleToUInt32Bits(fused)));
            Assert.That(One(new FloatAccumulator(Fp32, RoundingMode.NearestEven, OverflowPolicy.Ieee, Fp32), Fp32, a, b, chunk),
                Is.EqualTo(BitConverter.SingleToUInt32Bits(separate)));
        }
    }

    /// <summary>Sums of e4m3 products are multiples of 2^-18 below 2^24, so binary64 adds them without error, and the hardware rounds them
    /// once.</summary>
    [Test]
    public void ExactSumsRoundOnce([Values(0, 9)] int chunk)
    {
        var random = new Random(5);
        for (int trial = 0; trial < 500; trial++)
        {
            uint[] a = Finite(random, 40), b = Finite(random, 40);
            double sum = 0;
            for (int i = 0; i < a.Length; i++) sum += E4M3.Decode(a[i]).ToDouble() * E4M3.Decode(b[i]).ToDouble();
            var accumulator = new ExactAccumulator(Fp16, RoundingMode.NearestEven, OverflowPolicy.Ieee);
            Assert.That(One(accumulator, E4M3, a, b, chunk), Is.EqualTo(BitConverter.HalfToUInt16Bits((Half)(sum == 0 ? 0.0 : sum))));
        }
    }

    [TestCase(RoundingMode.ToZero, RegisterOverflow.Wrap)]
    [TestCase(RoundingMode.NearestEven, RegisterOverflow.Saturate)]
    [TestCase(RoundingMode.Down, RegisterOverflow.Wrap)]
    [TestCase(RoundingMode.Up, RegisterOverflow.Saturate)]
    public void FixedChainsRoundEachProductToTheGrid(RoundingMode mode, RegisterOverflow overflow)
    {
        var random = new Random(6);
        for (int trial = 0; trial < 300; trial++)
        {
            uint[] a = Finite(random, 20), b = Finite(random, 20);
            long register = 0;
            for (int i = 0; i < a.Length; i++)
            {
                double product = E4M3.Decode(a[i]).ToDouble() * E4M3.Decode(b[i]).ToDouble() * 64;
                long sum = register + (long)(mode switch
                {
                    RoundingMode.ToZero => Math.Truncate(product),
                    RoundingMode.Down => Math.Floor(product),
                    RoundingMode.Up => Math.Ceiling(product),
                    _ => Math.Round(product, MidpointRounding.ToEven),
                });
                register = overflow == RegisterOverflow.Saturate ? Math.Clamp(sum, -(1L << 19), (1L << 19) - 1) : sum << 44 >> 44;
            }
            Assert.That(One(new FixedAccumulator(20, 6, overflow, mode), E4M3, a, b, 0), Is.EqualTo(register));
        }
    }

    [Test]
    public void SpecialsAreCountedAndNeverLost()
    {
        uint inf = 0x7c00, one = 0x3c00, minusInf = 0xfc00, zero = 0, nan = 0x7e00;
        var wide = new ExactAccumulator(Fp16, RoundingMode.NearestEven, OverflowPolicy.Ieee);
        var step = new FloatAccumulator(Fp16, RoundingMode.NearestEven, OverflowPolicy.Ieee);
        var register = new FixedAccumulator(16, 4, RegisterOverflow.Saturate, RoundingMode.NearestEven);
        foreach (AccumulatorSpec accumulator in new AccumulatorSpec[] { wide, step })
        {
            Assert.That(Dot(accumulator, [inf, one], [one, one]), Is.EqualTo((0x7c00L, 0, 0)));
            Assert.That(Dot(accumulator, [inf, minusInf], [one, one]), Is.EqualTo((0xfe00L, 0, 1)));
            Assert.That(Dot(accumulator, [inf], [zero]), Is.EqualTo((0xfe00L, 0, 1)));
            Assert.That(Dot(accumulator, [nan, one], [one, one]), Is.EqualTo((0xfe00L, 0, 1)));
            Assert.That(Dot(accumulator, [0x7bff], [0x4000]), Is.EqualTo((0x7c00L, 1, 0)));
        }
        Assert.That(Dot(register, [inf, one], [one, one]), Is.EqualTo((32767L, 1, 0)));
        Assert.That(Dot(register, [nan, one], [one, one]), Is.EqualTo((16L, 0, 1)));
        Assert.That(Dot(register, [0x7bff], [one]), Is.EqualTo((32767L, 1, 0)));
        // The wide register forgets nothing: 65504² - 65504² + 2^-48 is 2^-48, which binary16 rounds to zero and binary32 keeps.
        Assert.That(Dot(wide with { Output = Fp32 }, [0x7bff, 0xfbff, 1], [0x7bff, 0x7bff, 1]),
            Is.EqualTo((BitConverter.SingleToUInt32Bits(MathF.ScaleB(1, -48)), 0, 0)));
    }

    [Test]
    public void RefusesDatapathsWithoutAMeaning()
    {
        var kernel = new ReferenceKernel();
        Assert.Multiple(() =>
        {
            Assert.That(kernel.Refuses(new("", E4M3, Int8, new IntegerAccumulator(32, RegisterOverflow.Wrap)), default, 4),
                Does.Contain("integer operands"));
            Assert.That(kernel.Refuses(new("", Int8, Int8, new IntegerAccumulator(65, RegisterOverflow.Wrap)), default, 4),
                Does.Contain("2 to 64 bits"));
            Assert.That(kernel.Refuses(new("", E4M3, E4M3, new FloatAccumulator(Fp16, RoundingMode.Stochastic, default)), default, 4),
                Does.Contain("random bits"));
            Assert.That(kernel.Refuses(new("", Int8, Int8, new IntegerAccumulator(8, RegisterOverflow.Wrap)), default, 4), Is.Null);
        });
    }

    private static (long Result, long Overflowed, long NaN) Dot(AccumulatorSpec accumulator, uint[] a, uint[] b)
    {
        GemmEvents events = default;
        long result = ReferenceKernel.Dot(new DatapathSpec("", Fp16, Fp16, accumulator), 0, a, b, ref events);
        return (result, events.OverflowedOutputs, events.NaNOutputs);
    }

    private static long One(AccumulatorSpec accumulator, INumberFormat operands, uint[] a, uint[] b, int chunk)
    {
        var result = new long[1];
        GemmEvents events = default;
        new ReferenceKernel().Run(new DatapathSpec("", operands, operands, accumulator), new ReductionOrder(chunk),
            new GemmOperands { M = 1, N = 1, K = a.Length, A = a, B = b }, result, ref events);
        return result[0];
    }

    private static uint[] Codes(Random random, int count, int bits) =>
        [.. Enumerable.Range(0, count).Select(_ => (uint)random.Next(1 << bits))];

    private static uint[] Finite(Random random, int count) => [.. Codes(random, count, 8).Select(c => (c & 0x7f) == 0x7f ? 0u : c)];
}
