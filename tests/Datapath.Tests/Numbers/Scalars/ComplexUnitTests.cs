using System.Numerics;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;
using Sim.Tests;

namespace Sim.Datapath.Tests.Numbers.Scalars;

/// <summary>The weights {±1, ±i} of iFairy (arXiv 2508.05571) against complex integers.</summary>
public sealed class ComplexUnitTests
{
    private static readonly (int Re, int Im)[] Roots = [(1, 0), (0, 1), (-1, 0), (0, -1)];

    [Test]
    public void CodesArePowersOfI()
    {
        for (uint a = 0; a < 4; a++)
        {
            Assert.That(ComplexUnitFormat.Decode(a), Is.EqualTo(Roots[a]));
            for (uint b = 0; b < 4; b++)
            {
                (int re, int im) = (Roots[a].Re * Roots[b].Re - Roots[a].Im * Roots[b].Im, Roots[a].Re * Roots[b].Im
                    + Roots[a].Im * Roots[b].Re);
                Assert.That(ComplexUnitFormat.Decode(ComplexUnitFormat.Multiply(a, b)), Is.EqualTo((re, im)));
            }
        }
        Assert.That(() => ComplexUnitFormat.Decode(4), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    // The nearest root by angle has the largest inner product with the number: exact in integers. Of two it is the one a quarter turn
    // ahead.
    [Test]
    public void EncodeIsTheNearestRootByAngle()
    {
        var random = new Random(2508);
        int compared = 0, ties = 0;
        var numbers = new List<(float Re, float Im)>();
        for (int re = -4; re <= 4; re++)
            for (int im = -4; im <= 4; im++) numbers.Add((re * 0.25f, im * 0.25f));
        for (int i = 0; i < 20000; i++)
        {
            float re = (random.NextSingle() - 0.5f) * MathF.ScaleB(1, random.Next(-100, 100)), near = random.Next(2) == 0
                ? MathF.BitIncrement(re) : -MathF.BitDecrement(re);
            numbers.Add(random.Next(3) == 0 ? (re, near) : (re, (random.NextSingle() - 0.5f) * MathF.ScaleB(1, random.Next(-100, 100))));
        }
        foreach ((float re, float im) in numbers.Where(n => n != (0, 0)))
        {
            BigInteger[] inner = [.. Roots.Select(r => r.Re * Integer(re) + r.Im * Integer(im))];
            int[] best = [.. Enumerable.Range(0, 4).Where(k => inner[k] == inner.Max())];
            int expected = best.Length == 1 ? best[0] : best.Single(k => best.Contains((k + 3) % 4));
            uint found = ComplexUnitFormat.Encode(re, im, out RoundingFlags flags);
            Assert.That(found, Is.EqualTo((uint)expected), $"{re:R} + {im:R}i");
            Assert.That(flags == RoundingFlags.None, Is.EqualTo((re, im) == (Roots[expected].Re, Roots[expected].Im)));
            compared++;
            if (best.Length > 1) ties++;
        }
        Assert.That(compared, Is.EqualTo(20080));
        Assert.That(ties, Is.GreaterThanOrEqualTo(16));
        Assert.That(ComplexUnitFormat.Encode(0, 0, out _), Is.Zero);
        Assert.That((ComplexUnitFormat.Encode(float.NaN, 1, out RoundingFlags invalid), invalid), Is.EqualTo((0u, RoundingFlags.Invalid)));
        Truth.Checked("Numbers", "Complex weights of iFairy", "nearest root by inner product in integers, arXiv 2508.05571", compared,
            "equal");
    }

    [Test]
    public void DotsAreThoseOfComplexIntegers()
    {
        var random = new Random(4);
        INumberFormat int8 = FormatCatalogue.Parse("int8"), ternary = FormatCatalogue.Parse("ternary");
        var spec = new DatapathSpec("complex", ternary, int8,
            new ExactAccumulator(FormatCatalogue.Parse("int24"), RoundingMode.NearestEven, OverflowPolicy.Ieee));
        GemmEvents events = default;
        for (int dot = 0; dot < 300; dot++)
        {
            int count = random.Next(1, 40);
            uint[] re = Draw(256), im = Draw(256), w = Draw(4);
            uint[] Draw(int most) => [.. Enumerable.Range(0, count).Select(_ => (uint)random.Next(most))];
            (long Re, long Im) expected = (5, -3);
            for (int k = 0; k < count; k++)
            {
                (int a, int b, int c, int d) = (unchecked((sbyte)re[k]), unchecked((sbyte)im[k]), Roots[w[k]].Re, Roots[w[k]].Im);
                expected = (expected.Re + a * c - b * d, expected.Im + a * d + b * c);
            }
            (long Real, long Imaginary) found = ComplexDot.Run(spec, (5, unchecked((uint)-3) & 0xff_ffff), re, im, w, ref events);
            Assert.That((Word(found.Real), Word(found.Imaginary)), Is.EqualTo(expected));
        }
        Assert.That(events.Outputs, Is.EqualTo(600));
        Assert.That(() => ComplexDot.Run(spec with { Weight = int8 }, default, [], [], [], ref events), Throws.ArgumentException);
        static long Word(long code) => (code & 0xff_ffff) >> 23 == 0 ? code & 0xff_ffff : (code & 0xff_ffff) - 0x100_0000;
    }

    private static BigInteger Integer(float value)
    {
        if (value == 0) return BigInteger.Zero;
        int exponent = Math.ILogB(value) - 23;
        return (BigInteger)Math.ScaleB((double)value, -exponent) << exponent + 300;
    }
}
