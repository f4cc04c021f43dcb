using Sim.Datapath.Structures;

namespace Sim.Datapath.Formats;

/// <summary>
/// Binary fixed point: value = integer · 2^-Fraction, two's complement when signed. Fraction 0 is a plain integer (intN, uintN).
/// There is no Inf, NaN or -0: what lies beyond the range becomes the nearest end (Overflow), Inf the end of its sign (Overflow), NaN 0
/// (Invalid).
/// </summary>
/// <param name="Name">Canonical name in the documented grammar.</param>
/// <param name="Bits">Bits in a code, sign included, 2 to 32.</param>
/// <param name="Fraction">Bits below the binary point, 0 to Bits.</param>
/// <param name="IsSigned">Two's complement, or unsigned.</param>
public sealed record FixedFormat(string Name, int Bits, int Fraction, bool IsSigned) : INumberFormat
{
    /// <summary>Largest code as a signed or unsigned integer.</summary>
    public long MaximumInteger => (1L << (IsSigned ? Bits - 1 : Bits)) - 1;

    /// <summary>Smallest code as a signed or unsigned integer.</summary>
    public long MinimumInteger => IsSigned ? -(1L << Bits - 1) : 0;

    /// <inheritdoc/>
    public Exact Maximum => Exact.Integer(MaximumInteger, -Fraction);

    /// <inheritdoc/>
    public Exact Minimum => Exact.Integer(MinimumInteger, -Fraction);

    /// <inheritdoc/>
    public Exact SmallestPositive => Exact.Integer(1, -Fraction);

    /// <inheritdoc/>
    public OperandShape Shape => OperandShape.Fixed(Bits, Fraction, IsSigned);

    /// <summary>A code as the integer it holds, before the binary point is placed.</summary>
    public long ToInteger(uint code) => IsSigned ? unchecked((long)((ulong)code << 64 - Bits)) >> 64 - Bits : code;

    /// <summary>The code of an integer in range.</summary>
    public uint FromInteger(long integer) => (uint)(unchecked((ulong)integer) & ulong.MaxValue >> 64 - Bits);

    /// <inheritdoc/>
    public Exact Decode(uint code) => Exact.Integer(ToInteger(code), -Fraction);

    /// <inheritdoc/>
    public uint Encode(in Exact value, Rounding rounding, out RoundingFlags flags)
    {
        flags = RoundingFlags.None;
        if (value.Class == NumberClass.Zero) return 0;
        if (value.Class == NumberClass.NaN)
        {
            flags = RoundingFlags.Invalid;
            return 0;
        }
        // Anything with a leading one at 2^Bits or above, Inf included, is out of range however it is rounded.
        if (value.Class == NumberClass.Finite && value.LeadingExponent + Fraction <= Bits)
        {
            UInt128 kept = Rounder.Shorten(value.Significand, -Fraction - value.Exponent, value.Negative, rounding, out bool inexact);
            long integer = value.Negative ? -(long)kept : (long)kept;
            if (inexact) flags = RoundingFlags.Inexact;
            if (integer >= MinimumInteger && integer <= MaximumInteger) return FromInteger(integer);
        }
        flags = RoundingFlags.Overflow | RoundingFlags.Inexact;
        return FromInteger(value.Negative ? MinimumInteger : MaximumInteger);
    }
}
