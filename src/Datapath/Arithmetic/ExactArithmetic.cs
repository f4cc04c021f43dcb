namespace Sim.Datapath.Arithmetic;

/// <summary>
/// Operations between decode and rounding, with the special cases of IEEE 754-2019 §6 and §7. Products are exact. Sums, quotients and fused
/// products keep 126 bits; what lies below is OR-ed into the last bit (<see cref="Rounder.Jam"/>), which no rounding to at most 60 bits,
/// with up to 32 random bits, can tell from the exact result. That holds for significands of at most 66 bits, the products of any two
/// formats with their zero points: bits are lost only when the leading ones are 60 places apart, where nothing cancels.
/// </summary>
public static class ExactArithmetic
{
    // Sums of two numbers below 2^126 fit 127 bits; quotients leave room for the sticky bit.
    private const int Window = 126;

    /// <summary>a·b, exact. 0·Inf is invalid.</summary>
    public static Exact Multiply(in Exact a, in Exact b, ref RoundingFlags flags)
    {
        bool negative = a.Negative != b.Negative;
        if (a.Class == NumberClass.Finite && b.Class == NumberClass.Finite)
            return new(NumberClass.Finite, negative, a.Exponent + b.Exponent, checked(a.Significand * b.Significand));
        if (a.Class == NumberClass.NaN || b.Class == NumberClass.NaN) return Exact.NaN;
        bool infinite = a.Class == NumberClass.Infinity || b.Class == NumberClass.Infinity;
        if (!infinite) return Exact.Zero(negative);
        if (a.Class != NumberClass.Zero && b.Class != NumberClass.Zero) return Exact.Infinity(negative);
        flags |= RoundingFlags.Invalid;
        return Exact.NaN;
    }

    /// <summary>a+b. Inf-Inf is invalid; x + -x is +0, or -0 when rounding down (§6.3).</summary>
    public static Exact Add(in Exact a, in Exact b, RoundingMode mode, ref RoundingFlags flags)
    {
        if (a.Class == NumberClass.Finite && b.Class == NumberClass.Finite) return AddFinite(a, b, mode);
        if (a.Class == NumberClass.NaN || b.Class == NumberClass.NaN) return Exact.NaN;
        if (a.Class == NumberClass.Infinity && b.Class == NumberClass.Infinity && a.Negative != b.Negative)
        {
            flags |= RoundingFlags.Invalid;
            return Exact.NaN;
        }
        if (a.Class == NumberClass.Infinity) return a;
        if (b.Class == NumberClass.Infinity) return b;
        if (a.Class == NumberClass.Finite) return a;
        if (b.Class == NumberClass.Finite) return b;
        return Exact.Zero(a.Negative == b.Negative ? a.Negative : mode == RoundingMode.Down);
    }

    /// <summary>a-b, as a + (-b).</summary>
    public static Exact Subtract(in Exact a, in Exact b, RoundingMode mode, ref RoundingFlags flags) => Add(a, b.Negated, mode, ref flags);

    /// <summary>a·b+c with one rounding to come. 0·Inf is invalid whatever c is.</summary>
    public static Exact MultiplyAdd(in Exact a, in Exact b, in Exact c, RoundingMode mode, ref RoundingFlags flags) =>
        Add(Multiply(a, b, ref flags), c, mode, ref flags);

    /// <summary>a/b. 0/0 and Inf/Inf are invalid; finite/0 is ±Inf and raises DivideByZero.</summary>
    public static Exact Divide(in Exact a, in Exact b, ref RoundingFlags flags)
    {
        bool negative = a.Negative != b.Negative;
        if (a.Class == NumberClass.NaN || b.Class == NumberClass.NaN) return Exact.NaN;
        if (a.Class == b.Class && a.Class != NumberClass.Finite)
        {
            flags |= RoundingFlags.Invalid;
            return Exact.NaN;
        }
        if (a.Class == NumberClass.Infinity) return Exact.Infinity(negative);
        if (a.Class == NumberClass.Zero || b.Class == NumberClass.Infinity) return Exact.Zero(negative);
        if (b.Class == NumberClass.Zero)
        {
            flags |= RoundingFlags.DivideByZero;
            return Exact.Infinity(negative);
        }
        int up = Window - a.Length;
        (UInt128 quotient, UInt128 remainder) = UInt128.DivRem(a.Significand << up, b.Significand);
        return new(NumberClass.Finite, negative, a.Exponent - up - b.Exponent - 1,
            quotient << 1 | (remainder == 0 ? UInt128.Zero : UInt128.One));
    }

    private static Exact AddFinite(in Exact a, in Exact b, RoundingMode mode)
    {
        int unit = Math.Max(a.LeadingExponent, b.LeadingExponent) + 1 - Window;
        UInt128 x = Rounder.Jam(a.Significand, unit - a.Exponent), y = Rounder.Jam(b.Significand, unit - b.Exponent);
        if (a.Negative == b.Negative) return new(NumberClass.Finite, a.Negative, unit, x + y);
        if (x == y) return Exact.Zero(mode == RoundingMode.Down);
        return x > y ? new(NumberClass.Finite, a.Negative, unit, x - y) : new(NumberClass.Finite, b.Negative, unit, y - x);
    }
}
