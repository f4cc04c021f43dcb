using System.Numerics;
using Sim.Datapath.Formats;
using Sim.Datapath.Formats.Logarithmic;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;
using Sim.Tests;

namespace Sim.Datapath.Tests.Kernels.Logarithmic;

/// <summary>
/// Dot products of logarithmic operands against the formulas of LNS-Madam in integers: powers of two found by comparing integer powers,
/// sums kept in one integer bin a remainder, binary32 by the machine's own conversion. Shares nothing with the conversion under test.
/// </summary>
public sealed class LogConversionTests
{
    [TestCase("lns8_3", 12, 3)]
    [TestCase("lns8_3", 8, 2)]
    [TestCase("lns8_3", 6, 1)]
    [TestCase("lns8_3", 4, 0)]
    [TestCase("lns8_4", 10, 4)]
    [TestCase("lns6_2", 14, 2)]
    public void ExactSumsAreBinsPerRemainder(string name, int bits, int lookup)
    {
        var format = (LogFormat)FormatCatalogue.Parse(name);
        int r = format.FractionBits;
        DatapathSpec spec = Spec(format, bits, lookup,
            new ExactAccumulator(FormatCatalogue.Parse("fp32"), RoundingMode.NearestEven, OverflowPolicy.Ieee));
        BigInteger[] constants = [.. Enumerable.Range(0, 1 << r).Select(j => Constant(j, r, bits, lookup))];
        var random = new Random(5);
        for (int row = 0; row < 400; row++)
        {
            int k = 1 + row % 24;
            (uint[] a, uint[] b) = (Draw(format, random, k), Draw(format, random, k));
            // Bins count in units of 2^-64, constants in 2^-(bits+R).
            var bins = new BigInteger[1 << r];
            for (int i = 0; i < k; i++)
            {
                if (a[i] == format.ZeroCode || b[i] == format.ZeroCode) continue;
                int sum = Signed(a[i], format) + Signed(b[i], format), whole = (int)Math.Floor((double)sum / (1 << r));
                BigInteger power = BigInteger.One << 64 + whole;
                bins[sum - (whole << r)] += (a[i] ^ b[i]) >> format.Bits - 1 == 0 ? power : -power;
            }
            BigInteger total = bins.Select((bin, j) => bin * constants[j]).Aggregate(BigInteger.Add);
            float expected = (float)(Exactly(total) * Math.ScaleB(1, -64 - bits - r));
            GemmEvents events = default;
            uint actual = (uint)ReferenceKernel.Dot(spec, 0, a, b, ref events);
            Assert.That(actual, Is.EqualTo(BitConverter.SingleToUInt32Bits(expected)), $"{name} row {row}");
        }
        Truth.Checked("Numbers", $"LNS-Madam exact sums {name}, {bits} bits, lookup {lookup}", "the paper's formulas in integers", 400,
            "equal");
    }

    [TestCase("lns8_3", 8, 3)]
    [TestCase("lns8_3", 8, 1)]
    public void FloatSumsRoundEachStep(string name, int bits, int lookup)
    {
        var format = (LogFormat)FormatCatalogue.Parse(name);
        int r = format.FractionBits;
        DatapathSpec spec = Spec(format, bits, lookup,
            new FloatAccumulator(FormatCatalogue.Parse("fp32"), RoundingMode.NearestEven, OverflowPolicy.Ieee));
        var random = new Random(6);
        const int m = 6, n = 7, k = 50;
        (uint[] a, uint[] b) = (Draw(format, random, m * k), Draw(format, random, n * k));
        var result = new long[m * n];
        GemmEvents events = default;
        IGemmKernel kernel = KernelCatalogue.Select(spec, ReductionOrder.Sequential, k);
        kernel.Run(spec, ReductionOrder.Sequential, new GemmOperands { M = m, N = n, K = k, A = a, B = b }, result, ref events);
        for (int i = 0; i < m * n; i++)
        {
            float sum = 0;
            for (int s = 0; s < k; s++)
            {
                (uint x, uint y) = (a[i / n * k + s], b[i % n * k + s]);
                if (x == format.ZeroCode || y == format.ZeroCode) continue;
                int log = Signed(x, format) + Signed(y, format), whole = (int)Math.Floor((double)log / (1 << r));
                // At most 17 bits: the product is a binary32, and the machine's addition the one rounding.
                float product = (float)((double)Constant(log - (whole << r), r, bits, lookup) * Math.ScaleB(1, whole - bits - r));
                sum += (x ^ y) >> format.Bits - 1 == 0 ? product : -product;
            }
            Assert.That((uint)result[i], Is.EqualTo(BitConverter.SingleToUInt32Bits(sum)), $"{i}");
        }
        Assert.That(events.Outputs, Is.EqualTo(m * n));
        Truth.Checked("Numbers", $"LNS-Madam float sums {name}, {bits} bits, lookup {lookup}",
            "the paper's formulas in integers, the machine's binary32", m * n * k, "equal");
    }

    [Test]
    public void NaNIsStickyAndZeroAddsNothing()
    {
        var format = (LogFormat)FormatCatalogue.Parse("lns8_3");
        DatapathSpec spec = Spec(format, 23, 3,
            new FloatAccumulator(FormatCatalogue.Parse("fp32"), RoundingMode.NearestEven, OverflowPolicy.Ieee));
        GemmEvents events = default;
        // 1·1 + 0·max + 2·1 = 3.
        Assert.That(ReferenceKernel.Dot(spec, 0, [0, format.ZeroCode, 8], [0, 0x3f, 0], ref events), Is.EqualTo(0x40400000));
        Assert.That(events.NaNOutputs, Is.Zero);
        Assert.That(float.IsNaN(BitConverter.UInt32BitsToSingle((uint)ReferenceKernel.Dot(spec, 0, [format.NaNCode, 0],
            [format.ZeroCode, 0], ref events))));
        Assert.That(events.NaNOutputs, Is.EqualTo(1));
    }

    [Test]
    public void RefusesWhatCannotBeConverted()
    {
        var format = (LogFormat)FormatCatalogue.Parse("lns8_3");
        AccumulatorSpec fp32 = new FloatAccumulator(FormatCatalogue.Parse("fp32"), RoundingMode.NearestEven, OverflowPolicy.Ieee);
        DatapathSpec good = Spec(format, 23, 3, fp32);
        foreach ((DatapathSpec spec, string part) in new (DatapathSpec, string)[]
        {
            (good with { Multiplier = null }, "need a logarithmic multiplier"),
                (good with { Weight = FormatCatalogue.Parse("lns8_4") }, "same fraction bits"),
            (good with { Weight = FormatCatalogue.Parse("e4m3") }, "found lns8_3 and e4m3"),
                (Spec(format, 23, 4, fp32), "fewer than the 4"),
            (good with { Accumulator = new FloatAccumulator(format, RoundingMode.NearestEven, OverflowPolicy.Ieee) }, "no step of its own"),
        })
            foreach (IGemmKernel kernel in KernelCatalogue.All)
                Assert.That(kernel.Refuses(spec, default, 8), kernel is ReferenceKernel ? Does.Contain(part) : Is.Not.Null, kernel.Name);
        Assert.That(new ReferenceKernel().Refuses(good, default, 8), Is.Null);
        Assert.That(good.MacLogic.Items.Any(i => i.Role == "logarithm adder")
            && good.MacLogic.Items.All(i => i.Role != "significand multiplier"));
    }

    private static DatapathSpec Spec(LogFormat format, int bits, int lookup, AccumulatorSpec accumulator) =>
        new("lns", format, format, accumulator) { Multiplier = new LogMultiplier(bits, lookup) };

    private static uint[] Draw(LogFormat format, Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => (uint)random.Next(1 << format.Bits))
            .Select(c => c == format.NaNCode ? format.ZeroCode : c)];

    private static int Signed(uint code, LogFormat format)
    {
        int magnitude = (int)(code & (1u << format.Bits - 1) - 1), half = 1 << format.Bits - 2;
        return magnitude >= half ? magnitude - 2 * half : magnitude;
    }

    // table[high bits] · (1 + low/2^R) in units of 2^-(bits+R); the entry t is nearest: (2t-1)^L
    // < 2^(j + (bits+1)·L) < (2t+1)^L, L = 2^lookup.
    private static BigInteger Constant(int remainder, int r, int bits, int lookup)
    {
        int low = r - lookup, j = remainder >> low, count = 1 << lookup;
        BigInteger power = BigInteger.One << j + (bits + 1) * count, t = BigInteger.One << bits;
        while (BigInteger.Pow(2 * t + 1, count) < power) t++;
        return t * ((1 << r) + (remainder & (1 << low) - 1));
    }

    // An integer of at most 53 significant bits.
    private static double Exactly(BigInteger value)
    {
        Assert.That((BigInteger)(double)value, Is.EqualTo(value), "the oracle's sum leaves binary64");
        return (double)value;
    }
}
