using Sim.Datapath.Formats;
using Sim.Datapath.Formats.Logarithmic;
using Sim.Datapath.Structures;

namespace Sim.Datapath.Specs;

/// <summary>
/// Logarithms added, and the product made linear (Zhao et al., LNS-Madam, IEEE TC 2022). The sum is w·2^R + r, 0 ≤ r &lt; 2^R. The high
/// <paramref name="Lookup"/> bits j of r select 2^(j/2^Lookup), rounded to nearest with <paramref name="Bits"/> bits below the point; the
/// low bits, as a fraction f = low/2^R, are taken as 2^f ≈ 1 + f (Mitchell). Product = ±2^w · table[j] · (1 + f), an exact number. Lookup =
/// R is a plain table, 0 plain Mitchell.
/// Sums of such numbers without rounding (an exact accumulator) equal sums in one integer bin a remainder, each multiplied by its constant
/// at the end.
/// </summary>
/// <param name="Bits">Bits below the point of a table entry, 1 to 52. 52 is a binary64 table.</param>
/// <param name="Lookup">Bits of the remainder that address the table, 0 to R; null: R.</param>
public sealed record LogMultiplier(int Bits, int? Lookup) : MultiplierSpec
{
    /// <summary>Most bits of a table entry, and those it has when none are given.</summary>
    public const int MostBits = 52;

    /// <summary>Most address bits of a table.</summary>
    public const int MostLookup = 14;

    /// <inheritdoc/>
    public override string Kind => "log";

    /// <inheritdoc/>
    public override string? Refuses(INumberFormat activation, INumberFormat weight)
    {
        if (activation is not LogFormat a || weight is not LogFormat w || a.FractionBits != w.FractionBits)
            return $"logarithms are added of two logarithmic operands with the same fraction bits, found {activation.Name} and {weight.Name}";
        int lookup = Lookup ?? a.FractionBits;
        if (lookup > MostLookup) return $"a power table has at most {MostLookup} address bits, found {lookup}; keep fewer in the table (lookup)";
        return lookup > a.FractionBits
            ? $"the remainder of {a.Name} has {a.FractionBits} bits, fewer than the {lookup} that address the table" : null;
    }

    /// <inheritdoc/>
    public override Exact Multiply(INumberFormat activation, INumberFormat weight, uint a, uint w)
    {
        (var x, var y) = ((LogFormat)activation, (LogFormat)weight);
        if (a == x.NaNCode || w == y.NaNCode) return Exact.NaN;
        if (a == x.ZeroCode || w == y.ZeroCode) return Exact.Zero();
        int r = x.FractionBits, lookup = Lookup ?? r, low = r - lookup;
        int sum = x.Logarithm(a) + y.Logarithm(w), whole = sum >> r, remainder = sum - (whole << r);
        UInt128 power = LogTables.Of(lookup).Rounded(remainder >> low, Bits + 1);
        // 1 + f counts in units of 2^-R.
        UInt128 mitchell = (UInt128.One << r) + (UInt128)(remainder & (1 << low) - 1);
        return Exact.Finite(x.IsNegative(a) != y.IsNegative(w), whole - Bits - r, power * mitchell);
    }

    /// <inheritdoc/>
    public override ProductShape Product(OperandShape activation, OperandShape weight)
    {
        (int fraction, int lookup) = Split(activation);
        int whole = Math.Max(activation.StorageBits, weight.StorageBits) - fraction, below = Bits + fraction - lookup;
        return Number(new OperandShape(below + 1, whole, (1 << whole) - 1, -(1 << whole - 1) - below, true, false, whole + below + 1));
    }

    /// <summary>Adder of logarithms, table (a tree of multiplexers over constants, which synthesis can only shrink) and, for a hybrid, the
    /// multiplication by 1 + f.</summary>
    public override Structure Logic(OperandShape activation, OperandShape weight)
    {
        (int fraction, int lookup) = Split(activation);
        bool hybrid = lookup > 0 && lookup < fraction;
        return Structure.Empty
            .With("zero and NaN detection", PrimitiveKind.Gate, activation.StorageBits + weight.StorageBits)
            .With("product sign", PrimitiveKind.Xor, 1)
            .With("logarithm adder", PrimitiveKind.Adder, Math.Max(activation.StorageBits, weight.StorageBits), onPath: true)
            .With("power table", PrimitiveKind.Mux, Bits, count: (1 << lookup) - 1, onPath: true)
            .With("Mitchell multiplier", PrimitiveKind.Multiplier, hybrid ? fraction - lookup : 0, Bits + 1, onPath: true)
            .With("Mitchell adder", PrimitiveKind.Adder, hybrid ? Bits + 1 : 0, onPath: true);
    }

    private (int Fraction, int Lookup) Split(OperandShape shape) => (shape.SignificandBits - 1, Lookup ?? shape.SignificandBits - 1);
}
