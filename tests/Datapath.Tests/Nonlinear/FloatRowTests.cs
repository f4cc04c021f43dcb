using System.Numerics;
using Sim.Datapath.Nonlinear;
using Sim.Tests;

namespace Sim.Datapath.Tests.Nonlinear;

/// <summary>Softmax, norms, stepwise functions, tables and Padé in fp16 and bf16 against the stated order of operations, each rounded in
/// exact rational arithmetic.</summary>
public class FloatRowTests
{
    private static readonly SmallFloat[] Formats = [SmallFloat.Half, SmallFloat.Bfloat];

    [Test]
    public void Softmax()
    {
        int rows = 0;
        foreach (SmallFloat f in Formats)
            foreach (string order in new[] { "sequential", "tree" })
                foreach (string division in new[] { "divide", "reciprocal" })
                {
                    VectorFunction unit = Unit(VectorFunctionKind.Softmax, $"exact format={f.Name} order={order} division={division}");
                    foreach (uint[] row in Rows(f, 40, 12))
                    {
                        Fraction[] x = [.. row.Select(f.Value)];
                        Fraction[] e = [.. x.Select(v => f.Round(Fraction.Exp(f.Round(v - x.Max()))))];
                        Fraction sum = Sum(f, e, order == "tree");
                        Expect(f, unit, row, [.. e.Select(v => division == "divide" ? f.Round(v / sum) : f.Round(v * f.Round(1 / sum)))]);
                        rows++;
                    }
                }
        Truth.Checked("Numbers", "vector unit softmax in fp16 and bf16", "stated order of operations in exact rationals", rows, "equal");
    }

    [Test]
    public void TwoPassSoftmax()
    {
        int rows = 0;
        foreach (SmallFloat f in Formats)
        {
            VectorFunction unit = Unit(VectorFunctionKind.Softmax, $"two_pass format={f.Name}");
            foreach (uint[] row in Rows(f, 60, 60))
            {
                Fraction[] x = [.. row.Select(f.Value)];
                BigInteger[] n = [.. x.Select(v => (v / Fraction.Ln2).NearestEven)];
                Fraction[] m = [.. x.Select((v, i) => f.Round(Fraction.Exp(v - n[i] * Fraction.Ln2)))];
                Fraction sum = m[0];
                BigInteger top = n[0];
                for (int i = 1; i < row.Length; i++)
                {
                    BigInteger larger = BigInteger.Max(n[i], top);
                    sum = f.Round(f.Round(m[i] * Fraction.Power((int)(n[i] - larger)))
                        + f.Round(sum * Fraction.Power((int)(top - larger))));
                    top = larger;
                }
                Fraction inverse = f.Round(1 / sum);
                Expect(f, unit, row, [.. m.Select((v, i) => f.Round(f.Round(v * inverse) * Fraction.Power((int)(n[i] - top))))]);
                rows++;
            }
        }
        Truth.Checked("Numbers", "vector unit two-pass softmax in fp16 and bf16",
            "Dukhan and Ablavatski, arXiv 2001.04438, in exact rationals", rows, "equal");
    }

    [Test]
    public void Norms()
    {
        int rows = 0;
        foreach (SmallFloat f in Formats)
            foreach (VectorFunctionKind kind in new[] { VectorFunctionKind.LayerNorm, VectorFunctionKind.RmsNorm })
                foreach (string order in new[] { "sequential", "tree" })
                {
                    VectorFunction unit = Unit(kind, $"exact format={f.Name} order={order} epsilon=0.001");
                    foreach (uint[] row in Rows(f, 40, 8))
                    {
                        Fraction[] x = [.. row.Select(f.Value)];
                        Fraction n = f.Round(x.Length), mean = f.Round(Sum(f, x, order == "tree") / n);
                        Fraction[] d = kind == VectorFunctionKind.LayerNorm ? [.. x.Select(v => f.Round(v - mean))] : x;
                        Fraction variance = f.Round(Sum(f, [.. d.Select(v => f.Round(v * v))], order == "tree") / n);
                        Fraction deviation = f.Round(Fraction.Root(f.Round(variance + f.Round(Fraction.Of(0.001)))));
                        Expect(f, unit, row, [.. d.Select(v => f.Round(v / deviation))]);
                        rows++;
                    }
                }
        Truth.Checked("Numbers", "vector unit layer and RMS norm in fp16 and bf16", "stated order of operations in exact rationals", rows,
            "equal");
    }

    [Test]
    public void Steps()
    {
        Fraction root = Fraction.Root(new Fraction(1, 2));
        Each("steps", VectorFunctionKind.Sigmoid, (f, x) => f.Round(1 / f.Round(1 + f.Round(Fraction.Exp(-x)))));
        Each("steps", VectorFunctionKind.Silu, (f, x) => f.Round(x / f.Round(1 + f.Round(Fraction.Exp(-x)))));
        Each("steps", VectorFunctionKind.Gelu,
            (f, x) => f.Round(f.Round(x / 2) * f.Round(1 + f.Round(Fraction.Erf(f.Round(x * f.Round(root)))))));
        Each("steps", VectorFunctionKind.Tanh, (f, x) =>
        {
            Fraction e = f.Round(Fraction.Exp(-f.Round(2 * x.Absolute))), t = f.Round(f.Round(1 - e) / f.Round(1 + e));
            return x < 0 ? -t : t;
        });
    }

    [Test]
    public void Pade() => Each("pade order=4", VectorFunctionKind.Tanh, (f, x) =>
    {
        Fraction square = f.Round(x * x), d = 9;
        foreach (int odd in new[] { 7, 5, 3, 1 }) d = f.Round(odd + f.Round(square / d));
        Fraction y = f.Round(x / d);
        return y > 1 ? 1 : y < -1 ? -1 : y;
    });

    [Test]
    public void PiecewiseLinear() => Each("pwl segments=8 from=-4 to=4", VectorFunctionKind.Sigmoid, (f, x) =>
    {
        Fraction At(Fraction v) => f.Round(1 / (1 + Fraction.Exp(-v)));
        if (x < -4) return At(-4);
        if (x >= 4) return At(4);
        BigInteger from = x.Floor;
        Fraction slope = f.Round(f.Round(At(from + 1) - At(from)) / 1), intercept = f.Round(At(from) - slope * from);
        return f.Round(slope * x + intercept);
    });

    [Test]
    public void NaNAndInfinityMakeTheRowNaN()
    {
        foreach (string method in new[] { "exact", "two_pass" })
        {
            VectorFunction unit = Unit(VectorFunctionKind.Softmax, $"{method} format=fp16");
            uint[] result = new uint[2];
            foreach (uint bad in new uint[] { 0x7e00, 0x7c00 })
            {
                unit.Apply([0x3c00, bad], result);
                Assert.That(result.Select(c => c & 0x7fff), Has.All.GreaterThan(0x7c00u));
            }
            unit.Apply([0x3c00, 0xfc00], result);
            Assert.That(result, Is.EqualTo(new uint[] { 0x3c00, 0 }), "-Inf is weight 0");
        }
    }

    private static void Each(string method, VectorFunctionKind kind, Func<SmallFloat, Fraction, Fraction> steps)
    {
        int rows = 0;
        foreach (SmallFloat f in Formats)
        {
            VectorFunction unit = Unit(kind, $"{method} format={f.Name}");
            for (uint code = 0; code < 2 * f.Sign; code += 37)
            {
                if (!f.IsFinite(code) || f.Value(code).Absolute > 10 || f.Value(code).Absolute < Fraction.Power(-60)) continue;
                Expect(f, unit, [code], [steps(f, f.Value(code))]);
                rows++;
            }
        }
        Truth.Checked("Numbers", $"vector unit {kind} by {method}", "stated order of operations in exact rationals", rows, "equal");
    }

    private static void Expect(SmallFloat f, VectorFunction unit, uint[] row, Fraction[] expected)
    {
        uint[] result = new uint[row.Length];
        unit.Apply(row, result);
        for (int i = 0; i < row.Length; i++)
        {
            uint wanted = f.Code(expected[i]);
            // Oracles hold no signed zero.
            Assert.That(wanted == 0 ? result[i] & f.Sign - 1 : result[i], Is.EqualTo(wanted),
                $"{unit.Text} of {string.Join(' ', row.Select(c => c.ToString("x4", null)))} at {i}");
        }
    }

    private static Fraction Sum(SmallFloat f, Fraction[] row, bool tree)
    {
        if (row.Length == 1) return row[0];
        if (!tree) return row.Skip(1).Aggregate(row[0], (sum, x) => f.Round(sum + x));
        return Sum(f, [.. row.Chunk(2).Select(p => p.Length == 2 ? f.Round(p[0] + p[1]) : p[0])], true);
    }

    private static IEnumerable<uint[]> Rows(SmallFloat f, int count, int range)
    {
        var random = new Random(7);
        for (int i = 0; i < count; i++) yield return [.. Enumerable.Range(0, 2 + i % 13)
            .Select(_ => f.Code(Fraction.Of((random.NextDouble() * 2 - 1) * range)))];
    }

    private static VectorFunction Unit(VectorFunctionKind kind, string text) =>
        VectorFunctionCatalogue.Parse(kind, text, out string problem) ?? throw new AssertionException(problem);
}
