using System.Numerics;
using Sim.Datapath.Formats;

namespace Sim.Datapath.Tests.Numbers.Scalars;

/// <summary>Codebooks against tables worked out from the papers and an encoder that searches all numbers in rational arithmetic.</summary>
public sealed class CodebookTests
{
    [TestCase("ternary", new[] { 0f, 1, -1, -1 })]
    [TestCase("binary", new[] { -1f, 1 })]
    [TestCase("bipolar2", new[] { -3f, -1, 1, 3 })]
    [TestCase("bipolar3", new[] { -7f, -5, -3, -1, 1, 3, 5, 7 })]
    [TestCase("po2_3", new[] { 0f, 0.25f, 0.5f, 1, -0f, -0.25f, -0.5f, -1 })]
    // K 2, 2 terms: {0, 2^-4, 2^-2, 2^0} + {0, 2^-5, 2^-3, 2^-1} (APoT figure 1, before its scale).
    [TestCase("apot_5_2", new[] { 0, 0.03125f, 0.125f, 0.5f, 0.0625f, 0.09375f, 0.1875f, 0.5625f, 0.25f, 0.28125f, 0.375f, 0.75f, 1,
        1.03125f, 1.125f, 1.5f,
        -0f, -0.03125f, -0.125f, -0.5f, -0.0625f, -0.09375f, -0.1875f, -0.5625f, -0.25f, -0.28125f, -0.375f, -0.75f, -1, -1.03125f,
            -1.125f, -1.5f })]
    [TestCase("power3_2", new[] { 0f, 1, 4, 9, -0f, -1, -4, -9 })]
    [TestCase("power3_0.5", new[] { 0f, 1, 1.41421354f, 1.73205078f, -0f, -1, -1.41421354f, -1.73205078f })]
    [TestCase("afpq_e2m1_0.5", new[] { 0f, 0.5f, 1, 1.5f, 2, 3, 4, 6, -0f, -0.25f, -0.5f, -0.75f, -1, -1.5f, -2, -3 })]
    [TestCase("bitmod3_6", new[] { 0f, 1, 2, 4, 6, -1, -2, -4 })]
    [TestCase("bitmod4_-5", new[] { 0f, 0.5f, 1, 1.5f, 2, 3, 4, 6, -5, -0.5f, -1, -1.5f, -2, -3, -4, -6 })]
    [TestCase("table[0,1,-1,2.5]", new[] { 0f, 1, -1, 2.5f })]
    public void NumbersAreThePapers(string name, float[] expected)
    {
        INumberFormat format = FormatCatalogue.Parse(name);
        Assert.That(1 << format.Bits, Is.EqualTo(expected.Length));
        Assert.That(Enumerable.Range(0, expected.Length)
            .Select(c => BitConverter.SingleToInt32Bits((float)format.Decode((uint)c).ToDouble())),
            Is.EqualTo(expected.Select(BitConverter.SingleToInt32Bits)));
        Assert.That(format, Is.EqualTo(FormatCatalogue.Parse(name)), "equal by value: kernels keep tables by format");
    }

    [TestCase("table[1,2,3]", "2, 4, 8")]
    [TestCase("table[1,1]", "all the same")]
    [TestCase("table[1,x]", "unknown")]
    [TestCase("table[1,1e99]", "finite")]
    [TestCase("bipolar9", "1 to 8 bits")]
    [TestCase("po2_1", "2 to 8 bits")]
    [TestCase("apot_5_3", "divides")]
    [TestCase("power4_0.3", "quarters")]
    [TestCase("bitmod3_5", "additional values")]
    [TestCase("afpq_e4m3_0.5", "every code is finite")]
    [TestCase("afpq_e2m1_0", "ratio")]
    [TestCase("p3109_k2p1se", "3 to 15 bits")]
    [TestCase("p3109_k8p8se", "1 to 7")]
    [TestCase("p3109_k8p9ue", "1 to 8")]
    [TestCase("p3109_k15p1ue", "bias")]
    public void NamesWithoutAMeaningAreRefused(string name, string why)
    {
        Assert.That(FormatCatalogue.TryParse(name, out _, out string error), Is.False);
        Assert.That(error, Does.Contain(why));
    }

    [TestCase("fp4_bnb")]
    [TestCase("ternary")]
    [TestCase("binary")]
    [TestCase("bipolar4")]
    [TestCase("po2_4")]
    [TestCase("apot_5_2")]
    [TestCase("power4_1.5")]
    [TestCase("afpq_e2m1_0.7")]
    [TestCase("bitmod4_8")]
    [TestCase("table[-3,0.1,7,2]")]
    public void EncodesAsASearchInRationalNumbers(string name)
    {
        INumberFormat format = FormatCatalogue.Parse(name);
        Fraction[] table = [.. Enumerable.Range(0, 1 << format.Bits).Select(c => Fraction.Of(format.Decode((uint)c).ToDouble()))];
        var random = new Random(7);
        List<double> inputs = [.. Enumerable.Range(0, 3000).Select(_ => (random.NextDouble() - 0.5) * 2.5 * format.Maximum.ToDouble())];
        foreach (Fraction a in table)
            foreach (Fraction b in table) inputs.Add((a + b).Half.ToDouble());
        long checks = 0;
        foreach (double x in inputs)
        {
            foreach (RoundingMode mode in new[] { RoundingMode.NearestEven, RoundingMode.NearestAway, RoundingMode.ToZero, RoundingMode.Up,
                RoundingMode.Down })
            {
                Fraction value = Fraction.Of(x), got = table[(int)format.Encode(Exact.FromDouble(x), new(mode), out RoundingFlags flags)];
                Fraction[] below = [.. table.Where(t => t <= value)], above = [.. table.Where(t => t >= value)];
                bool beyond = below.Length == 0 || above.Length == 0;
                Assert.That(flags.HasFlag(RoundingFlags.Overflow), Is.EqualTo(beyond));
                bool good = beyond ? got == (below.Length == 0 ? above.Min() : below.Max()) : mode switch
                {
                    RoundingMode.Up => got == above.Min(),
                    RoundingMode.Down => got == below.Max(),
                    RoundingMode.ToZero => (got == above.Min() || got == below.Max()) && got.Magnitude <= above.Min().Magnitude
                        && got.Magnitude <= below.Max().Magnitude,
                    _ => table.All(t => (got - value).Magnitude <= (t - value).Magnitude),
                };
                // Away: of two at the same distance the one further from zero.
                if (mode == RoundingMode.NearestAway && !beyond) good &= table.Where(t => (t - value).Magnitude == (got - value).Magnitude)
                    .All(t => t.Magnitude <= got.Magnitude);
                if (!good) Assert.Fail($"{x:R} under {mode} became {got.ToDouble():R}");
                checks++;
            }
        }
        Assert.That(checks, Is.GreaterThan(15_000));
    }

    [Test]
    public void SpecialsAndRepeatedNumbersHaveOneRule()
    {
        INumberFormat nf4 = FormatCatalogue.Parse("nf4"), fp4 = FormatCatalogue.Parse("fp4_bnb"),
            ternary = FormatCatalogue.Parse("ternary");
        Assert.Multiple(() =>
        {
            Assert.That(nf4.Encode(Exact.NaN, default, out RoundingFlags flags), Is.EqualTo(7));
            Assert.That(flags, Is.EqualTo(RoundingFlags.Invalid));
            Assert.That(nf4.Encode(Exact.Infinity(true), default, out flags), Is.EqualTo(0));
            Assert.That(flags, Is.EqualTo(RoundingFlags.Overflow | RoundingFlags.Inexact));
            Assert.That(fp4.Encode(Exact.Zero(true), default, out _), Is.EqualTo(8));
            Assert.That(fp4.Encode(Exact.Zero(), default, out _), Is.EqualTo(0));
            Assert.That(fp4.Encode(Exact.Finite(true, -40, 1), default, out _), Is.EqualTo(8), "rounds to -0");
            Assert.That(ternary.Encode(Exact.Finite(true, 0, 1), default, out _), Is.EqualTo(2), "the lower of two codes");
            // Half way between 0 and 1: the even code is 0's; δ = 1/2 with one random bit goes up exactly when it is set.
            Assert.That(ternary.Encode(Exact.Finite(false, -1, 1), default, out _), Is.EqualTo(0));
            Assert.That(ternary.Encode(Exact.Finite(false, -1, 1), new(RoundingMode.Stochastic, RandomBits: 1, Random: 1), out _),
                Is.EqualTo(1));
            Assert.That(ternary.Encode(Exact.Finite(true, -1, 1), new(RoundingMode.Stochastic, RandomBits: 1, Random: 0), out _),
                Is.EqualTo(0));
        });
    }

    private readonly record struct Fraction(BigInteger Numerator, BigInteger Denominator) : IComparable<Fraction>
    {
        public static Fraction Of(double x)
        {
            BigInteger denominator = 1;
            while (x != Math.Floor(x)) (x, denominator) = (x * 2, denominator * 2);
            return new(new BigInteger(x), denominator);
        }

        public Fraction Half => new(Numerator, Denominator * 2);

        public Fraction Magnitude => new(BigInteger.Abs(Numerator), Denominator);

        public double ToDouble() => (double)Numerator / (double)Denominator;

        public int CompareTo(Fraction other) => (Numerator * other.Denominator).CompareTo(other.Numerator * Denominator);

        public bool Equals(Fraction other) => CompareTo(other) == 0;

        public override int GetHashCode() => 0;

        public static bool operator <=(Fraction a, Fraction b) => a.CompareTo(b) <= 0;

        public static bool operator >=(Fraction a, Fraction b) => a.CompareTo(b) >= 0;

        public static Fraction operator +(Fraction a, Fraction b) =>
            new(a.Numerator * b.Denominator + b.Numerator * a.Denominator, a.Denominator * b.Denominator);

        public static Fraction operator -(Fraction a, Fraction b) => a + b with { Numerator = -b.Numerator };
    }
}
