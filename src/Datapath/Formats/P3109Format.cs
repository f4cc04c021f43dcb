using Sim.Datapath.Structures;

namespace Sim.Datapath.Formats;

/// <summary>
/// IEEE P3109 (interim report, §4): K bits, precision P, signed or unsigned, extended (with Inf) or finite. One zero, one NaN, subnormals;
/// codes of finite magnitudes rise with their values. Signed: NaN is 10…0 (the place of -0), Inf the last code of each sign, bias
/// 2^(K-P-1). Unsigned: NaN is the last code, Inf the one before, bias 2^(K-P). Ties go to the even code; with precision 1, where every
/// significand is odd, that is the even exponent field.
/// </summary>
/// <param name="Name">Canonical name, `p3109_kKpP` and `se`, `sf`, `ue` or `uf`.</param>
/// <param name="Bits">K, 3 to 15.</param>
/// <param name="Precision">P, significant bits of a normal number: 1 to K-1, or to K when unsigned.</param>
/// <param name="IsSigned">Whether half of the codes are negative.</param>
/// <param name="IsExtended">Whether Inf has a code.</param>
public sealed record P3109Format(string Name, int Bits, int Precision, bool IsSigned, bool IsExtended) : INumberFormat
{
    /// <summary>What the exponent field exceeds the exponent by.</summary>
    public int Bias => 1 << Bits - Precision - (IsSigned ? 1 : 0);

    /// <summary>Stored significand bits.</summary>
    public int FractionBits => Precision - 1;

    /// <summary>Exponent of the smallest normal number.</summary>
    public int MinimumExponent => 1 - Bias;

    /// <summary>Code of the largest finite number.</summary>
    public uint MaximumCode => (1u << MagnitudeBits) - 1 - (IsExtended ? 1u : 0) - (IsSigned ? 0 : 1u);

    /// <summary>The only NaN.</summary>
    public uint NaNCode => IsSigned ? 1u << Bits - 1 : (1u << Bits) - 1;

    /// <inheritdoc/>
    public Exact Maximum => Decode(MaximumCode);

    /// <inheritdoc/>
    public Exact Minimum => IsSigned ? Maximum.Negated : Exact.Zero();

    /// <inheritdoc/>
    public Exact SmallestPositive => Decode(1);

    /// <inheritdoc/>
    public OperandShape Shape => new(Precision, MagnitudeBits - FractionBits, (int)(MaximumCode >> FractionBits) - 1
        + (Precision == 1 ? 1 : 0),
        MinimumExponent - FractionBits, IsSigned, Precision > 1, Bits);

    private int MagnitudeBits => IsSigned ? Bits - 1 : Bits;

    private uint InfinityCode => MaximumCode + 1;

    /// <inheritdoc/>
    public Exact Decode(uint code)
    {
        if (code == NaNCode) return Exact.NaN;
        bool negative = IsSigned && code >> Bits - 1 != 0;
        uint magnitude = code & (1u << MagnitudeBits) - 1;
        if (magnitude > MaximumCode) return Exact.Infinity(negative);
        int field = (int)(magnitude >> FractionBits);
        uint fraction = magnitude & (1u << FractionBits) - 1;
        return field == 0
            ? Exact.Finite(negative, MinimumExponent - FractionBits, fraction)
            : Exact.Finite(negative, field - Bias - FractionBits, fraction | 1u << FractionBits);
    }

    /// <summary>
    /// The code of the rounded value. Beyond the largest finite: Inf, in a finite format NaN, or what the policy says; directed modes stop
    /// there. A number that is negative after rounding has no unsigned code: NaN, or zero under a saturating policy, and Invalid.
    /// </summary>
    public uint Encode(in Exact value, Rounding rounding, out RoundingFlags flags)
    {
        flags = RoundingFlags.None;
        if (value.Class == NumberClass.NaN) return NaNCode;
        if (value.Class == NumberClass.Zero) return 0;
        bool clips = rounding.Overflow == OverflowPolicy.SaturateInfinity;
        if (value.Class == NumberClass.Infinity)
        {
            if (value.Negative && !IsSigned) return Negative(clips, out flags);
            if (clips || !IsExtended) flags = RoundingFlags.Overflow | RoundingFlags.Inexact;
            return clips ? Signed(MaximumCode, value.Negative) : InfinityOf(value.Negative);
        }
        int unit = Math.Max(value.LeadingExponent, MinimumExponent) - FractionBits;
        UInt128 kept = Rounder.Shorten(value.Significand, unit - value.Exponent, value.Negative, rounding, out bool inexact,
            IsOddBelow(value));
        long code = ((long)(unit + FractionBits - MinimumExponent) << FractionBits) + (long)kept;
        // With one significant bit the smallest normal number is the smallest number: below it a unit is 2^MinimumExponent and the sum
        // above holds.
        if (inexact) flags = RoundingFlags.Inexact;
        if (inexact && value.LeadingExponent < MinimumExponent && kept >> FractionBits == 0) flags |= RoundingFlags.Underflow;
        if (value.Negative && !IsSigned && code != 0) return Negative(rounding.Overflow != OverflowPolicy.Ieee, out flags);
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

    // Every significand of one bit is odd, so with precision 1 the code below decides, i.e. the exponent field (interim report,
    // RoundToPrecision).
    private bool? IsOddBelow(in Exact value) =>
        Precision > 1 ? null : value.LeadingExponent >= MinimumExponent && (value.LeadingExponent - MinimumExponent & 1) == 0;

    private uint Negative(bool saturates, out RoundingFlags flags)
    {
        flags = RoundingFlags.Invalid;
        return saturates ? 0 : NaNCode;
    }

    private uint Signed(uint magnitude, bool negative) => negative && magnitude != 0 ? magnitude | 1u << Bits - 1 : magnitude;

    private uint InfinityOf(bool negative) => IsExtended ? Signed(InfinityCode, negative) : NaNCode;
}
