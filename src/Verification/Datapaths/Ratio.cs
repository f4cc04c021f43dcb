using System.Globalization;
using System.Numerics;

namespace Sim.Verification.Datapaths;

/// <summary>An exact rational number with a positive denominator, for relative errors.</summary>
public readonly record struct Ratio : IComparable<Ratio>
{
    /// <summary>numerator / denominator; the denominator is not 0.</summary>
    public Ratio(BigInteger numerator, BigInteger denominator)
    {
        if (denominator.IsZero) throw new DivideByZeroException();
        BigInteger common = BigInteger.GreatestCommonDivisor(numerator, denominator) * denominator.Sign;
        (Numerator, Denominator) = (numerator / common, denominator / common);
    }

    /// <summary>Numerator, in lowest terms.</summary>
    public BigInteger Numerator { get; }

    /// <summary>Denominator, positive.</summary>
    public BigInteger Denominator { get; }

    /// <summary>value / by.</summary>
    public static Ratio Of(Dyadic value, Dyadic by)
    {
        int unit = Math.Min(value.Exponent, by.Exponent);
        return new(value.Significand << value.Exponent - unit, by.Significand << by.Exponent - unit);
    }

    /// <summary>The relative error of a value: (value - exact) / exact.</summary>
    public static Ratio Error(Dyadic value, Dyadic exact) => Of(value - exact, exact);

    /// <inheritdoc/>
    public int CompareTo(Ratio other) => (Numerator * other.Denominator).CompareTo(other.Numerator * Denominator);

    /// <summary>Order of values.</summary>
    public static bool operator <(Ratio a, Ratio b) => a.CompareTo(b) < 0;

    /// <summary>Order of values.</summary>
    public static bool operator >(Ratio a, Ratio b) => a.CompareTo(b) > 0;

    /// <summary>Order of values.</summary>
    public static bool operator <=(Ratio a, Ratio b) => a.CompareTo(b) <= 0;

    /// <summary>Order of values.</summary>
    public static bool operator >=(Ratio a, Ratio b) => a.CompareTo(b) >= 0;

    /// <summary>Difference.</summary>
    public static Ratio operator -(Ratio a, Ratio b) =>
        new(a.Numerator * b.Denominator - b.Numerator * a.Denominator, a.Denominator * b.Denominator);

    /// <summary>As a fraction and in per cent.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture,
        $"{Numerator}/{Denominator} ({100 * Math.Exp(BigInteger.Log(BigInteger.Abs(Numerator)) - BigInteger.Log(Denominator)) * Numerator.Sign:F4} %)");
}
