using System.Globalization;
using System.Numerics;

namespace Sim.Datapath;

/// <summary>Exact numbers from Low to High, both included; overflow of the number type throws.</summary>
/// <typeparam name="T">Int128 for sums of integers, BigInteger or an exact rational where magnitudes have no limit.</typeparam>
public readonly record struct Interval<T>(T Low, T High)
    where T : struct, IComparable<T>, IAdditionOperators<T, T, T>, ISubtractionOperators<T, T, T>, IMultiplyOperators<T, T, T>
{
    /// <summary>Whether a value lies inside.</summary>
    public bool Contains(T value) => value.CompareTo(Low) >= 0 && value.CompareTo(High) <= 0;

    /// <summary>Whether all of another interval lies inside.</summary>
    public bool Contains(Interval<T> other) => other.Low.CompareTo(Low) >= 0 && other.High.CompareTo(High) <= 0;

    /// <summary>The least interval that holds both.</summary>
    public Interval<T> Hull(Interval<T> other) => new(Least(Low, other.Low), Most(High, other.High));

    /// <summary>The least interval that holds this one and 0.</summary>
    public Interval<T> WithZero => Hull(default);

    /// <summary>What both hold; throws when that is nothing.</summary>
    public Interval<T> Intersect(Interval<T> other)
    {
        Interval<T> both = new(Most(Low, other.Low), Least(High, other.High));
        return both.Low.CompareTo(both.High) <= 0 ? both
            : throw new ArgumentException($"{this} and {other} have nothing in common", nameof(other));
    }

    /// <summary>Every value plus an offset.</summary>
    public Interval<T> Plus(T offset) => new(Low + offset, High + offset);

    /// <summary>Every value times a factor.</summary>
    public Interval<T> Times(T factor) =>
        factor.CompareTo(default) >= 0 ? new(Low * factor, High * factor) : new(High * factor, Low * factor);

    /// <summary>Sums of a value of each.</summary>
    public static Interval<T> operator +(Interval<T> a, Interval<T> b) => new(a.Low + b.Low, a.High + b.High);

    /// <summary>Differences of a value of each.</summary>
    public static Interval<T> operator -(Interval<T> a, Interval<T> b) => new(a.Low - b.High, a.High - b.Low);

    /// <summary>Products of a value of each.</summary>
    public static Interval<T> operator *(Interval<T> a, Interval<T> b) => b.Times(a.Low).Hull(b.Times(a.High));

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"[{Low}, {High}]");

    private static T Least(T a, T b) => a.CompareTo(b) < 0 ? a : b;

    private static T Most(T a, T b) => a.CompareTo(b) < 0 ? b : a;
}

/// <summary>What only some number types know of their intervals.</summary>
public static class Intervals
{
    extension(Interval<Int128> integers)
    {
        /// <summary>Least two's complement width that holds every value: −2^(P−1) ≤ Low and High ≤ 2^(P−1) − 1; at least 1.</summary>
        public int Width
        {
            get
            {
                // Of v ≥ 0 and ~v = −v − 1 alike: as many magnitude bits as the larger has, and the sign.
                Int128 low = integers.Low, high = integers.High, magnitude = Int128.Max(low < 0 ? ~low : low, high < 0 ? ~high : high);
                return 129 - (int)Int128.LeadingZeroCount(magnitude);
            }
        }
    }
}
