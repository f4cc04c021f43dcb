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

/// <summary>
/// The rows that each tile of a group needs: the last layer's tile, and from there backwards the rows from the first to the last that any
/// reader needs. Recomputed halos: each tile makes all that it needs. Kept halos: a tile makes what no earlier one made, and rows that the
/// next tile needs stay.
/// </summary>
internal sealed class FusionRows
{
    private readonly List<RowTensor> _tensors;
    private readonly (long From, long To)[][] _needed;
    private readonly bool _plain;
    private long? _kept, _again;

    /// <summary>Rows of tiles of <paramref name="tile"/> rows of the last layer's result.</summary>
    /// <param name="tensors">Tensors so that readers of a tensor make tensors behind it; the group's result last.</param>
    /// <param name="made">The tensor that a layer makes, by index in the list.</param>
    /// <param name="tile">Rows of a tile.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public FusionRows(List<RowTensor> tensors, int[] made, long tile)
    {
        _tensors = tensors;
        long rows = tensors[^1].Rows;
        Tiles = (rows + tile - 1) / tile;
        // Without windows all tiles but a shorter last one are alike.
        _plain = IsPlain(tensors);
        _needed = new (long, long)[_plain ? 1 : Tiles][];
        for (long k = 0; k < _needed.Length; k++)
        {
            var needed = _needed[k] = new (long From, long To)[tensors.Count];
            needed[^1] = (k * tile, Math.Min(rows, (k + 1) * tile));
            for (int t = tensors.Count - 2; t >= 0; t--)
            {
                (long From, long To) hull = (0, 0);
                foreach ((int layer, WindowAxis axis) in tensors[t].Readers)
                {
                    (long from, long to) = needed[made[layer]];
                    (long From, long To) part = axis.Needed(from, to);
                    if (part.To <= part.From) continue;
                    hull = hull.To <= hull.From ? part : (Math.Min(hull.From, part.From), Math.Max(hull.To, part.To));
                }
                needed[t] = hull;
            }
        }
        Uses = new RowUse[tensors.Count];
        for (int t = 0; t < Uses.Length; t++)
        {
            Uses[t] = Use(t);
            Overlaps |= Uses[t].Separate > Uses[t].Once;
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
    private RowUse Use(int tensor)
    {
        if (_plain) return new RowUse(_needed[0][tensor].To, _tensors[tensor].Rows, _tensors[tensor].Rows);
        long largest = 0, separate = 0, once = 0, end = 0;
        for (long k = 0; k < Tiles; k++)
        {
            (long from, long to) = _needed[k][tensor];
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
        for (long k = 0; k < _needed.Length; k++)
        {
            if (k >= 2 && k + 1 < _needed.Length && Alike(k)) continue;
            Array.Clear(steps);
            for (int t = 0; t < rowBits.Length; t++)
            {
                if (rowBits[t] == 0) continue;
                RowTensor tensor = _tensors[t];
                (long from, long to) = _needed[k][t];
                // Rows there before it is made, while it is used, and after that.
                long before = keep && k > 0 ? Shared(_needed[k - 1][t], (from, to)) : 0;
                long after = keep && k + 1 < _needed.Length ? Shared((from, to), _needed[k + 1][t]) : 0;
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
    private bool Alike(long k)
    {
        for (int t = 0; t < _tensors.Count; t++)
        {
            ((long from, long to), (long before, long until)) = (_needed[k][t], _needed[k - 1][t]);
            if (to - from != until - before || Shared(_needed[k - 2][t], (before, until)) != Shared((before, until), (from, to))
                || Shared((before, until), (from, to)) != Shared((from, to), _needed[k + 1][t])) return false;
        }
        return true;
    }

    private static long Shared((long From, long To) a, (long From, long To) b) =>
        Math.Max(0, Math.Min(a.To, b.To) - Math.Max(a.From, b.From));
}
