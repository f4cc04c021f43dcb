using Sim.Datapath.Structures;

namespace Sim.Datapath.Formats;

/// <summary>
/// HiFloat8 (Luo et al., arXiv 2409.16626, §3): sign, a prefix (the dot field) that says how many exponent and mantissa bits follow, a
/// sign-magnitude exponent whose leading one is implied, and the mantissa. |E| 8 to 15 keeps 1 fraction bit, 4 to 7 keeps 2, up to 3 keeps
/// 3; below 2^-15 there are bare powers of two down to 2^-22. 00 is zero, 80 NaN, 6f and ef ±Inf; no -0. Rounding happens at the width that
/// the exponent of the input has; a carry may move on to the next width. The paper rounds half away (`nearest_away`).
/// </summary>
/// <param name="Name">Canonical name.</param>
public sealed record HiFloat8Format(string Name) : INumberFormat
{
    private const int SmallestExponent = -22, LastTaper = -15, LargestExponent = 15;
    private const uint SignBit = 0x80, NaNCode = 0x80, InfinityMagnitude = 0x6f, MaximumCode = 0x6e;

    // Codes of the exponents: class prefix (from the bit below the sign), exponent bits, fraction bits, by the length of |E|.
    private static readonly (int PrefixShift, uint Prefix, int ExponentBits, int FractionBits)[] Classes =
        [(3, 0b0001, 0, 3), (4, 0b001, 1, 3), (5, 0b01, 2, 3), (5, 0b10, 3, 2), (5, 0b11, 4, 1)];

    /// <inheritdoc/>
    public int Bits => 8;

    /// <inheritdoc/>
    public Exact Maximum => Exact.Finite(false, LargestExponent, 1);

    /// <inheritdoc/>
    public Exact Minimum => Maximum.Negated;

    /// <inheritdoc/>
    public Exact SmallestPositive => Exact.Finite(false, SmallestExponent, 1);

    /// <summary>As a multiplier sees it once the tapered fields are unpacked: 4 significand bits, exponents -22 to 15.</summary>
    public OperandShape Shape => new(4, 6, LargestExponent - SmallestExponent, SmallestExponent - 3, true, false, 8) { IsTapered = true };

    /// <inheritdoc/>
    public Exact Decode(uint code)
    {
        if (code == NaNCode) return Exact.NaN;
        bool negative = (code & SignBit) != 0;
        uint magnitude = code & SignBit - 1;
        if (magnitude == InfinityMagnitude) return Exact.Infinity(negative);
        if (magnitude < 8) return magnitude == 0 ? Exact.Zero() : Exact.Finite(negative, (int)magnitude + SmallestExponent - 1, 1);
        (_, _, int exponentBits, int fractionBits) = Classes[ClassOf(magnitude)];
        uint fraction = magnitude & (1u << fractionBits) - 1, field = magnitude >> fractionBits & (1u << exponentBits) - 1;
        int exponent = 0;
        if (exponentBits > 0)
        {
            uint signOfExponent = 1u << exponentBits - 1;
            int size = (int)(field & signOfExponent - 1 | signOfExponent);
            exponent = (field & signOfExponent) != 0 ? -size : size;
        }
        return Exact.Finite(negative, exponent - fractionBits, fraction | 1u << fractionBits);
    }

    /// <inheritdoc/>
    public uint Encode(in Exact value, Rounding rounding, out RoundingFlags flags)
    {
        flags = RoundingFlags.None;
        if (value.Class == NumberClass.NaN) return NaNCode;
        if (value.Class == NumberClass.Zero) return 0;
        uint sign = value.Negative ? SignBit : 0;
        if (value.Class == NumberClass.Infinity)
        {
            if (rounding.Overflow != OverflowPolicy.SaturateInfinity) return InfinityMagnitude | sign;
            flags = RoundingFlags.Overflow | RoundingFlags.Inexact;
            return MaximumCode | sign;
        }
        // Below the smallest power there is only zero: the last unit is 2^-22.
        int leading = Math.Max(value.LeadingExponent, SmallestExponent);
        int fractionBits = leading < LastTaper ? 0 : Classes[Math.Min(ClassIndex(leading), Classes.Length - 1)].FractionBits;
        UInt128 kept = Rounder.Shorten(value.Significand, leading - fractionBits - value.Exponent, value.Negative, rounding,
            out bool inexact);
        if (inexact) flags = RoundingFlags.Inexact;
        if (kept == 0)
        {
            flags |= RoundingFlags.Underflow;
            return 0;
        }
        int exponent = leading;
        uint fraction = (uint)kept & (1u << fractionBits) - 1;
        if (kept >> fractionBits == 2) exponent++;
        if (exponent < LastTaper) return (uint)(exponent - SmallestExponent + 1) | sign;
        // 1.5·2^15 would be the code of Inf.
        if (exponent < LargestExponent || exponent == LargestExponent && fraction == 0) return Magnitude(exponent, fraction) | sign;
        flags = RoundingFlags.Overflow | RoundingFlags.Inexact;
        bool stops = rounding.Overflow != OverflowPolicy.Ieee || rounding.Mode == RoundingMode.ToZero
            || rounding.Mode == (value.Negative ? RoundingMode.Up : RoundingMode.Down);
        return (stops ? MaximumCode : InfinityMagnitude) | sign;
    }

    // The fraction is 0 when the exponent was carried into another class, so it fits every width.
    private static uint Magnitude(int exponent, uint fraction)
    {
        (int prefixShift, uint prefix, int exponentBits, int fractionBits) = Classes[ClassIndex(exponent)];
        uint field = 0;
        if (exponentBits > 0)
        {
            uint signOfExponent = 1u << exponentBits - 1;
            field = (uint)Math.Abs(exponent) & signOfExponent - 1 | (exponent < 0 ? signOfExponent : 0);
        }
        return prefix << prefixShift | field << fractionBits | fraction;
    }

    // Bits of |exponent|.
    private static int ClassIndex(int exponent) => 32 - System.Numerics.BitOperations.LeadingZeroCount((uint)Math.Abs(exponent));

    private static int ClassOf(uint magnitude) => (magnitude >> 5) switch
    {
        0b11 => 4,
        0b10 => 3,
        0b01 => 2,
        _ => magnitude >> 4 == 1 ? 1 : 0,
    };
}
