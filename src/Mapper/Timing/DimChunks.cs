using Sim.Mapper.Nests;

namespace Sim.Mapper.Timing;

/// <summary>
/// The ranges of one dimension that all instances hold at one point of a nest: one chunk for each choice of the spatial indices so far
/// (outer index slowest), starts relative to that of instance 0. Size 0: the instance is idle. Immutable; compared by content.
/// </summary>
internal sealed class DimChunks : IEquatable<DimChunks>
{
    private readonly int _hash;
    private readonly Dictionary<long, DimChunks> _first = [];
    private readonly Dictionary<(long Count, long Tile), DimChunks> _split = [];

    private DimChunks(long[] starts, long[] sizes)
    {
        (Starts, Sizes) = (starts, sizes);
        var hash = new HashCode();
        foreach (long s in starts) hash.Add(s);
        foreach (long s in sizes) hash.Add(s);
        _hash = hash.ToHashCode();
    }

    /// <summary>First index of each chunk.</summary>
    public long[] Starts { get; }

    /// <summary>Indices of each chunk.</summary>
    public long[] Sizes { get; }

    /// <summary>A whole dimension, one instance.</summary>
    public static DimChunks Whole(long size) => new([0], [size]);

    /// <summary>Iterations of a temporal loop that instance 0 runs.</summary>
    public long Iterations(long tile) => (Sizes[0] + tile - 1) / tile;

    /// <summary>Iterations from 0 on in which every chunk is full, or idle in all iterations.</summary>
    public long FullIterations(long tile)
    {
        long full = long.MaxValue;
        foreach (long size in Sizes)
            if (size > 0) full = Math.Min(full, size / tile);
        return full;
    }

    /// <summary>The chunks in one iteration of a temporal loop; starts stay relative to the chunk that the loop splits.</summary>
    public DimChunks At(long iteration, long tile, bool normalize)
    {
        if (iteration > 0) return Make(iteration, tile, normalize);
        if (!_first.TryGetValue(tile, out DimChunks? first)) _first[tile] = first = Make(0, tile, normalize);
        return first;
    }

    private DimChunks Make(long iteration, long tile, bool normalize)
    {
        var (starts, sizes) = (new long[Starts.Length], new long[Starts.Length]);
        for (int i = 0; i < starts.Length; i++)
            Set(starts, sizes, i, Starts[i] + iteration * tile, Math.Clamp(Sizes[i] - iteration * tile, 0, tile));
        if (normalize && starts[0] != 0)
        {
            long first = starts[0];
            for (int i = 0; i < starts.Length; i++)
                if (sizes[i] > 0) starts[i] -= first;
        }
        return new DimChunks(starts, sizes);
    }

    /// <summary>The chunks after some loops of the dimension (count 0: temporal), in the last iterations that each instance is active
    /// in.</summary>
    public DimChunks AtLast(ReadOnlySpan<(long Count, long Tile)> loops)
    {
        DimChunks shape = this;
        foreach ((long count, long tile) in loops)
            if (count > 0) shape = shape.Split(count, tile);
        int children = shape.Starts.Length / Starts.Length;
        var (starts, sizes) = (new long[shape.Starts.Length], new long[shape.Starts.Length]);
        for (int i = 0; i < starts.Length; i++)
        {
            (long start, long size) = Last(Starts[i / children], Sizes[i / children], i % children, children, loops);
            Set(starts, sizes, i, start, size);
        }
        return new DimChunks(starts, sizes);
    }

    // The chunk of one child: the last iteration whose chunk reaches it.
    private static (long Start, long Size) Last(long start, long size, int child, int children, ReadOnlySpan<(long Count, long Tile)> loops)
    {
        if (size <= 0) return (0, 0);
        if (loops.IsEmpty) return (start, size);
        (long count, long tile) = loops[0];
        if (count > 0)
        {
            int below = children / (int)count;
            long index = child / below;
            return Last(start + index * tile, Math.Min(tile, size - index * tile), child % below, below, loops[1..]);
        }
        long last = (size - 1) / tile;
        (long Start, long Size) found = Last(start + last * tile, size - last * tile, child, children, loops[1..]);
        return found.Size > 0 || last == 0 ? found : Last(start + (last - 1) * tile, tile, child, children, loops[1..]);
    }

    /// <summary>For each chunk of <see cref="AtLast"/>: the position of the innermost loop that has gone beyond its first iteration there,
    /// or -1.</summary>
    public int[] LastMoves(ReadOnlySpan<(long Count, long Tile)> loops, ReadOnlySpan<int> positions)
    {
        int children = 1;
        foreach ((long count, long _) in loops)
            if (count > 0) children = checked(children * (int)count);
        var moves = new int[Starts.Length * children];
        for (int i = 0; i < moves.Length; i++)
        {
            int loop = LastMove(Sizes[i / children], i % children, children, loops, 0).Loop;
            moves[i] = loop < 0 ? -1 : positions[loop];
        }
        return moves;
    }

    // As Last: the last iterations that reach a child, and the innermost loop of these that is not at its first.
    private static (long Size, int Loop) LastMove(long size, int child, int children, ReadOnlySpan<(long Count, long Tile)> loops, int at)
    {
        if (size <= 0) return (0, -1);
        if (at == loops.Length) return (size, -1);
        (long count, long tile) = loops[at];
        if (count > 0)
        {
            int below = children / (int)count;
            return LastMove(Math.Min(tile, size - child / below * tile), child % below, below, loops, at + 1);
        }
        long last = (size - 1) / tile;
        (long Size, int Loop) found = LastMove(size - last * tile, child, children, loops, at + 1);
        if (found.Size <= 0 && last > 0)
        {
            found = LastMove(tile, child, children, loops, at + 1);
            last--;
        }
        return found.Loop >= 0 || last == 0 ? found : (found.Size, at);
    }

    /// <summary>The chunks after a spatial loop.</summary>
    public DimChunks Split(long count, long tile)
    {
        if (_split.TryGetValue((count, tile), out DimChunks? known)) return known;
        return _split[(count, tile)] = MakeSplit(count, tile);
    }

    private DimChunks MakeSplit(long count, long tile)
    {
        int n = checked((int)count);
        var (starts, sizes) = (new long[Starts.Length * n], new long[Starts.Length * n]);
        for (int i = 0; i < Starts.Length; i++)
            for (int s = 0; s < n; s++)
                Set(starts, sizes, i * n + s, Starts[i] + s * tile, Math.Clamp(Sizes[i] - s * tile, 0, tile));
        return new DimChunks(starts, sizes);
    }

    /// <inheritdoc/>
    public bool Equals(DimChunks? other) => other is not null && _hash == other._hash && Starts.AsSpan().SequenceEqual(other.Starts)
        && Sizes.AsSpan().SequenceEqual(other.Sizes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as DimChunks);

    /// <inheritdoc/>
    public override int GetHashCode() => _hash;

    private static void Set(long[] starts, long[] sizes, int i, long start, long size) => (starts[i], sizes[i]) = size > 0 ? (start, size)
        : (0, 0);
}
