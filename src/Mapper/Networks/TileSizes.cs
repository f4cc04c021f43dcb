using System.Collections.Immutable;

namespace Sim.Mapper.Networks;

/// <summary>The tile sizes of a dimension that schedules consider: ⌈size / n⌉ for every n that divides the size, up to 8, and powers of
/// two. Ascending; 1 and the size are among them.</summary>
public static class TileSizes
{
    private const int Dense = 8;

    /// <summary>The sizes.</summary>
    public static ImmutableArray<long> Of(long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        var sizes = new SortedSet<long> { 1, size };
        for (long n = 1; n <= Math.Min(size, Dense); n++) sizes.Add((size + n - 1) / n);
        for (long n = 1; n < size; n *= 2) sizes.Add((size + n - 1) / n);
        for (long n = 1; n * n <= size; n++)
            if (size % n == 0)
            {
                sizes.Add(n);
                sizes.Add(size / n);
            }
        return [.. sizes];
    }
}
