using System.Numerics;

namespace Sim.Datapath.Formats.Logarithmic;

/// <summary>Operations on the logarithms. NaN with anything is NaN; x/0 is NaN and raises DivideByZero (Invalid for 0/0).</summary>
public sealed partial record LogFormat
{
    /// <inheritdoc/>
    public uint Multiply(uint a, uint b, Rounding rounding, out RoundingFlags flags)
    {
        flags = RoundingFlags.None;
        if (a == NaNCode || b == NaNCode) return NaNCode;
        if (a == ZeroCode || b == ZeroCode) return ZeroCode;
        return Finish(IsNegative(a) != IsNegative(b), (long)Logarithm(a) + Logarithm(b), 0, true, rounding, ref flags);
    }

    /// <inheritdoc/>
    public uint Divide(uint a, uint b, Rounding rounding, out RoundingFlags flags)
    {
        flags = RoundingFlags.None;
        if (a == NaNCode || b == NaNCode) return NaNCode;
        if (b == ZeroCode)
        {
            flags = a == ZeroCode ? RoundingFlags.Invalid : RoundingFlags.DivideByZero;
            return NaNCode;
        }
        if (a == ZeroCode) return ZeroCode;
        return Finish(IsNegative(a) != IsNegative(b), (long)Logarithm(a) - Logarithm(b), 0, true, rounding, ref flags);
    }

    /// <inheritdoc/>
    public uint Add(uint a, uint b, Rounding rounding, out RoundingFlags flags)
    {
        flags = RoundingFlags.None;
        if (a == NaNCode || b == NaNCode) return NaNCode;
        if (a == ZeroCode) return b;
        if (b == ZeroCode) return a;
        return Sum(IsNegative(a), Logarithm(a), IsNegative(b), Logarithm(b), rounding, ref flags);
    }

    /// <inheritdoc/>
    public uint Subtract(uint a, uint b, Rounding rounding, out RoundingFlags flags) =>
        Add(a, b == ZeroCode || b == NaNCode ? b : b ^ SignBit, rounding, out flags);

    /// <inheritdoc/>
    public uint MultiplyAdd(uint a, uint b, uint c, Rounding rounding, out RoundingFlags flags)
    {
        flags = RoundingFlags.None;
        if (a == NaNCode || b == NaNCode || c == NaNCode) return NaNCode;
        if (a == ZeroCode || b == ZeroCode) return c;
        bool negative = IsNegative(a) != IsNegative(b);
        long product = (long)Logarithm(a) + Logarithm(b);
        return c == ZeroCode
            ? Finish(negative, product, 0, true, rounding, ref flags)
            : Sum(negative, product, IsNegative(c), Logarithm(c), rounding, ref flags);
    }

    /// <summary>The sign of a code.</summary>
    public bool IsNegative(uint code) => (code & SignBit) != 0;

    // The larger logarithm and Gauss's correction for the distance to the other.
    private uint Sum(bool negativeA, long a, bool negativeB, long b, in Rounding rounding, ref RoundingFlags flags)
    {
        bool subtract = negativeA != negativeB;
        if (subtract && a == b) return ZeroCode;
        int digits = Digits(rounding);
        (BigInteger correction, bool exact) = LogAdder.Of(FractionBits, Adder).Correction(Math.Abs(a - b), subtract, digits);
        return Finish(a > b ? negativeA : negativeB, ((BigInteger)Math.Max(a, b) << digits) + correction, digits, exact, rounding,
            ref flags);
    }
}
