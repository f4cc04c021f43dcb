using Sim.Datapath.Formats;

namespace Sim.Datapath.Specs;

/// <summary>
/// The bounds of a posit's exact register: two's complement of <paramref name="Bits"/> whose unit is 2^<paramref name="Unit"/>, the square
/// of the smallest posit. A sum that leaves it is NaR from then on (and counts as an overflow), as is one that met NaR; nothing wraps.
/// </summary>
public sealed record Quire(int Bits, int Unit)
{
    /// <summary>Widest register.</summary>
    public const int MostBits = 8192;

    /// <summary>The quire of the Posit Standard 2022 §3.4: 16 bits for each bit of the posit.</summary>
    public static int StandardBits(PositFormat format) => 16 * format.Bits;

    /// <summary>Bits that one product of the largest magnitude needs, sign included.</summary>
    public static int FewestBits(PositFormat format) => 4 * format.MaximumExponent + 2;

    /// <summary>The accumulator of posit sums with a quire of <paramref name="bits"/>.</summary>
    public static ExactAccumulator Accumulator(PositFormat format, int bits, RoundingMode rounding) =>
        new(format, rounding, OverflowPolicy.Ieee) { Quire = new(bits, -2 * format.MaximumExponent) };

    /// <summary>null when every product of the operands is a multiple of the unit and fits; else what is wrong.</summary>
    public string? Refuses(INumberFormat activation, INumberFormat weight)
    {
        if (activation is not PositFormat a
            || weight is not PositFormat w) return $"a quire sums products of posits, found {activation.Name} and {weight.Name}";
        int most = a.MaximumExponent + w.MaximumExponent;
        if (most > -Unit) return $"products of {activation.Name} and {weight.Name} reach down to 2^-{most}, below the quire's unit 2^{Unit}";
        return most - Unit + 2 > Bits
            ? $"products of {activation.Name} and {weight.Name} need a quire of {most - Unit + 2} bits, found {Bits}" : null;
    }

    /// <summary>Whether no sum of <paramref name="k"/> products of these operands can leave the register, in any order.</summary>
    public bool Holds(INumberFormat activation, INumberFormat weight, int k) => activation is PositFormat a && weight is PositFormat w
        && a.MaximumExponent + w.MaximumExponent + 64 - System.Numerics.BitOperations.LeadingZeroCount((ulong)k) <= Bits - 1 + Unit;
}
