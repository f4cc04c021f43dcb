using System.Globalization;
using System.Numerics;
using Sim.Foundation;

namespace Sim.ArchModel.Hierarchies;

/// <summary>A ratio of whole numbers ≥ 0 in lowest terms: cycles that need not be whole.</summary>
public readonly record struct Rational : IComparable<Rational>
{
    private readonly long _denominatorLessOne;

    private Rational(long numerator, long denominator) => (Numerator, _denominatorLessOne) = (numerator, denominator - 1);

    /// <summary>Above the line.</summary>
    public long Numerator { get; }

    /// <summary>Below the line, ≥ 1.</summary>
    public long Denominator => _denominatorLessOne + 1;

    /// <summary>One.</summary>
    public static Rational One { get; } = new(1, 1);

    /// <summary>As a binary64 number.</summary>
    public double Value => (double)Numerator / Denominator;

    /// <summary>A ratio in lowest terms.</summary>
    public static Rational Of(long numerator, long denominator = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(numerator);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(denominator);
        long common = (long)BigInteger.GreatestCommonDivisor(numerator, denominator);
        return new Rational(numerator / common, denominator / common);
    }

    /// <summary>The cycles that <paramref name="count"/> of these take, rounded up once; overflow throws.</summary>
    public long Ceiling(long count) => checked((long)(((Int128)Numerator * count + Denominator - 1) / Denominator));

    /// <summary>`3`, `1/2`: digits above 0.</summary>
    public static bool TryParse(string text, out Rational value)
    {
        ArgumentNullException.ThrowIfNull(text);
        value = default;
        string[] parts = text.Split('/');
        long below = 1;
        if (parts.Length > 2 || !StrictNumber.TryWhole(parts[0].Trim(), out long above) || above is < 1 or > int.MaxValue) return false;
        if (parts.Length == 2 && (!StrictNumber.TryWhole(parts[1].Trim(), out below) || below is < 1 or > int.MaxValue)) return false;
        value = Of(above, below);
        return true;
    }

    public int CompareTo(Rational other) => ((Int128)Numerator * other.Denominator).CompareTo((Int128)other.Numerator * Denominator);

    /// <summary>As <see cref="TryParse"/> reads it.</summary>
    public override string ToString() => Denominator == 1 ? Numerator.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{Numerator}/{Denominator}");

    public static Rational operator *(Rational left, long right) => Of(checked(left.Numerator * right), left.Denominator);

    public static bool operator <(Rational left, Rational right) => left.CompareTo(right) < 0;

    public static bool operator >(Rational left, Rational right) => left.CompareTo(right) > 0;

    public static bool operator <=(Rational left, Rational right) => left.CompareTo(right) <= 0;

    public static bool operator >=(Rational left, Rational right) => left.CompareTo(right) >= 0;
}
