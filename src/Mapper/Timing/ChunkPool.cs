using System.Runtime.InteropServices;
using Sim.Mapper.Nests;

namespace Sim.Mapper.Timing;

/// <summary>Makes the chunks of one nest; equal ones are one object, and a change that was made before is looked up.</summary>
internal sealed class ChunkPool(NestProgram program)
{
    private const int FirstKind = 0, SplitKind = 1, LastKind = 2;
    private readonly Dictionary<int, DimChunks> _known = [];
    private long[] _starts = new long[64], _sizes = new long[64];
    private int _count;

    /// <summary>A whole dimension, one instance.</summary>
    public DimChunks Whole(long size)
    {
        Begin(1);
        Set(0, 0, size);
        return Intern();
    }

    /// <summary>The chunks in the first iteration of the temporal loop at a node.</summary>
    public DimChunks First(DimChunks chunks, int node)
    {
        int key = node * 4 + FirstKind;
        return chunks.Known(key) ?? chunks.Remember(key, At(chunks, node, 0, false));
    }

    /// <summary>The chunks in one iteration of a temporal loop; starts stay relative to the chunk that the loop splits, or are those after
    /// instance 0.</summary>
    public DimChunks At(DimChunks chunks, int node, long iteration, bool normalize)
    {
        long tile = program.Tiles[node], offset = checked(iteration * tile);
        (long[] starts, long[] sizes) = (chunks.Starts, chunks.Sizes);
        Begin(starts.Length);
        for (int i = 0; i < starts.Length; i++) Set(i, starts[i] + offset, Math.Clamp(sizes[i] - offset, 0, tile));
        if (normalize && _starts[0] is not 0 and var first)
            for (int i = 0; i < _count; i++)
                if (_sizes[i] > 0) _starts[i] -= first;
        return Intern();
    }

    /// <summary>The chunks after the spatial loop at a node.</summary>
    public DimChunks Split(DimChunks chunks, int node)
    {
        int key = node * 4 + SplitKind;
        if (chunks.Known(key) is { } known) return known;
        (int count, long tile) = (checked((int)program.Counts[node]), program.Tiles[node]);
        Begin(checked(chunks.Starts.Length * count));
        for (int i = 0, at = 0; i < chunks.Starts.Length; i++)
            for (int s = 0; s < count; s++, at++)
                Set(at, chunks.Starts[i] + s * tile, Math.Clamp(chunks.Sizes[i] - s * tile, 0, tile));
        return chunks.Remember(key, Intern());
    }

    /// <summary>One dimension's chunks after its loops between two nodes, in their first iterations.</summary>
    public DimChunks Walk(DimChunks chunks, int dim, int from, int to)
    {
        foreach (int node in program.NodesOf(dim, from, to))
            chunks = program.Counts[node] > 0 ? Split(chunks, node) : First(chunks, node);
        return chunks;
    }

    /// <summary>One dimension's chunks after its loops between two nodes, in the last iterations that each instance is active in.</summary>
    public DimChunks Last(DimChunks chunks, int dim, int from, int to)
    {
        ReadOnlySpan<int> nodes = program.NodesOf(dim, from, to);
        if (nodes.IsEmpty) return chunks;
        int key = (nodes[0] * program.Tiles.Length + nodes[^1]) * 4 + LastKind;
        if (chunks.Known(key) is { } known) return known;
        int children = program.Places(nodes);
        Begin(checked(chunks.Starts.Length * children));
        for (int i = 0, at = 0; i < chunks.Starts.Length; i++)
            for (int child = 0; child < children; child++, at++)
            {
                (long start, long size) = Last(chunks.Starts[i], chunks.Sizes[i], child, children, nodes);
                Set(at, start, size);
            }
        return chunks.Remember(key, Intern());
    }

    // The chunk of one child: the last iteration whose chunk reaches it.
    private (long Start, long Size) Last(long start, long size, int child, int children, ReadOnlySpan<int> nodes)
    {
        if (size <= 0) return (0, 0);
        if (nodes.IsEmpty) return (start, size);
        (long count, long tile) = (program.Counts[nodes[0]], program.Tiles[nodes[0]]);
        if (count > 0)
        {
            int below = children / (int)count;
            long index = child / below;
            return Last(start + index * tile, Math.Min(tile, size - index * tile), child % below, below, nodes[1..]);
        }
        long last = (size - 1) / tile;
        (long Start, long Size) found = Last(start + last * tile, size - last * tile, child, children, nodes[1..]);
        return found.Size > 0 || last == 0 ? found : Last(start + (last - 1) * tile, tile, child, children, nodes[1..]);
    }

    /// <summary>For each chunk of <see cref="Last(DimChunks, int, int, int)"/>: the innermost loop that has gone beyond its first iteration
    /// there, or -1.</summary>
    public int[] LastMoves(DimChunks chunks, int dim, int from, int to)
    {
        ReadOnlySpan<int> nodes = program.NodesOf(dim, from, to);
        int children = program.Places(nodes);
        var moves = new int[checked(chunks.Starts.Length * children)];
        for (int i = 0; i < moves.Length; i++)
        {
            int loop = LastMove(chunks.Sizes[i / children], i % children, children, nodes, 0).Loop;
            moves[i] = loop < 0 ? -1 : nodes[loop];
        }
        return moves;
    }

    // As Last: the last iterations that reach a child, and the innermost loop of these that is not at its first.
    private (long Size, int Loop) LastMove(long size, int child, int children, ReadOnlySpan<int> nodes, int at)
    {
        if (size <= 0) return (0, -1);
        if (at == nodes.Length) return (size, -1);
        (long count, long tile) = (program.Counts[nodes[at]], program.Tiles[nodes[at]]);
        if (count > 0)
        {
            int below = children / (int)count;
            return LastMove(Math.Min(tile, size - child / below * tile), child % below, below, nodes, at + 1);
        }
        long last = (size - 1) / tile;
        (long Size, int Loop) found = LastMove(size - last * tile, child, children, nodes, at + 1);
        if (found.Size <= 0 && last > 0)
        {
            found = LastMove(tile, child, children, nodes, at + 1);
            last--;
        }
        return found.Loop >= 0 || last == 0 ? found : (found.Size, at);
    }

    private void Begin(int count)
    {
        if (count > _starts.Length)
        {
            int room = Math.Max(count, 2 * _starts.Length);
            (_starts, _sizes) = (new long[room], new long[room]);
        }
        _count = count;
    }

    private void Set(int i, long start, long size) => (_starts[i], _sizes[i]) = size > 0 ? (start, size) : (0, 0);

    private DimChunks Intern()
    {
        Span<long> starts = _starts.AsSpan(0, _count), sizes = _sizes.AsSpan(0, _count);
        uint hash = (uint)_count;
        for (int i = 0; i < _count; i++) hash = unchecked(((hash ^ (uint)starts[i]) * 0x9E3779B1u) + ((uint)sizes[i] * 0x85EBCA77u));
        ref DimChunks? same = ref CollectionsMarshal.GetValueRefOrAddDefault(_known, unchecked((int)hash), out _);
        for (DimChunks? chunks = same; chunks is not null; chunks = chunks.Other)
            if (starts.SequenceEqual(chunks.Starts) && sizes.SequenceEqual(chunks.Sizes)) return chunks;
        return same = new DimChunks(Made++, starts.ToArray(), sizes.ToArray()) { Other = same };
    }

    /// <summary>Different chunks so far.</summary>
    public int Made { get; private set; }
}
