using System.Globalization;

namespace Sim.Workloads.Integers;

/// <summary>Integers from Low to High, both included. All verification arithmetic is exact: Int128 with overflow checks.</summary>
public readonly record struct Interval(Int128 Low, Int128 High)
{
    /// <summary>The interval that holds only 0.</summary>
    public static Interval Zero => default;

    /// <summary>Whether a value lies inside.</summary>
    public bool Contains(Int128 value) => value >= Low && value <= High;

    /// <summary>Whether all of another interval lies inside.</summary>
    public bool Contains(Interval other) => other.Low >= Low && other.High <= High;

    /// <summary>The least interval that holds both.</summary>
    public Interval Hull(Interval other) => new(Int128.Min(Low, other.Low), Int128.Max(High, other.High));

    /// <summary>What both hold; throws when that is nothing.</summary>
    public Interval Intersect(Interval other)
    {
        Interval both = new(Int128.Max(Low, other.Low), Int128.Min(High, other.High));
        return both.Low <= both.High ? both : throw new ArgumentException($"{this} and {other} have nothing in common", nameof(other));
    }

    /// <summary>Every value times a factor.</summary>
    public Interval Times(Int128 factor) => factor >= 0 ? new(Low * factor, High * factor) : new(High * factor, Low * factor);

    /// <summary>Sums of a value of each.</summary>
    public static Interval operator +(Interval a, Interval b) => new(a.Low + b.Low, a.High + b.High);

    /// <summary>Every value plus an offset.</summary>
    public Interval Plus(Int128 offset) => new(Low + offset, High + offset);

    /// <summary>Least two's complement width that holds every value: −2^(P−1) ≤ Low and High ≤ 2^(P−1) − 1; at least 1.</summary>
    public int Width
    {
        get
        {
            // Of v ≥ 0 and ~v = −v − 1 alike: as many magnitude bits as the larger has, and the sign.
            Int128 magnitude = Int128.Max(Low < 0 ? ~Low : Low, High < 0 ? ~High : High);
            return 129 - (int)Int128.LeadingZeroCount(magnitude);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"[{Low}, {High}]");
}
