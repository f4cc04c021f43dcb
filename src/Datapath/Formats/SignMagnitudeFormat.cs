using Sim.Datapath.Structures;

namespace Sim.Datapath.Formats;

/// <summary>
/// Sign and magnitude with a binary point: value = (-1)^s · integer · 2^-Fraction, the sign in the most significant bit; the mantissa of
/// block floating point.
/// -0 has a code; there is no Inf or NaN: beyond the range the nearest end (Overflow), NaN becomes 0 (Invalid).
/// </summary>
/// <param name="Name">Canonical name.</param>
/// <param name="Bits">Bits in a code, sign included, 2 to 16.</param>
/// <param name="Fraction">Bits below the binary point.</param>
public sealed record SignMagnitudeFormat(string Name, int Bits, int Fraction) : INumberFormat
{
    private uint Largest => (1u << Bits - 1) - 1;

    /// <inheritdoc/>
    public Exact Maximum => Exact.Finite(false, -Fraction, Largest);

    /// <inheritdoc/>
    public Exact Minimum => Maximum.Negated;

    /// <inheritdoc/>
    public Exact SmallestPositive => Exact.Finite(false, -Fraction, 1);

    /// <inheritdoc/>
    public OperandShape Shape => new(Bits - 1, 0, 0, -Fraction, true, false, Bits);

    /// <inheritdoc/>
    public Exact Decode(uint code) => Exact.Finite((code & 1u << Bits - 1) != 0, -Fraction, code & Largest);

    /// <inheritdoc/>
    public uint Encode(in Exact value, Rounding rounding, out RoundingFlags flags)
    {
        uint sign = value.Negative ? 1u << Bits - 1 : 0;
        flags = value.Class == NumberClass.NaN ? RoundingFlags.Invalid : RoundingFlags.None;
        if (value.Class == NumberClass.NaN) return 0;
        if (value.Class == NumberClass.Zero) return sign;
        if (value.Class == NumberClass.Finite && value.LeadingExponent + Fraction <= Bits)
        {
            UInt128 kept = Rounder.Shorten(value.Significand, -Fraction - value.Exponent, value.Negative, rounding, out bool inexact);
            if (inexact) flags = RoundingFlags.Inexact;
            if (kept <= Largest) return sign | (uint)kept;
        }
        flags = RoundingFlags.Overflow | RoundingFlags.Inexact;
        return sign | Largest;
    }
}
