using System.Numerics;
using Sim.Datapath.Formats;
using Sim.Tests;

namespace Sim.Datapath.Tests.Numbers;

/// <summary>Product, sum and fused multiply-add of every pair of codes of every format of 8 bits, against integers and a list of the
/// format's numbers.</summary>
public sealed class ExhaustiveArithmeticTests
{
    private static readonly string[] Others =
        ["posit8_0", "posit8_1", "posit8_2", "posit8_3", "posit8_4", "posit7_2", "int8", "uint8", "q4.4", "q2.6", "uq3.5", "sm4.4",
            "p3109_k8p3se", "p3109_k8p4se", "p3109_k8p5se", "e6m1", "e2m5_fn", "e4m3fnuz"];

    /// <summary>Every named format of up to 8 bits whose numbers are on a grid of their own, and what the grammars make of 8 bits.
    /// Codebooks and logarithms have tests of their own.</summary>
    public static IEnumerable<string> Formats() =>
        FormatCatalogue.Named.Where(f => f.Bits <= 8 && f is not CodebookFormat).Select(f => f.Name).Concat(Others).Distinct();

    [TestCaseSource(nameof(Formats))]
    public void EveryPair(string name)
    {
        INumberFormat format = FormatCatalogue.Parse(name);
        var table = new ExactTable(format);
        var random = new Random(8);
        var rounding = new Rounding(format is HiFloat8Format ? RoundingMode.NearestAway : RoundingMode.NearestEven);
        uint count = 1u << format.Bits;
        uint[] addends = [0, 1, count / 2, count / 2 - 1, count - 1];
        long checks = 0;
        for (uint a = 0; a < count; a++)
            for (uint b = 0; b < count; b++)
            {
                Check("mul", a, b, null, format.Multiply(a, b, rounding, out _), Expected(format, table, a, b, null));
                Check("add", a, b, null, format.Add(a, b, rounding, out _), Sum(format, table, a, b));
                foreach (uint c in new[] { addends[random.Next(addends.Length)], (uint)random.Next((int)count) })
                    Check("fma", a, b, c, format.MultiplyAdd(a, b, c, rounding, out _), Expected(format, table, a, b, c));
                checks += 4;
            }
        Assert.That(checks, Is.EqualTo(4L << 2 * format.Bits));
        Truth.Checked("Numbers", $"{name}: mul, add, fma of every pair of codes",
            "exact integers, rounded by a list of the format's numbers", checks, "equal");

        void Check(string operation, uint x, uint y, uint? z, uint found, uint? expected)
        {
            if (expected is { } e ? found != e
                : !table.IsNaN(found)) Assert.Fail($"{operation} {x:x} {y:x} {z:x} gave {found:x}, not {(expected is { } w ? w.ToString("x") : "NaN")}");
        }
    }

    // IEEE 754 §6 and §7.2: NaN stays, 0·Inf and Inf-Inf are NaN; zeros by the signs of what was added.
    private static uint? Expected(INumberFormat format, ExactTable table, uint a, uint b, uint? c)
    {
        Exact x = format.Decode(a), y = format.Decode(b);
        bool sign = x.Negative != y.Negative, infinite = x.Class == NumberClass.Infinity || y.Class == NumberClass.Infinity;
        if (table.IsNaN(a) || table.IsNaN(b) || c is { } n && table.IsNaN(n)) return null;
        if (infinite && (x.Class == NumberClass.Zero || y.Class == NumberClass.Zero)) return null;
        if (c is not { } addend) return infinite ? table.Infinity(sign) : table.Round(table.Value(a) * table.Value(b), sign);
        Exact z = format.Decode(addend);
        if (z.Class == NumberClass.Infinity) return infinite && sign != z.Negative ? null : addend;
        if (infinite) return table.Infinity(sign);
        return Finite(table, table.Value(a) * table.Value(b), sign, table.Value(addend) << table.Unit, z.Negative);
    }

    private static uint? Sum(INumberFormat format, ExactTable table, uint a, uint b)
    {
        Exact x = format.Decode(a), y = format.Decode(b);
        if (table.IsNaN(a) || table.IsNaN(b)) return null;
        if (x.Class == NumberClass.Infinity) return y.Class == NumberClass.Infinity && x.Negative != y.Negative ? null : a;
        if (y.Class == NumberClass.Infinity) return b;
        return Finite(table, table.Value(a) << table.Unit, x.Negative, table.Value(b) << table.Unit, y.Negative);
    }

    private static uint? Finite(ExactTable table, BigInteger x, bool xNegative, BigInteger y, bool yNegative)
    {
        BigInteger sum = x + y;
        return table.Round(sum, sum.IsZero ? xNegative && yNegative : sum.Sign < 0);
    }
}
