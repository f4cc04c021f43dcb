using Sim.Datapath.Structures;

namespace Sim.Datapath.Formats;

/// <summary>
/// Binary floating point: sign, exponent field, fraction field, from the most significant bit. Everything else derives from these facts.
/// Finite values are (-1)^s · 2^(max(field,1) - Bias) · (f/2^FractionBits + (field > 0)); without subnormals field 0 is zero whatever f is.
/// </summary>
/// <param name="Name">Canonical name in the documented grammar.</param>
/// <param name="ExponentBits">2 to 11.</param>
/// <param name="FractionBits">Stored significand bits, 1 to 28; the whole code is at most 32 bits.</param>
/// <param name="Bias">What the exponent field exceeds the exponent by.</param>
/// <param name="Specials">Which codes are not finite.</param>
/// <param name="Subnormals">false: codes below the smallest normal read as zero, and results tiny after rounding become zero (denormals are
/// zero, flush to zero).</param>
/// <param name="WordBits">Bits of the wider word whose high end text and memories hold a code in; 0 when the code stands alone.</param>
public sealed record FloatFormat(string Name, int ExponentBits, int FractionBits, int Bias, Specials Specials, bool Subnormals = true,
    int WordBits = 0)
    : INumberFormat
{
    /// <summary>Bits in a code: sign, exponent and fraction.</summary>
    public int Bits => 1 + ExponentBits + FractionBits;

    /// <summary>Significant bits of a normal number, the hidden one included.</summary>
    public int Precision => FractionBits + 1;

    /// <summary>Exponent of the smallest normal number.</summary>
    public int MinimumExponent => 1 - Bias;

    /// <inheritdoc/>
    public Exact Maximum => Decode(MaximumCode);

    /// <inheritdoc/>
    public Exact Minimum => Maximum.Negated;

    /// <summary>Smallest normal number, 2^(1-Bias).</summary>
    public Exact MinimumNormal => Decode(1u << FractionBits);

    /// <inheritdoc/>
    public Exact SmallestPositive => Decode(Subnormals ? 1 : 1u << FractionBits);

    /// <summary>Whether a code is an infinity.</summary>
    public bool HasInfinity => Specials == Specials.Ieee;

    /// <summary>Whether a code is a NaN.</summary>
    public bool HasNaN => Specials != Specials.Finite;

    /// <summary>Whether -0 has a code of its own.</summary>
    public bool HasNegativeZero => Specials != Specials.FiniteNaNUnsignedZero;

    /// <summary>Code of the largest finite number; the codes of finite magnitudes are 0 to this, in order of value.</summary>
    public uint MaximumCode => Specials switch
    {
        Specials.Ieee => InfinityMagnitude - 1,
        Specials.FiniteNaN => SignBit - 2,
        _ => SignBit - 1,
    };

    /// <summary>The code that the default NaN of an invalid operation gets.</summary>
    public uint NaNCode => NaNOf(Exact.NaN.Negative);

    /// <inheritdoc/>
    public int ContainerBits => Math.Max(Bits, WordBits);

    /// <inheritdoc/>
    public OperandShape Shape => OperandShape.Float(ExponentBits, FractionBits, (1 << ExponentBits) - (HasInfinity ? 3 : 2),
        MinimumExponent - FractionBits, Subnormals);

    private uint SignBit => 1u << ExponentBits + FractionBits;

    private uint InfinityMagnitude => SignBit - (1u << FractionBits);

    /// <inheritdoc/>
    public Exact Decode(uint code)
    {
        bool negative = (code & SignBit) != 0;
        uint magnitude = code & SignBit - 1;
        if (magnitude > MaximumCode)
            return Specials == Specials.Ieee && magnitude == InfinityMagnitude ? Exact.Infinity(negative)
                : new(NumberClass.NaN, negative, 0, 0);
        if (magnitude == 0 && negative && Specials == Specials.FiniteNaNUnsignedZero) return Exact.NaN;
        int field = (int)(magnitude >> FractionBits);
        uint fraction = magnitude & (1u << FractionBits) - 1;
        if (field == 0) return Exact.Finite(negative, MinimumExponent - FractionBits, Subnormals ? fraction : 0);
        return Exact.Finite(negative, field - Bias - FractionBits, fraction | 1u << FractionBits);
    }

    /// <inheritdoc/>
    public bool IsSignaling(uint code)
    {
        uint magnitude = code & SignBit - 1;
        return Specials == Specials.Ieee && magnitude > InfinityMagnitude && (magnitude & 1u << FractionBits - 1) == 0;
    }

    /// <summary>
    /// The code of the rounded value. Beyond the largest finite: Inf; without Inf, NaN; without NaN, the largest finite; or what the policy
    /// says.
    /// NaN into a format without NaN: the zero of the other sign (as ml_dtypes does), and Invalid. Underflow is raised when the result is
    /// inexact and tiny after rounding.
    /// </summary>
    public uint Encode(in Exact value, Rounding rounding, out RoundingFlags flags)
    {
        flags = RoundingFlags.None;
        switch (value.Class)
        {
            case NumberClass.NaN:
                if (!HasNaN) flags = RoundingFlags.Invalid;
                return NaNOf(value.Negative);
            case NumberClass.Zero: return Signed(0, value.Negative);
            case NumberClass.Infinity:
                bool clipped = rounding.Overflow == OverflowPolicy.SaturateInfinity;
                if (clipped || !HasInfinity) flags = RoundingFlags.Overflow | RoundingFlags.Inexact;
                return clipped ? Signed(MaximumCode, value.Negative) : InfinityOf(value.Negative);
            default: return EncodeFinite(value, rounding, ref flags);
        }
    }

    private uint EncodeFinite(in Exact value, in Rounding rounding, ref RoundingFlags flags)
    {
        bool tiny = value.LeadingExponent < MinimumExponent && IsTinyAfterRounding(value, rounding);
        if (tiny && !Subnormals)
        {
            flags = RoundingFlags.Underflow | RoundingFlags.Inexact;
            return Signed(0, value.Negative);
        }
        int unit = Math.Max(value.LeadingExponent, MinimumExponent) - FractionBits;
        UInt128 kept = Rounder.Shorten(value.Significand, unit - value.Exponent, value.Negative, rounding, out bool inexact);
        // A carry out of the significand, or a subnormal that reached the first normal, moves the exponent field on by itself.
        long code = ((long)(unit + FractionBits - MinimumExponent) << FractionBits) + (long)kept;
        if (inexact) flags = RoundingFlags.Inexact;
        if (tiny && inexact) flags |= RoundingFlags.Underflow;
        if (code <= MaximumCode) return Signed((uint)code, value.Negative);
        flags = RoundingFlags.Overflow | RoundingFlags.Inexact;
        bool stops = rounding.Overflow != OverflowPolicy.Ieee || rounding.Mode switch
        {
            RoundingMode.ToZero => true,
            RoundingMode.Up => value.Negative,
            RoundingMode.Down => !value.Negative,
            _ => false,
        };
        return stops ? Signed(MaximumCode, value.Negative) : InfinityOf(value.Negative);
    }

    // Tininess is judged on the value rounded to full precision as if the exponent had no lower bound (§7.5).
    private bool IsTinyAfterRounding(in Exact value, in Rounding rounding)
    {
        if (value.LeadingExponent < MinimumExponent - 1) return true;
        int unit = value.LeadingExponent - FractionBits;
        UInt128 full = Rounder.Shorten(value.Significand, unit - value.Exponent, value.Negative, rounding, out _);
        return full >> Precision == 0;
    }

    private uint Signed(uint magnitude, bool negative) =>
        negative && (magnitude != 0 || HasNegativeZero) ? magnitude | SignBit : magnitude;

    private uint InfinityOf(bool negative) =>
        HasInfinity ? Signed(InfinityMagnitude, negative) : HasNaN ? NaNOf(negative) : Signed(MaximumCode, negative);

    private uint NaNOf(bool negative) => Specials switch
    {
        Specials.Ieee => Signed(InfinityMagnitude | 1u << FractionBits - 1, negative),
        Specials.FiniteNaN => Signed(SignBit - 1, negative),
        Specials.FiniteNaNUnsignedZero => SignBit,
        _ => Signed(0, !negative),
    };
}
