using System.Numerics;
using Sim.Datapath.Structures;

namespace Sim.Datapath.Formats.Logarithmic;

/// <summary>
/// Logarithmic numbers, as lns&lt;n,r&gt; of the Universal library: a sign bit and q, the base-2 logarithm of the magnitude as a two's
/// complement fixed-point number with <paramref name="FractionBits"/> bits below the point; value = ±2^(q/2^R). The most negative q is
/// zero, and NaN with the sign set; there is no Inf and no -0. Rounding happens in the logarithm: half way is between the logarithms of two
/// numbers. Results beyond the largest number become the largest under every policy (Overflow); below half the way (in the logarithm) from
/// the smallest number to the unused logarithm under it they become zero (Underflow).
/// </summary>
/// <param name="Name">Canonical name, `lnsN_R`.</param>
/// <param name="Bits">Bits in a code, 3 to 32.</param>
/// <param name="FractionBits">Fraction bits R of the logarithm, from Bits-11 (numbers stay within 2^±512) to Bits-2.</param>
/// <param name="Adder">How sums are found; products are exact integer sums of logarithms.</param>
public sealed partial record LogFormat(string Name, int Bits, int FractionBits, LogAdderKind Adder = LogAdderKind.Exact) : INumberFormat,
    ICodeArithmetic
{
    /// <summary>Code of zero: the most negative logarithm.</summary>
    public uint ZeroCode => 1u << Bits - 2;

    /// <summary>The only NaN.</summary>
    public uint NaNCode => 3u << Bits - 2;

    /// <summary>Largest logarithm, in units of 2^-R; the smallest of a number that is not zero is its negative.</summary>
    public int MaximumLogarithm => (int)ZeroCode - 1;

    /// <inheritdoc/>
    public Exact Maximum => Decode((uint)MaximumLogarithm);

    /// <inheritdoc/>
    public Exact Minimum => Maximum.Negated;

    /// <inheritdoc/>
    public Exact SmallestPositive => Decode(ZeroCode + 1);

    /// <inheritdoc/>
    public OperandShape Shape => new(FractionBits + 1, Bits - 1 - FractionBits, (1 << Bits - 1 - FractionBits) - 1,
        -(1 << Bits - 2 - FractionBits), true, false, Bits) { IsLogarithmic = true };

    private uint SignBit => 1u << Bits - 1;

    /// <summary>The logarithm of a code that is neither zero nor NaN, in units of 2^-R.</summary>
    public int Logarithm(uint code) => unchecked((int)(code << 33 - Bits)) >> 33 - Bits;

    /// <summary>The number nearest to that of the code with 53 significant bits, a binary64; powers of two are exact.</summary>
    public Exact Decode(uint code)
    {
        if (code == ZeroCode) return Exact.Zero();
        if (code == NaNCode) return Exact.NaN;
        int q = Logarithm(code), whole = q >> FractionBits, part = q - (whole << FractionBits);
        return Exact.Finite((code & SignBit) != 0, whole - 52, LogTables.Of(FractionBits).Significand(part));
    }

    /// <summary>The code whose logarithm is log2|value| rounded. Inf becomes the largest number of its sign, and Overflow.</summary>
    public uint Encode(in Exact value, Rounding rounding, out RoundingFlags flags)
    {
        flags = RoundingFlags.None;
        switch (value.Class)
        {
            case NumberClass.Zero: return ZeroCode;
            case NumberClass.NaN: return NaNCode;
            case NumberClass.Infinity:
                flags = RoundingFlags.Overflow | RoundingFlags.Inexact;
                return Signed((uint)MaximumLogarithm, value.Negative);
        }
        UInt128 normalised = value.Significand << 128 - value.Length;
        BigInteger exponent = (BigInteger)value.LeadingExponent << FractionBits;
        bool exact = UInt128.IsPow2(value.Significand);
        if (exact) return Finish(value.Negative, exponent, 0, true, rounding, ref flags);
        if (rounding.Mode is RoundingMode.NearestEven or RoundingMode.NearestAway && LogTables.Of(FractionBits)
            .Nearest(normalised) is { } near)
        {
            uint code = Finish(value.Negative, exponent + near, 0, true, rounding, ref flags);
            flags |= RoundingFlags.Inexact;
            return code;
        }
        int digits = Digits(rounding);
        BigInteger floor = LogTables.FloorLogarithm(normalised, FractionBits + digits);
        return Finish(value.Negative, (exponent << digits) + floor, digits, false, rounding, ref flags);
    }

    // Binary digits of a logarithm below its unit that a rounding looks at, beside whether anything follows them.
    private static int Digits(in Rounding rounding) => 1 + (rounding.Mode == RoundingMode.Stochastic ? rounding.RandomBits : 0);

    /// <summary>Rounds a logarithm, floor(log2 · 2^(R+<paramref name="digits"/>)) and whether that is all of it, to a code.</summary>
    private uint Finish(bool negative, BigInteger logarithm, int digits, bool exact, in Rounding rounding, ref RoundingFlags flags)
    {
        // Whatever is not above zero's logarithm lies just above it, so that only modes that round away from zero lift it.
        BigInteger lowest = -(BigInteger)(MaximumLogarithm + 1) << digits, highest = (BigInteger)MaximumLogarithm << digits;
        bool below = exact ? logarithm <= lowest : logarithm < lowest;
        if (logarithm > highest || logarithm == highest && !exact)
        {
            flags |= RoundingFlags.Overflow | RoundingFlags.Inexact;
            return Signed((uint)MaximumLogarithm, negative);
        }
        if (below) (logarithm, exact) = (lowest, false);
        // The sticky bit is never the half.
        UInt128 text = (UInt128)(logarithm - lowest) << 2 | (exact ? UInt128.Zero : UInt128.One);
        UInt128 kept = Rounder.Shorten(text, digits + 2, negative, rounding, out bool inexact);
        if (inexact) flags |= RoundingFlags.Inexact;
        if (below) flags |= RoundingFlags.Underflow;
        if (kept == 0)
        {
            flags |= RoundingFlags.Underflow | RoundingFlags.Inexact;
            return ZeroCode;
        }
        return Signed(unchecked((uint)((int)kept - MaximumLogarithm - 1)) & SignBit - 1, negative);
    }

    private uint Signed(uint code, bool negative) => negative ? code | SignBit : code;
}
