using System.Numerics;
using Sim.Datapath.Formats;
using Sim.Datapath.Nonlinear;
using Sim.Tests;

namespace Sim.Datapath.Tests.Nonlinear;

/// <summary>The integer-only functions against the algorithms of their papers in exact rational arithmetic: every word of 8 bits, random
/// rows.</summary>
public class IntegerFunctionTests
{
    private const string Bert = "Kim et al., I-BERT, arXiv 2101.01321, algorithms in exact rationals",
        Vit = "Li and Gu, I-ViT, arXiv 2207.01405, algorithms in exact rationals";

    private static readonly double[] Scales = [1.0 / 16, 1.0 / 64, 0.1, 0.03, 0.25];

    [Test]
    public void BertExponential()
    {
        int rows = 0;
        // e^32 at scale 0.25 would not fit 32 bits.
        foreach (double scale in Scales.Where(s => s < 0.25))
        {
            var s = Fraction.Of(scale);
            VectorFunction unit = Unit(VectorFunctionKind.Exp, $"ibert scale={scale:R}");
            for (int q = -128; q < 128; q++, rows++) Assert.That(Apply(unit, q)[0], Is.EqualTo((long)BertExp(q, s)),
                $"i-exp of {q} at {scale}");
            Assert.That(unit.OutputScale, Is.EqualTo(0.3585 * scale * scale).Within(1e-15));
        }
        Truth.Checked("Numbers", "vector unit i-exp", Bert, rows, "equal");
    }

    [Test]
    public void BertGelu()
    {
        int rows = 0;
        foreach (double scale in Scales)
        {
            Fraction s = Fraction.Of(scale), e = s / Fraction.RootTwo, a = new(-2888, 10000), b = new(-1769, 1000);
            // e is irrational and known from below to 2^-900, so no floor but that of 1/(a·e²) can hit an integer; that one is taken of s²
            // / 2.
            BigInteger qb = (b / e).Floor, qc = (1 / (a * s * s / 2)).Floor;
            VectorFunction unit = Unit(VectorFunctionKind.Gelu, $"ibert scale={scale:R}");
            for (int q = -128; q < 128; q++, rows++)
            {
                BigInteger clipped = BigInteger.Min(Math.Abs(q), -qb), erf = Math.Sign(q) * (BigInteger.Pow(clipped + qb, 2) + qc);
                Assert.That(Apply(unit, q)[0], Is.EqualTo((long)(q * (erf + qc))), $"i-gelu of {q} at {scale}");
            }
        }
        Truth.Checked("Numbers", "vector unit i-gelu", Bert, rows, "equal");
    }

    // Table 1 of the paper: the largest distance of i-GELU from GELU is 0.018.
    [Test]
    public void BertGeluIsAsCloseAsItsPaperSays()
    {
        VectorFunction unit = Unit(VectorFunctionKind.Gelu, "ibert scale=0.00390625 bits=12");
        double worst = 0;
        for (int q = -2048; q < 2048; q++)
        {
            double x = q * unit.InputScale, truth = x / 2 * (1 + Fraction.Erf(Fraction.Of(x) / Fraction.RootTwo).ToDouble());
            if (q % 8 == 0) worst = Math.Max(worst, Math.Abs(Apply(unit, q)[0] * unit.OutputScale - truth));
        }
        Assert.That(worst, Is.InRange(0.015, 0.0195));
        Truth.Checked("Numbers", "vector unit i-gelu, worst error 0.018 of the paper's Table 1", "Kim et al., arXiv 2101.01321", 512,
            FormattableString.Invariant($"max |error| {worst:0.0000}"));
    }

    [Test]
    public void BertSoftmax()
    {
        int rows = 0;
        foreach (double scale in Scales)
        {
            VectorFunction unit = Unit(VectorFunctionKind.Softmax, $"ibert scale={scale:R} output_bits=8");
            foreach (int[] row in Rows(60))
            {
                BigInteger[] e = [.. row.Select(q => BertExp(q - row.Max(), Fraction.Of(scale)))];
                BigInteger sum = e.Aggregate(BigInteger.Add);
                Assert.That(Apply(unit, row), Is.EqualTo(e.Select(v => (long)(new Fraction(v, sum) * 256).Floor).ToArray()),
                    string.Join(' ', row));
                rows++;
            }
        }
        Truth.Checked("Numbers", "vector unit i-softmax", Bert, rows, "equal");
    }

    [Test]
    public void Norms()
    {
        VectorFunction bert = Unit(VectorFunctionKind.LayerNorm, "ibert scale=0.1 fraction=8"),
            vit = Unit(VectorFunctionKind.LayerNorm, "ivit scale=0.1 fraction=8");
        int rows = 0;
        foreach (int[] row in Rows(200).Append([7, 7, 7]).Append([-128]).Append([127, -128]))
        {
            BigInteger mean = new Fraction(row.Sum(), row.Length).NearestEven;
            BigInteger variance = new Fraction(row.Aggregate(BigInteger.Zero, (sum, q) => sum + (q - mean) * (q - mean)), row.Length).Floor;
            BigInteger root = 0;
            while ((root + 1) * (root + 1) <= variance) root++;
            root = BigInteger.Max(1, root);
            Assert.That(Apply(bert, row), Is.EqualTo(row.Select(q => (long)((q - mean) * new Fraction(256, 1) / root).Floor).ToArray()));

            BigInteger step = variance.IsZero ? 1 : BigInteger.One << (int)variance.GetBitLength() / 2;
            for (int i = 0; i < 10 && !variance.IsZero; i++) step = new Fraction(step + new Fraction(variance, step).Floor, 2).Floor;
            BigInteger factor = new Fraction(int.MaxValue, step).Floor;
            Assert.That(Apply(vit, row), Is.EqualTo(row.Select(q => (long)((q - mean) * factor * Fraction.Power(-23)).Floor).ToArray()));
            rows++;
        }
        Truth.Checked("Numbers", "vector unit integer layer norms", "arXiv 2101.01321 and 2207.01405, algorithms in exact rationals",
            2 * rows, "equal");
    }

    [Test]
    public void Shiftmax()
    {
        int rows = 0;
        foreach (double scale in Scales)
        {
            VectorFunction unit = Unit(VectorFunctionKind.Softmax, $"ivit scale={scale:R} output_bits=8");
            foreach (int[] row in Rows(60))
            {
                BigInteger[] e = [.. row.Select(q => ShiftExp(q - row.Max(), Fraction.Of(scale), 15))];
                BigInteger factor = (int.MaxValue / (Fraction)BigInteger.Min(int.MaxValue, e.Aggregate(BigInteger.Add))).Floor;
                Assert.That(Apply(unit, row), Is.EqualTo(e.Select(v => (long)(v * factor * Fraction.Power(-24)).Floor).ToArray()),
                    string.Join(' ', row));
                rows++;
            }
        }
        Truth.Checked("Numbers", "vector unit Shiftmax", Vit, rows, "equal");
    }

    [Test]
    public void ShiftGelu()
    {
        int rows = 0;
        foreach (double scale in Scales)
        {
            VectorFunction unit = Unit(VectorFunctionKind.Gelu, $"ivit scale={scale:R} output_bits=8");
            foreach (int[] row in Rows(60))
            {
                BigInteger[] p = [.. row.Select(q => q + Half(q, 1) + Half(q, 3) + Half(q, 4))];
                BigInteger maximum = p.Max(), offset = ShiftExp(-maximum, Fraction.Of(scale), 23);
                long[] expected = new long[row.Length];
                for (int i = 0; i < row.Length; i++)
                {
                    BigInteger e = ShiftExp(p[i] - maximum, Fraction.Of(scale), 23);
                    BigInteger factor = (int.MaxValue / (Fraction)BigInteger.Min(int.MaxValue, e + offset)).Floor;
                    expected[i] = (long)(row[i] * (e * factor * Fraction.Power(-24)).Floor);
                }
                Assert.That(Apply(unit, row), Is.EqualTo(expected), string.Join(' ', row));
                rows++;
            }
        }
        Truth.Checked("Numbers", "vector unit ShiftGELU", Vit, rows, "equal");
    }

    [Test]
    public void DyadicRequantization()
    {
        var random = new Random(5);
        int rows = 0;
        foreach (int bits in new[] { 31, 16, 8 })
        {
            foreach (double scale in new[] { 0.5, 1, 0.75, 1e-3, 1e-9, 3.7, 0.999999999999, 12345.678 }.Concat(Enumerable.Range(0, 50)
                .Select(_ => Math.Exp(random.NextDouble() * 20 - 15))))
            {
                DyadicScale dyadic = DyadicScale.Of(scale, bits);
                Fraction s = Fraction.Of(scale);
                int e = 0;
                while (s * Fraction.Power(-e) >= 1) e++;
                while (s * Fraction.Power(-e) < new Fraction(1, 2)) e--;
                BigInteger b = (s * Fraction.Power(bits - e) + new Fraction(1, 2)).Floor;
                Assert.That((dyadic.Multiplier, dyadic.Shift), Is.EqualTo(((long)b, bits - e)), $"{scale:R}");
                foreach (long register in new long[] { 0, 1, -1, 2, 3, -3, 1000003, int.MinValue, int.MaxValue,
                    random.NextInt64(-1L << 40, 1L << 40) })
                {
                    Assert.That((BigInteger)dyadic.Apply(register), Is.EqualTo((b * register * Fraction.Power(e - bits)).NearestEven),
                        $"{register}·{scale:R}");
                    rows++;
                }
            }
        }
        Truth.Checked("Numbers", "dyadic requantization", "Yao et al., HAWQ-V3, arXiv 2011.10680, in exact rationals", rows, "equal");
    }

    [TestCase(VectorFunctionKind.Softmax, "ibert", "'scale' must be given")]
    [TestCase(VectorFunctionKind.Softmax, "ibert scale=0", "'scale' must be a finite number above 0")]
    [TestCase(VectorFunctionKind.Softmax, "ibert scale=0.7", "ln 2 is at least one unit")]
    [TestCase(VectorFunctionKind.Gelu, "ivit scale=0.001", "more than 31 bits")]
    [TestCase(VectorFunctionKind.Gelu, "ibert scale=0.0001", "results need")]
    [TestCase(VectorFunctionKind.Gelu, "ibert scale=0.1 bit=8", "unknown option 'bit'; known are bits, scale")]
    [TestCase(VectorFunctionKind.Tanh, "ibert scale=0.1", "unknown method 'ibert' for tanh; allowed are exact")]
    [TestCase(VectorFunctionKind.Tanh, "pade order=0", "'order' must be an integer from 1 to 12")]
    [TestCase(VectorFunctionKind.Tanh, "exact format=e4m3", "must be a float format with Inf and NaN")]
    [TestCase(VectorFunctionKind.Tanh, "pwl breakpoints=1,1", "ascending")]
    [TestCase(VectorFunctionKind.Tanh, "pwl format=e5m2 from=1 to=1.1", "one number in e5m2")]
    [TestCase(VectorFunctionKind.Softmax, "exact order=random", "must be sequential or tree")]
    public void Refusals(VectorFunctionKind kind, string text, string expected)
    {
        Assert.That(VectorFunctionCatalogue.Parse(kind, text, out string problem), Is.Null);
        Assert.That(problem, Does.Contain(expected));
    }

    private static BigInteger BertExp(BigInteger q, Fraction s)
    {
        Fraction a = new(3585, 10000), b = new(1353, 1000), c = new(344, 1000);
        BigInteger ln2 = (Fraction.Ln2 / s).Floor, z = (-q / (Fraction)ln2).Floor, p = q + z * ln2;
        return ((BigInteger.Pow(p + (b / s).Floor, 2) + (c / (a * s * s)).Floor) * Fraction.Power(-(int)z)).Floor;
    }

    private static BigInteger ShiftExp(BigInteger value, Fraction s, int places)
    {
        BigInteger unit = -(-1 / s).Floor, power = BigInteger.Max(value + Half(value, 1) - Half(value, 4), -places * unit);
        BigInteger q = (power / (Fraction)(-unit)).Floor;
        Fraction rest = power - q * -unit;
        return ((rest / 2 + unit) * Fraction.Power(places - (int)q)).Floor;
    }

    private static BigInteger Half(BigInteger value, int places) => (value * Fraction.Power(-places)).Floor;

    private static IEnumerable<int[]> Rows(int count)
    {
        var random = new Random(11);
        for (int i = 0; i < count; i++) yield return [.. Enumerable.Range(0, 1 + i % 17).Select(_ => random.Next(-128, 128))];
    }

    private static VectorFunction Unit(VectorFunctionKind kind, string text) =>
        VectorFunctionCatalogue.Parse(kind, FormattableString.Invariant($"{text}"), out string problem)
            ?? throw new AssertionException(problem);

    private static long[] Apply(VectorFunction unit, params int[] row)
    {
        FixedFormat input = (FixedFormat)unit.Input, output = (FixedFormat)unit.Output;
        uint[] codes = [.. row.Select(q => input.FromInteger(q))], result = new uint[row.Length];
        unit.Apply(codes, result);
        return Array.ConvertAll(result, output.ToInteger);
    }
}
