using System.Numerics;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Tests.Multipliers;

/// <summary>Multipliers against their formulas in integers and rationals, and the Reference kernel on top of them.</summary>
public sealed class MultiplierLawTests
{
    private static readonly INumberFormat E4M3 = FormatCatalogue.Parse("e4m3"), Int8 = FormatCatalogue.Parse("int8"),
        Fp32 = FormatCatalogue.Parse("fp32");
    private static readonly FloatAccumulator Single = new(FormatCatalogue.Parse("fp32"), RoundingMode.NearestEven, OverflowPolicy.Ieee);

    [Test]
    public void OneTimesOneIsNotOne()
    {
        Assert.That(new LMulMultiplier().Multiply(E4M3, E4M3, 0x38, 0x38).ToDouble(), Is.EqualTo(1.125), "1 + 2^-3");
        Assert.That(new LMulMultiplier(2).Multiply(E4M3, E4M3, 0x38, 0x38).ToDouble(), Is.EqualTo(1.25), "1 + 2^-2");
        Assert.That(new MitchellMultiplier().Multiply(E4M3, E4M3, 0x38, 0x38).ToDouble(), Is.EqualTo(1));
    }

    /// <summary>Luo and Sun's equation with the carry into the exponent, in rational numbers, wherever operands and result are
    /// normal.</summary>
    [TestCase("e4m3", 3)]
    [TestCase("e5m2", 2)]
    [TestCase("e3m4", 3)]
    [TestCase("e2m3", 3)]
    public void LMulIsItsEquation(string name, int l)
    {
        var format = (FloatFormat)FormatCatalogue.Parse(name);
        var multiplier = new LMulMultiplier();
        long checks = 0;
        for (uint a = 0; a >> format.Bits == 0; a++)
            for (uint b = 0; b >> format.Bits == 0; b++)
            {
                double x = format.Decode(a).ToDouble(), y = format.Decode(b).ToDouble(), smallest = Math.ScaleB(1, format.MinimumExponent);
                if (!double.IsFinite(x) || !double.IsFinite(y) || Math.Abs(x) < smallest || Math.Abs(y) < smallest) continue;
                int ex = Math.ILogB(x), ey = Math.ILogB(y);
                double fraction = Math.ScaleB(Math.Abs(x), -ex) - 1 + Math.ScaleB(Math.Abs(y), -ey) - 1 + Math.ScaleB(1, -l);
                double expected = (fraction < 1 ? Math.ScaleB(1 + fraction, ex + ey) : fraction < 2 ? Math.ScaleB(fraction, ex + ey + 1)
                    : Math.ScaleB(2 * (fraction - 1), ex + ey + 1)) * Math.Sign(x) * Math.Sign(y);
                if (Math.Abs(expected) < smallest || Math.Abs(expected) > format.Maximum.ToDouble()) continue;
                if (multiplier.Multiply(format, format, a, b).ToDouble() != expected) Assert.Fail($"{x} · {y} is not {expected}");
                checks++;
            }
        Assert.That(checks, Is.GreaterThan(1 << 2 * format.Bits - 3));
    }

    [Test]
    public void MitchellOfIntegersStaysWithinANinth()
    {
        long checks = 0;
        for (int a = -128; a < 128; a++)
            for (int b = -128; b < 128; b++)
            {
                double product = new MitchellMultiplier().Multiply(Int8, Int8, unchecked((byte)a), unchecked((byte)b)).ToDouble();
                int x = Math.Abs(a), y = Math.Abs(b), i = BitOperations.Log2((uint)x | 1), j = BitOperations.Log2((uint)y | 1);
                // 2^(i+j)(1+f+g) = 2^j·x + 2^i·y - 2^(i+j); from f+g = 1 on 2^(i+j+1)(f+g), which is twice that less 2^(i+j+1).
                int sum = (x << j) + (y << i) - (1 << i + j);
                int expected = x == 0 || y == 0 ? 0 : sum < 2 << i + j ? sum : 2 * sum - (2 << i + j);
                Assert.That(product, Is.EqualTo(expected * Math.Sign(a) * Math.Sign(b)), $"{a}·{b}");
                Assert.That(Math.Abs(product), Is.InRange(Math.Abs(a * b) * 8 / 9.0 - 1e-9, Math.Abs(a * b)));
                checks++;
            }
        Assert.That(checks, Is.EqualTo(65536));
    }

    [TestCase(0, 0)]
    [TestCase(5, 0)]
    [TestCase(6, 40)]
    [TestCase(14, 0)]
    public void TruncationDropsColumns(int dropped, int correction)
    {
        var multiplier = new TruncatedMultiplier(dropped, correction);
        for (int a = -128; a < 128; a++)
            for (int b = -128; b < 128; b++)
            {
                int x = Math.Abs(a), y = Math.Abs(b), sum = 0;
                for (int i = 0; i < 8; i++)
                    for (int j = 0; j < 8; j++)
                        if (i + j >= dropped) sum += (x >> i & 1) * (y >> j & 1) << i + j;
                int expected = a == 0 || b == 0 ? 0 : (sum + correction) * Math.Sign(a) * Math.Sign(b);
                if (multiplier.Multiply(Int8, Int8, unchecked((byte)a), unchecked((byte)b))
                    .ToDouble() != expected) Assert.Fail($"{a}·{b} is not {expected}");
            }
        Assert.That(multiplier.Refuses(Int8, Int8), Is.Null);
        Assert.That(new TruncatedMultiplier(15).Refuses(Int8, Int8), Does.Contain("15 dropped columns"));
    }

    /// <summary>A table filled from another multiplier is that multiplier, through every accumulator that takes both.</summary>
    [Test]
    public void ATableOfProductsIsItsMultiplier([Values(0, 3)] int chunk)
    {
        var mitchell = new MitchellMultiplier();
        var table = new TableMultiplier(8, 8,
            [.. Enumerable.Range(0, 65536).Select(i => (float)mitchell.Multiply(Int8, Int8, (uint)i >> 8, (uint)i & 255).ToDouble())]);
        var random = new Random(3);
        foreach (AccumulatorSpec accumulator in new AccumulatorSpec[] { new IntegerAccumulator(20, RegisterOverflow.Saturate), Single,
            new ExactAccumulator(Fp32, RoundingMode.ToZero, OverflowPolicy.Ieee),
            new FixedAccumulator(24, 2, RegisterOverflow.Wrap, RoundingMode.Down) })
        {
            const int m = 5, n = 7, k = 19;
            uint[] a = [.. Enumerable.Range(0, m * k).Select(_ => (uint)random.Next(256))],
                b = [.. Enumerable.Range(0, n * k).Select(_ => (uint)random.Next(256))];
            long[] first = new long[m * n], second = new long[m * n];
            GemmEvents e1 = default, e2 = default;
            var operands = new GemmOperands { M = m, N = n, K = k, A = a, B = b };
            var spec = new DatapathSpec("", Int8, Int8, accumulator) { Multiplier = mitchell };
            new ReferenceKernel().Run(spec, new ReductionOrder(chunk), operands, first, ref e1);
            new ReferenceKernel().Run(spec with { Multiplier = table }, new ReductionOrder(chunk), operands, second, ref e2);
            Assert.That(second, Is.EqualTo(first), accumulator.ToString());
            Assert.That(e2, Is.EqualTo(e1));
            Assert.That(first.Distinct().Count(), Is.GreaterThan(10));
        }
    }

    [Test]
    public void TheReferenceAddsTheMultipliersProducts()
    {
        var multiplier = new LMulMultiplier();
        var spec = new DatapathSpec("", E4M3, E4M3, Single) { Multiplier = multiplier };
        var random = new Random(4);
        for (int trial = 0; trial < 300; trial++)
        {
            uint[] a = [.. Enumerable.Range(0, 30).Select(_ => (uint)random.Next(256))],
                b = [.. Enumerable.Range(0, 30).Select(_ => (uint)random.Next(256))];
            float sum = 0;
            for (int i = 0; i < 30; i++) sum += (float)multiplier.Multiply(E4M3, E4M3, a[i], b[i]).ToDouble();
            GemmEvents events = default;
            uint found = (uint)ReferenceKernel.Dot(spec, 0, a, b, ref events);
            if (float.IsNaN(sum)) Assert.That(BitConverter.UInt32BitsToSingle(found), Is.NaN);
            else Assert.That(found, Is.EqualTo(BitConverter.SingleToUInt32Bits(sum)));
        }
    }

    [Test]
    public void OtherKernelsLeaveMultipliersAlone()
    {
        foreach (IGemmKernel kernel in KernelCatalogue.All.Where(k => k.Name is not ("reference" or "product-table" or "fp32-field-lanes")))
            foreach (MultiplierSpec multiplier in new MultiplierSpec[]
                { new LMulMultiplier(), new MitchellMultiplier(), new TruncatedMultiplier(2) })
                foreach (AccumulatorSpec accumulator in new AccumulatorSpec[] { Single, new ExactAccumulator(Fp32, default, default) })
                    Assert.That(kernel.Refuses(new("", E4M3, E4M3, accumulator) { Multiplier = multiplier }, default, 8), Is.Not.Null,
                        kernel.Name);
    }

    [Test]
    public void DatapathsWithoutAMeaningAreRefused()
    {
        static string? Why(INumberFormat a, INumberFormat w, AccumulatorSpec accumulator, MultiplierSpec multiplier) =>
            new ReferenceKernel().Refuses(new("", w, a, accumulator) { Multiplier = multiplier }, default, 4);
        Assert.Multiple(() =>
        {
            Assert.That(Why(Int8, Int8, Single, new LMulMultiplier()), Does.Contain("float operands"));
            Assert.That(Why(E4M3, FormatCatalogue.Parse("e5m2"), Single, new LMulMultiplier()), Does.Contain("one format"));
            Assert.That(Why(E4M3, E4M3, Single, new LMulMultiplier(4)), Does.Contain("offset"));
            Assert.That(Why(E4M3, E4M3, Single, new PiecewiseAffineMultiplier()), Does.Contain("binary32 patterns"));
            Assert.That(Why(E4M3, E4M3, Single, new TableMultiplier(4, 4, [.. Enumerable.Repeat(1f, 256)])), Does.Contain("2^4"));
            Assert.That(Why(Int8, Int8, new IntegerAccumulator(32, default),
                new TableMultiplier(8, 8, [.. Enumerable.Repeat(0.5f, 65536)])), Does.Contain("integer products"));
            Assert.That(Why(Int8, Int8, new IntegerAccumulator(32, default), new MitchellMultiplier()), Is.Null);
        });
    }
}
