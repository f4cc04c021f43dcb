using System.Globalization;
using System.Numerics;

namespace Sim.Verification.Datapaths;

/// <summary>An exact dyadic rational Significand·2^Exponent. Canonical: the significand is odd, or both are 0, so that equal numbers are
/// equal records.</summary>
public readonly record struct Dyadic : IComparable<Dyadic>, IAdditionOperators<Dyadic, Dyadic, Dyadic>,
    ISubtractionOperators<Dyadic, Dyadic, Dyadic>, IMultiplyOperators<Dyadic, Dyadic, Dyadic>
{
    /// <summary><paramref name="significand"/>·2^<paramref name="exponent"/>.</summary>
    public Dyadic(BigInteger significand, int exponent = 0)
    {
        if (significand.IsZero) return;
        int trailing = (int)(significand & -significand).GetBitLength() - 1;
        (Significand, Exponent) = (significand >> trailing, exponent + trailing);
    }

    /// <summary>Odd, or 0.</summary>
    public BigInteger Significand { get; }

    /// <summary>Weight of the last place that is set: the number is a multiple of 2^Exponent and of no larger power of two. 0 for
    /// zero.</summary>
    public int Exponent { get; }

    /// <summary>−1, 0 or 1.</summary>
    public int Sign => Significand.Sign;

    /// <summary>2^LeadingExponent ≤ |value| &lt; 2^(LeadingExponent + 1), of a number that is not 0.</summary>
    public int LeadingExponent => Exponent + (int)BigInteger.Abs(Significand).GetBitLength() - 1;

    /// <summary>The magnitude.</summary>
    public Dyadic Magnitude => Sign < 0 ? -this : this;

    /// <summary>2^<paramref name="exponent"/>.</summary>
    public static Dyadic Power(int exponent) => new(BigInteger.One, exponent);

    /// <summary>A finite number as it is; throws on Inf and NaN.</summary>
    public static Dyadic Of(in Exact value) => value.Class switch
    {
        NumberClass.Zero => default,
        NumberClass.Finite => new(value.Negative ? -(BigInteger)value.Significand : value.Significand, value.Exponent),
        _ => throw new ArgumentException($"{value} is not finite", nameof(value)),
    };

    /// <summary>The number for a rounding: beyond 126 bits the rest is or-ed into the last one, which no rounding to 60 bits or fewer can
    /// tell.</summary>
    public Exact ToExact()
    {
        UInt128 significand = Rounder.Jam(BigInteger.Abs(Significand), out int dropped);
        return Exact.Finite(Sign < 0, Exponent + dropped, significand);
    }

    /// <summary>Sum.</summary>
    public static Dyadic operator +(Dyadic a, Dyadic b)
    {
        int unit = Math.Min(a.Exponent, b.Exponent);
        return new((a.Significand << a.Exponent - unit) + (b.Significand << b.Exponent - unit), unit);
    }

    /// <summary>Difference.</summary>
    public static Dyadic operator -(Dyadic a, Dyadic b) => a + -b;

    /// <summary>The other sign.</summary>
    public static Dyadic operator -(Dyadic a) => new(-a.Significand, a.Exponent);

    /// <summary>Product.</summary>
    public static Dyadic operator *(Dyadic a, Dyadic b) => new(a.Significand * b.Significand, a.Exponent + b.Exponent);

    /// <summary>Order of values.</summary>
    public static bool operator <(Dyadic a, Dyadic b) => a.CompareTo(b) < 0;

    /// <summary>Order of values.</summary>
    public static bool operator >(Dyadic a, Dyadic b) => a.CompareTo(b) > 0;

    /// <summary>Order of values.</summary>
    public static bool operator <=(Dyadic a, Dyadic b) => a.CompareTo(b) <= 0;

    /// <summary>Order of values.</summary>
    public static bool operator >=(Dyadic a, Dyadic b) => a.CompareTo(b) >= 0;

    /// <summary>The larger.</summary>
    public static Dyadic Max(Dyadic a, Dyadic b) => a < b ? b : a;

    /// <summary>The smaller.</summary>
    public static Dyadic Min(Dyadic a, Dyadic b) => a < b ? a : b;

    /// <summary>⌊this / divisor⌋ for a positive divisor.</summary>
    public BigInteger Floor(Dyadic divisor)
    {
        int unit = Math.Min(Exponent, divisor.Exponent);
        BigInteger quotient = BigInteger.DivRem(Significand << Exponent - unit, divisor.Significand << divisor.Exponent - unit,
            out BigInteger rest);
        return rest.Sign < 0 ? quotient - 1 : quotient;
    }

    /// <inheritdoc/>
    public int CompareTo(Dyadic other) => (this - other).Sign;

    /// <summary>The nearest binary64, for reports only.</summary>
    public double ToDouble() => Sign == 0 ? 0
        : Sign * Math.ScaleB((double)(BigInteger.Abs(Significand) >> Math.Max(0, LeadingExponent - Exponent - 62)), Exponent
        + Math.Max(0, LeadingExponent - Exponent - 62));

    /// <summary>Short integers as they are, other numbers as `s·2^e`.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{(Exponent is >= 0 and < 64 && LeadingExponent < 64 || Sign == 0 ? (Significand << Exponent).ToString(CultureInfo.InvariantCulture)
        : Significand.IsOne ? $"2^{Exponent}" : $"{Significand}·2^{Exponent}")}");
}

/// <summary>What dyadic numbers know of their intervals.</summary>
public static class DyadicIntervals
{
    extension(Interval<Dyadic> numbers)
    {
        /// <summary>The largest magnitude.</summary>
        public Dyadic Magnitude => Dyadic.Max(numbers.Low.Magnitude, numbers.High.Magnitude);
    }
}
