namespace Sim.Mapper.Timing;

/// <summary>
/// The ranges of one dimension that all instances hold at one point of a nest: one chunk for each choice of the spatial indices so far
/// (outer index slowest), starts relative to that of instance 0. Size 0: the instance is idle. Immutable, and one object for one content
/// within a <see cref="ChunkPool"/>.
/// </summary>
internal sealed class DimChunks(int id, long[] starts, long[] sizes)
{
    private (int Key, DimChunks To)[] _next = [];
    private int _known;

    /// <summary>Others of the same hash in the pool.</summary>
    public DimChunks? Other { get; init; }

    /// <summary>Number within its pool.</summary>
    public int Id => id;

    /// <summary>First index of each chunk.</summary>
    public long[] Starts => starts;

    /// <summary>Indices of each chunk.</summary>
    public long[] Sizes => sizes;

    /// <summary>Iterations of a temporal loop that instance 0 runs.</summary>
    public long Iterations(long tile) => (sizes[0] + tile - 1) / tile;

    /// <summary>Iterations from 0 on in which every chunk is full, or idle in all iterations.</summary>
    public long FullIterations(long tile)
    {
        long least = long.MaxValue;
        foreach (long size in sizes)
            if (size > 0 && size < least) least = size;
        return least == long.MaxValue ? least : least / tile;
    }

    /// <summary>Sum of the sizes of the first so many chunks.</summary>
    public long Total(int count)
    {
        long sum = 0;
        foreach (long size in sizes.AsSpan(0, count)) sum += size;
        return sum;
    }

    /// <summary>What has been made of these chunks by a change of this key, or null.</summary>
    public DimChunks? Known(int key)
    {
        for (int i = 0; i < _known; i++)
            if (_next[i].Key == key) return _next[i].To;
        return null;
    }

    /// <summary>Remembers what a change makes.</summary>
    public DimChunks Remember(int key, DimChunks to)
    {
        if (_known == _next.Length) Array.Resize(ref _next, Math.Max(4, 2 * _known));
        _next[_known++] = (key, to);
        return to;
    }

    /// <summary>Chunk i is the same range in both.</summary>
    public static bool Same(DimChunks? before, DimChunks? after, int i) => before is not null && after is not null
        && (ReferenceEquals(before, after) || (before.Sizes[i] == after.Sizes[i] && before.Starts[i] == after.Starts[i]));
}
