namespace Sim.Foundation.Units;

/// <summary>An amount of data, counted in bits.</summary>
public readonly record struct Bits(long Count) : ICountQuantity<Bits>
{
    /// <summary>Whole bytes; throws InvalidOperationException when the count is not a multiple of 8.</summary>
    public long Bytes => Count % 8 == 0 ? Count / 8 : throw new InvalidOperationException($"{Count} bits are not whole bytes");

    /// <summary>An amount given in bytes.</summary>
    public static Bits FromBytes(long bytes) => new(bytes * 8);

    static Bits ICountQuantity<Bits>.FromCount(long count) => new(count);

    public int CompareTo(Bits other) => Count.CompareTo(other.Count);

    /// <summary>Invariant text with the unit.</summary>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Count} bit");

    public static Bits operator +(Bits left, Bits right) => new(left.Count + right.Count);

    public static Bits operator -(Bits left, Bits right) => new(left.Count - right.Count);

    public static Bits operator -(Bits value) => new(-value.Count);

    public static Bits operator *(Bits left, long right) => new(left.Count * right);

    public static Bits operator *(long left, Bits right) => right * left;

    public static bool operator <(Bits left, Bits right) => left.Count < right.Count;

    public static bool operator >(Bits left, Bits right) => left.Count > right.Count;

    public static bool operator <=(Bits left, Bits right) => left.Count <= right.Count;

    public static bool operator >=(Bits left, Bits right) => left.Count >= right.Count;
}
