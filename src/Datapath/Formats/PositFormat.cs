using System.Numerics;
using Sim.Datapath.Structures;

namespace Sim.Datapath.Formats;

/// <summary>
/// Posit numbers (Posit Standard 2022, and its predecessors with other exponent sizes). Below the sign of a positive code: a regime of m
/// equal bits ended by the other one (k = m-1 for ones, -m for zeros), then <paramref name="ExponentBits"/> exponent bits e, then the
/// fraction f, cut off after
/// <paramref name="Bits"/> (missing exponent bits are zeros); value = 2^(k·2^ES + e)·(1 + f). Negative numbers are the two's complement.
/// 10…0 is NaR, the only code that is no number; there is no -0 and no Inf.
/// </summary>
/// <param name="Name">Canonical name, `positN_ES`.</param>
/// <param name="Bits">Bits in a code, 3 to 32.</param>
/// <param name="ExponentBits">Exponent bits ES, 0 to 4 and below <paramref name="Bits"/>.</param>
public sealed record PositFormat(string Name, int Bits, int ExponentBits) : INumberFormat
{
    // Significand bits that rounding looks at: 28 of the widest fraction, 32 of stochastic rounding, and a sticky one.
    private const int Window = 70;

    /// <summary>Exponent of the largest number; the smallest positive one has its negative.</summary>
    public int MaximumExponent => Bits - 2 << ExponentBits;

    /// <summary>Most significant bits that a number has, the leading one included.</summary>
    public int Precision => Math.Max(1, Bits - 2 - ExponentBits);

    /// <summary>The code that is not a real number.</summary>
    public uint NaRCode => 1u << Bits - 1;

    /// <inheritdoc/>
    public Exact Maximum => Exact.Finite(false, MaximumExponent, 1);

    /// <inheritdoc/>
    public Exact Minimum => Maximum.Negated;

    /// <inheritdoc/>
    public Exact SmallestPositive => Exact.Finite(false, -MaximumExponent, 1);

    /// <inheritdoc/>
    public OperandShape Shape =>
        new(Precision, BitOperations.Log2((uint)MaximumExponent) + 2, 2 * MaximumExponent + 1 - Precision, -MaximumExponent, true, false,
            Bits) { IsTapered = true };

    /// <inheritdoc/>
    public Exact Decode(uint code)
    {
        if (code == 0) return Exact.Zero();
        if (code == NaRCode) return Exact.NaN;
        bool negative = (code & NaRCode) != 0;
        // The magnitude with its first regime bit in front.
        uint string32 = (negative ? unchecked(0u - code) : code) << 33 - Bits;
        bool ones = string32 >> 31 != 0;
        int run = BitOperations.LeadingZeroCount(ones ? ~string32 : string32);
        int regime = ones ? run - 1 : -run;
        ulong rest = (ulong)string32 << 32 << run << 1;
        int exponent = ExponentBits == 0 ? 0 : (int)(rest >> 64 - ExponentBits);
        ulong fraction = rest << ExponentBits;
        int length = fraction == 0 ? 0 : 64 - BitOperations.TrailingZeroCount(fraction);
        ulong significand = 1ul << length | (length == 0 ? 0 : fraction >> 64 - length);
        return Exact.Finite(negative, regime * (1 << ExponentBits) + exponent - length, significand);
    }

    /// <summary>
    /// The infinitely long bit string of the magnitude, rounded as an integer to the bits of a code (Standard 2022 §4.1 for nearest even;
    /// every other mode is the same rule on the same string). A number above the largest becomes the largest (Overflow), one below the
    /// smallest the smallest (Underflow), in every mode and under every overflow policy. NaN is NaR; Inf is NaR, and Overflow.
    /// </summary>
    public uint Encode(in Exact value, Rounding rounding, out RoundingFlags flags)
    {
        flags = RoundingFlags.None;
        switch (value.Class)
        {
            case NumberClass.Zero: return 0;
            case NumberClass.NaN: return NaRCode;
            case NumberClass.Infinity:
                flags = RoundingFlags.Overflow | RoundingFlags.Inexact;
                return NaRCode;
        }
        int regime = value.LeadingExponent >> ExponentBits;
        uint magnitude;
        if (regime >= Bits - 2)
        {
            magnitude = NaRCode - 1;
            if (value.LeadingExponent > MaximumExponent || !UInt128.IsPow2(value.Significand)) flags = RoundingFlags.Overflow
                | RoundingFlags.Inexact;
        }
        else if (regime < 2 - Bits)
        {
            magnitude = 1;
            flags = RoundingFlags.Underflow | RoundingFlags.Inexact;
        }
        else
        {
            UInt128 fraction = Rounder.Jam(value.Significand, value.Length - Window) ^ UInt128.One << Window - 1;
            uint exponent = (uint)(value.LeadingExponent - (regime << ExponentBits));
            int run = regime >= 0 ? regime + 2 : 1 - regime;
            UInt128 head = ((regime >= 0 ? (UInt128.One << run) - 2 : 1) << ExponentBits) | exponent;
            UInt128 text = head << Window - 1 | fraction;
            magnitude = (uint)Rounder.Shorten(text, run + ExponentBits + Window - Bits, value.Negative, rounding, out bool inexact);
            if (inexact) flags = RoundingFlags.Inexact;
        }
        return value.Negative ? unchecked(0u - magnitude) & uint.MaxValue >> 32 - Bits : magnitude;
    }
}
