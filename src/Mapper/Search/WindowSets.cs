using System.Numerics;

namespace Sim.Mapper.Search;

/// <summary>
/// Sets of input rows (or columns): {p·stride + r·dilation} of a tile, of the places that share it, and what is new when it moves.
/// Answers are remembered.
/// </summary>
internal sealed class WindowSets(int stride, int dilation)
{
    private readonly Dictionary<(long, long, string), BigInteger> _sets = [];
    private readonly Dictionary<(long, long, string, long), long> _fresh = [];

    /// <summary>Rows that <paramref name="outputs"/> × <paramref name="filters"/> touch.</summary>
    public long Rows(long outputs, long filters) => Size(outputs, filters, []);

    /// <summary>Rows that the tiles of all places together touch; <paramref name="shared"/>: places and distance of each axis.</summary>
    public long Size(long outputs, long filters, List<(long Count, long Step)> shared)
    {
        if (shared.Count == 0 && Contiguous(outputs, filters)) return Span(outputs, filters);
        return Count(Union(outputs, filters, shared, Key(shared)));
    }

    /// <summary>Rows that some place lacks after all tiles moved by <paramref name="shift"/>.</summary>
    public long Fresh(long outputs, long filters, List<(long Count, long Step)> shared, long shift)
    {
        shift = Math.Abs(shift);
        if (shift == 0) return 0;
        if (shared.Count == 0 && Contiguous(outputs, filters)) return Math.Min(shift, Span(outputs, filters));
        string key = Key(shared);
        if (_fresh.TryGetValue((outputs, filters, key, shift), out long known)) return known;
        BigInteger tile = Union(outputs, filters, [], "");
        BigInteger fresh = tile & ~(tile << checked((int)shift));
        foreach ((long count, long step) in shared) fresh = Spread(fresh, count, step);
        return _fresh[(outputs, filters, key, shift)] = Count(fresh);
    }

    private long Span(long outputs, long filters) => (outputs - 1) * stride + (filters - 1) * dilation + 1;

    /// <summary>Whether a tile's rows have no gaps.</summary>
    public bool Contiguous(long outputs, long filters) =>
        (outputs == 1 || stride == 1 || (dilation == 1 && filters >= stride))
        && (filters == 1 || dilation == 1 || (stride == 1 && outputs >= dilation));

    private static long Count(BigInteger set)
    {
        long count = 0;
        foreach (byte b in set.ToByteArray(isUnsigned: true)) count += BitOperations.PopCount(b);
        return count;
    }

    private BigInteger Union(long outputs, long filters, List<(long Count, long Step)> shared, string key)
    {
        if (_sets.TryGetValue((outputs, filters, key), out BigInteger known)) return known;
        BigInteger set = Spread(Spread(BigInteger.One, outputs, stride), filters, dilation);
        foreach ((long count, long step) in shared) set = Spread(set, count, step);
        return _sets[(outputs, filters, key)] = set;
    }

    // The union of `count` copies, each `step` further.
    private static BigInteger Spread(BigInteger set, long count, long step)
    {
        for (long have = 1; have < count;)
        {
            long more = Math.Min(have, count - have);
            set |= set << checked((int)(more * step));
            have += more;
        }
        return set;
    }

    private static string Key(List<(long Count, long Step)> shared) => string.Join(';', shared);
}
