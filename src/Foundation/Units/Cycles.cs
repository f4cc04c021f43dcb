namespace Sim.Foundation.Units;

/// <summary>A number of clock cycles.</summary>
public readonly record struct Cycles(long Count) : ICountQuantity<Cycles>
{
    /// <summary>The time that these cycles take at a clock.</summary>
    public Duration At(Frequency clock) => Duration.FromNanoseconds(Count * clock.Period.Nanoseconds);

    static Cycles ICountQuantity<Cycles>.FromCount(long count) => new(count);

    public int CompareTo(Cycles other) => Count.CompareTo(other.Count);

    /// <summary>Invariant text with the unit.</summary>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Count} cycles");

    public static Cycles operator +(Cycles left, Cycles right) => new(left.Count + right.Count);

    public static Cycles operator -(Cycles left, Cycles right) => new(left.Count - right.Count);

    public static Cycles operator -(Cycles value) => new(-value.Count);

    public static Cycles operator *(Cycles left, long right) => new(left.Count * right);

    public static Cycles operator *(long left, Cycles right) => right * left;

    public static bool operator <(Cycles left, Cycles right) => left.Count < right.Count;

    public static bool operator >(Cycles left, Cycles right) => left.Count > right.Count;

    public static bool operator <=(Cycles left, Cycles right) => left.Count <= right.Count;

    public static bool operator >=(Cycles left, Cycles right) => left.Count >= right.Count;
}
