using System.Runtime.CompilerServices;

namespace Sim.Mapper.Networks;

/// <summary>A tensor between layers that run tile by tile, cut along rows.</summary>
/// <param name="Tensor">Index of the tensor.</param>
/// <param name="Maker">Its layer among those of the group; -1: it comes from outside.</param>
/// <param name="Rows">Rows of one sample.</param>
internal sealed record RowTensor(int Tensor, int Maker, long Rows)
{
    /// <summary>Layers of the group that read it, and the rows that they need for rows of their own.</summary>
    public List<(int Layer, WindowAxis Axis)> Readers { get; } = [];

    /// <summary>The last layer of the group that reads it; the number of layers when it is the group's result.</summary>
    public int LastReader { get; set; } = -1;
}

/// <summary>Rows of a tensor in all tiles of a tile size.</summary>
/// <param name="Largest">Most rows of a tile.</param>
/// <param name="Separate">Rows of all tiles, each counted in every tile.</param>
/// <param name="Once">Rows of any tile.</param>
internal readonly record struct RowUse(long Largest, long Separate, long Once);

/// <summary>The rows that each tile needs of tensors that layers of a group make, shared by groups with the same last layer: what is
/// needed of a tensor does not depend on layers before the one that makes it.</summary>
internal sealed class RowMemory
{
    /// <summary>Rows of a tensor by tile; whose readers need rows of those made with the given ranges.</summary>
    internal sealed record Entry((long From, long To)[] Ranges, RowUse Use, (WindowAxis Axis, (long, long)[] Made)[] Readers);

    private readonly Dictionary<(long Tile, bool Plain, int FromEnd), Entry> _known = [];
    private (long From, long To)[] _scratch = [];

    /// <summary>What is known of a tensor, if its readers are the same.</summary>
    public Entry? Of(long tile, bool plain, int fromEnd, List<(int Layer, WindowAxis Axis)> readers, (long, long)[][] ranges, int[] made)
    {
        if (!_known.TryGetValue((tile, plain, fromEnd), out Entry? entry) || entry.Readers.Length != readers.Count) return null;
        for (int i = 0; i < readers.Count; i++)
            if (entry.Readers[i].Axis != readers[i].Axis || entry.Readers[i].Made != ranges[made[readers[i].Layer]]) return null;
        return entry;
    }

    /// <summary>Empty ranges, until the next call.</summary>
    public Span<(long From, long To)> Scratch(int tiles)
    {
        if (_scratch.Length < tiles) _scratch = new (long, long)[Math.Max(tiles, 2 * _scratch.Length)];
        Span<(long From, long To)> span = _scratch.AsSpan(0, tiles);
        span.Clear();
        return span;
    }

    /// <summary>Keeps an entry.</summary>
    public void Keep(long tile, bool plain, int fromEnd, Entry entry) => _known[(tile, plain, fromEnd)] = entry;
}

/// <summary>
/// The rows that each tile of a group needs: the last layer's tile, and from there backwards the rows from the first to the last that any
/// reader needs. Recomputed halos: each tile makes all that it needs. Kept halos: a tile makes what no earlier one made, and rows that the
/// next tile needs stay.
/// </summary>
internal sealed class FusionRows
{
    private readonly List<RowTensor> _tensors;
    private readonly int[] _made;
    private readonly (long From, long To)[][] _ranges;
    private readonly bool _plain;
    private readonly int _walked;
    private long? _kept, _again;

    /// <summary>Rows of tiles of <paramref name="tile"/> rows of the last layer's result.</summary>
    /// <param name="tensors">Tensors so that readers of a tensor make tensors behind it; the group's result last.</param>
    /// <param name="made">The tensor that a layer makes, by index in the list.</param>
    /// <param name="tile">Rows of a tile.</param>
    /// <param name="memory">What groups with the same last layer know.</param>
    public FusionRows(List<RowTensor> tensors, int[] made, long tile, RowMemory? memory = null)
    {
        (_tensors, _made) = (tensors, made);
        long rows = tensors[^1].Rows;
        Tiles = (rows + tile - 1) / tile;
        // Without windows all tiles but a shorter last one are alike.
        _plain = IsPlain(tensors);
        _walked = checked((int)(_plain ? 1 : Tiles));
        (_ranges, Uses) = (new (long, long)[tensors.Count][], new RowUse[tensors.Count]);
        for (int t = tensors.Count - 1; t >= 0; t--)
        {
            int fromEnd = made.Length - 1 - tensors[t].Maker;
            RowMemory.Entry? known = tensors[t].Maker < 0 ? null
                : memory?.Of(tile, _plain, fromEnd, tensors[t].Readers, _ranges, made);
            if (known is not null) (_ranges[t], Uses[t]) = (known.Ranges, known.Use);
            else
            {
                // Of what comes from outside only the counts are asked for.
                Span<(long From, long To)> ranges = tensors[t].Maker < 0 && memory is not null ? memory.Scratch(_walked)
                    : _ranges[t] = new (long, long)[_walked];
                Fill(ranges, tensors[t], t == tensors.Count - 1 ? tile : 0);
                Uses[t] = Use(tensors[t].Rows, ranges);
                if (memory is not null && tensors[t].Maker >= 0)
                    memory.Keep(tile, _plain, fromEnd, new(_ranges[t], Uses[t], [.. tensors[t].Readers.Select(r => (r.Axis,
                        _ranges[made[r.Layer]]))]));
            }
            Overlaps |= Uses[t].Separate > Uses[t].Once;
        }
    }

    // The rows of the result, or what readers need.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Fill(Span<(long From, long To)> ranges, RowTensor tensor, long tile)
    {
        for (int k = 0; tile > 0 && k < ranges.Length; k++) ranges[k] = (k * tile, Math.Min(tensor.Rows, (k + 1) * tile));
        if (tile > 0) return;
        foreach ((int layer, WindowAxis axis) in tensor.Readers)
        {
            (long From, long To)[] made = _ranges[_made[layer]];
            for (int k = 0; k < ranges.Length; k++)
            {
                (long From, long To) part = axis.Needed(made[k].From, made[k].To), hull = ranges[k];
                if (part.To <= part.From) continue;
                ranges[k] = hull.To <= hull.From ? part : (Math.Min(hull.From, part.From), Math.Max(hull.To, part.To));
            }
        }
    }

    private static bool IsPlain(List<RowTensor> tensors)
    {
        foreach (RowTensor tensor in tensors)
            foreach ((_, WindowAxis axis) in tensor.Readers)
                if (!axis.IsPlain) return false;
        return true;
    }

    /// <summary>Number of tiles.</summary>
    public long Tiles { get; }

    /// <summary>By tensor.</summary>
    public RowUse[] Uses { get; }

    /// <summary>Whether tiles of some tensor overlap.</summary>
    public bool Overlaps { get; }

    /// <summary>Rows of a tensor.</summary>
    public long Rows(int tensor) => _tensors[tensor].Rows;

    /// <summary>Rows of a tensor that all tiles make together.</summary>
    public long Made(int tensor, bool keep) => keep ? Uses[tensor].Once : Uses[tensor].Separate;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private RowUse Use(long rows, ReadOnlySpan<(long From, long To)> ranges)
    {
        if (_plain) return new RowUse(ranges[0].To, rows, rows);
        long largest = 0, separate = 0, once = 0, end = 0;
        foreach ((long from, long to) in ranges)
        {
            largest = Math.Max(largest, to - from);
            separate += to - from;
            once += Math.Max(0, to - Math.Max(from, end));
            end = Math.Max(end, to);
        }
        return new RowUse(largest, separate, once);
    }

    /// <summary>Most bits of the tensors that are made inside at one time, while some layer of some tile runs.</summary>
    /// <param name="rowBits">Bits of a row, by tensor; 0: it does not count.</param>
    /// <param name="layers">Layers of the group.</param>
    /// <param name="keep">Whether halos are kept.</param>
    public long PeakBits(long[] rowBits, int layers, bool keep) =>
        keep ? _kept ??= Peak(rowBits, layers, true) : _again ??= Peak(rowBits, layers, false);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private long Peak(long[] rowBits, int layers, bool keep)
    {
        // By layer: how many bits more there are than while the one before runs.
        var steps = new long[layers + 2];
        long peak = 0;
        for (int k = 0; k < _walked; k++)
        {
            if (k >= 2 && k + 1 < _walked && Alike(k, rowBits)) continue;
            Array.Clear(steps);
            for (int t = 0; t < rowBits.Length; t++)
            {
                if (rowBits[t] == 0) continue;
                RowTensor tensor = _tensors[t];
                (long From, long To)[] ranges = _ranges[t];
                (long from, long to) = ranges[k];
                // Rows there before it is made, while it is used, and after that.
                long before = keep && k > 0 ? Shared(ranges[k - 1], (from, to)) : 0;
                long after = keep && k + 1 < _walked ? Shared((from, to), ranges[k + 1]) : 0;
                steps[0] += before * rowBits[t];
                steps[tensor.Maker] += (to - from - before) * rowBits[t];
                steps[tensor.LastReader + 1] += (after - (to - from)) * rowBits[t];
            }
            long sum = 0;
            for (int layer = 0; layer < layers; layer++)
            {
                sum += steps[layer];
                peak = Math.Max(peak, sum);
            }
        }
        return peak;
    }

    // Whether a tile and what it shares with its neighbours are those of the tile before, further down.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool Alike(int k, long[] rowBits)
    {
        for (int t = 0; t < rowBits.Length; t++)
        {
            if (rowBits[t] == 0) continue;
            (long From, long To)[] ranges = _ranges[t];
            ((long from, long to), (long before, long until)) = (ranges[k], ranges[k - 1]);
            if (to - from != until - before || Shared(ranges[k - 2], (before, until)) != Shared((before, until), (from, to))
                || Shared((before, until), (from, to)) != Shared((from, to), ranges[k + 1])) return false;
        }
        return true;
    }

    private static long Shared((long From, long To) a, (long From, long To) b) =>
        Math.Max(0, Math.Min(a.To, b.To) - Math.Max(a.From, b.From));
}
