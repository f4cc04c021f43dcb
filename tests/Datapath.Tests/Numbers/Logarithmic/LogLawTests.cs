using System.Numerics;
using Sim.Datapath.Formats;
using Sim.Datapath.Formats.Logarithmic;
using Sim.Tests;

namespace Sim.Datapath.Tests.Numbers.Logarithmic;

/// <summary>Laws over all codes, and every operation in every mode against an oracle of integer powers.</summary>
public sealed class LogLawTests
{
    private static readonly RoundingMode[] Modes = [RoundingMode.NearestEven, RoundingMode.NearestAway, RoundingMode.ToZero,
        RoundingMode.Up, RoundingMode.Down, RoundingMode.ToOdd];

    private static IEnumerable<LogFormat> Small() =>
        from n in Enumerable.Range(3, 10) from r in Enumerable.Range(0, 11) where r <= n - 2 && r >= n - 11
            select (LogFormat)FormatCatalogue.Parse(FormattableString.Invariant($"lns{n}_{r}"));

    [Test]
    public void CodesAreInOrderAndSurviveARoundTrip()
    {
        long checks = 0;
        foreach (LogFormat format in Small())
        {
            double last = 0;
            for (int q = -format.MaximumLogarithm; q <= format.MaximumLogarithm; q++)
            {
                uint code = unchecked((uint)q) & (1u << format.Bits - 1) - 1;
                double number = format.Decode(code).ToDouble();
                Assert.That(number, Is.GreaterThan(last), $"{format.Name} {code:x}");
                Assert.That(format.Encode(format.Decode(code), default, out _), Is.EqualTo(code), format.Name);
                uint negative = code | 1u << format.Bits - 1;
                Assert.That(format.Decode(negative).ToDouble(), Is.EqualTo(-number));
                Assert.That(format.Encode(format.Decode(negative), default, out _), Is.EqualTo(negative));
                if (q % (1 << format.FractionBits) == 0) Assert.That(number, Is.EqualTo(Math.ScaleB(1, q >> format.FractionBits)));
                last = number;
                checks++;
            }
            Assert.That((format.Decode(format.ZeroCode).Class, format.Decode(format.NaNCode).Class),
                Is.EqualTo((NumberClass.Zero, NumberClass.NaN)));
            Assert.That((format.Minimum.ToDouble(), format.Maximum.ToDouble()), Is.EqualTo((-last, last)));
        }
        Assert.That(checks, Is.GreaterThan(10_000));
    }

    /// <summary>x is the binary64 nearest to 2^(q/R) exactly when (x ± half an ulp)^R encloses 2^q: integers alone.</summary>
    [TestCase("lns8_3")]
    [TestCase("lns16_8")]
    public void DecodesToTheNearestBinary64(string name)
    {
        var format = (LogFormat)FormatCatalogue.Parse(name);
        int r = 1 << format.FractionBits;
        for (int j = 0; j < r; j++)
        {
            BigInteger significand = (BigInteger)(format.Decode((uint)j).ToDouble() * Math.ScaleB(1, 53));
            BigInteger power = BigInteger.Pow(2, j + 53 * r);
            Assert.That(BigInteger.Pow(significand - 1, r) < power && power < BigInteger.Pow(significand + 1, r), $"{name} {j}");
        }
        Truth.Checked("Numbers", $"decode_{name} nearest binary64", "integer powers", r, "every fraction's power is the nearest");
    }

    [TestCase("lns6_2")]
    [TestCase("lns6_4")]
    [TestCase("lns5_0")]
    public void SumsAndProductsAreRoundedOnce(string name)
    {
        var format = (LogFormat)FormatCatalogue.Parse(name);
        int most = format.MaximumLogarithm, least = -most - 1;
        var oracle = new LogOracle(format.FractionBits, 6 * least - 4, 4 * most + 2 * (1 << format.FractionBits) + 4);
        long checks = 0;
        uint count = 1u << format.Bits;
        foreach (RoundingMode mode in Modes)
            for (uint a = 0; a < count; a++)
                for (uint b = 0; b < count; b++)
                {
                    if (Special(a) || Special(b)) continue;
                    var rounding = new Rounding(mode);
                    int qa = format.Logarithm(a), qb = format.Logarithm(b);
                    Same(Product(qa + qb), format.Multiply(a, b, rounding, out _), "mul");
                    Same(Product(qa - qb), format.Divide(a, b, rounding, out _), "div");
                    Same(Sum(qa, qb, false), format.Add(a, b, rounding, out _), "add");
                    Same(Sum(qa, qb, true), format.Subtract(a, b, rounding, out _), "sub");
                    if (mode == RoundingMode.NearestEven && (a + b) % 7 == 0)
                        for (uint c = 1; c < count; c += 5)
                            if (!Special(c)) Same(Total(qa + qb, Negative(a) != Negative(b), format.Logarithm(c), Negative(c)),
                                format.MultiplyAdd(a, b, c, rounding, out _), "fma");

                    uint Product(int q) => Code(LogOracle.Round((2 * q, true), mode, Negative(a) != Negative(b), least),
                        Negative(a) != Negative(b));
                    uint Sum(int x, int y, bool negate) => Total(x, Negative(a), y, Negative(b) != negate);
                    uint Total(int x, bool negativeX, int y, bool negativeY)
                    {
                        if (x == y && negativeX != negativeY) return format.ZeroCode;
                        bool negative = x > y ? negativeX : negativeY;
                        ((BigInteger low, BigInteger high), (BigInteger lowY, BigInteger highY)) = (oracle.Power(2 * Math.Max(x, y)),
                            oracle.Power(2 * Math.Min(x, y)));
                        (low, high) = negativeX == negativeY ? (low + lowY, high + highY) : (low - highY, high - lowY);
                        (int HalfUnits, bool Exact) floor = x == y ? (2 * x + oracle.HalfUnits, true) : Exactly(oracle, low, high);
                        return Code(LogOracle.Round(floor, mode, negative, least), negative);
                    }
                    void Same(uint expected, uint actual, string operation)
                    {
                        checks++;
                        if (expected != actual) Assert.Fail($"{name} {operation}({a:x}, {b:x}) under {mode} gave {actual:x}, not {expected:x}");
                    }
                }
        Assert.That(checks, Is.GreaterThan(15_000));
        Truth.Checked("Numbers", $"arithmetic of {name}, all pairs, six modes", "an oracle of bisected roots", checks, "equal");

        bool Special(uint code) => code == format.ZeroCode || code == format.NaNCode;
        bool Negative(uint code) => code >> format.Bits - 1 != 0;
        uint Code(int q, bool negative) => q <= least ? format.ZeroCode
            : unchecked((uint)Math.Min(q, most)) & (1u << format.Bits - 1) - 1 | (negative ? 1u << format.Bits - 1 : 0);
    }

    /// <summary>binary32 numbers near every turn, in every mode, decided by integer powers: 2^(2q-1) &lt; x^(2R) &lt; 2^(2q+1).</summary>
    [TestCase("lns8_3")]
    [TestCase("lns12_6")]
    [TestCase("lns16_12")]
    public void EncodesTheNearestLogarithm(string name)
    {
        var format = (LogFormat)FormatCatalogue.Parse(name);
        int halfUnits = 2 << format.FractionBits;
        var random = new Random(11);
        for (int i = 0; i < 2_000; i++)
        {
            int q = random.Next(-format.MaximumLogarithm + 1, format.MaximumLogarithm);
            // Close to the turn above q, on either side.
            double x = Math.Pow(2, (2 * q + 1.0) / halfUnits) * (1 + random.Next(-3, 4) * Math.ScaleB(1, -50));
            uint code = format.Encode(Exact.FromDouble(x), default, out _);
            long found = format.Logarithm(code);
            Exact exact = Exact.FromDouble(x);
            BigInteger power = BigInteger.Pow(exact.Significand, halfUnits);
            long shift = (long)exact.Exponent * halfUnits;
            Assert.That(Below(2 * found - 1, power, shift) && !Below(2 * found + 1, power, shift), $"{name} {x:R} gave {found}");
        }

        static bool Below(long exponent, BigInteger power, long shift) => exponent - shift < power.GetBitLength();
    }

    [TestCase("lns2_0", "3 to 32 bits")]
    [TestCase("lns8_7", "at most 6 fraction bits")]
    [TestCase("lns16_4", "fewer than 5 fraction bits")]
    [TestCase("lns8", "lns8_3")]
    [TestCase("lns8_3_cordic", "unknown")]
    public void AWrongNameSaysWhatIsAllowed(string name, string part)
    {
        Assert.That(FormatCatalogue.TryParse(name, out _, out string error), Is.False);
        Assert.That(error, Does.Contain(part).And.Contain($"'{name}'"));
    }

    // 2y - y is the only difference whose logarithm is rational (twice a unit's distance).
    internal static (int HalfUnits, bool Exact) Exactly(LogOracle oracle, BigInteger low, BigInteger high)
    {
        try
        {
            return oracle.Floor(low, high);
        }
        catch (InvalidOperationException)
        {
            int k = oracle.Floor(high + (high - low), high + (high - low)).HalfUnits;
            (BigInteger bottom, BigInteger top) = oracle.Power(k);
            Assert.That(bottom <= high && low <= top, "undecided by the oracle");
            return (k, true);
        }
    }
}
