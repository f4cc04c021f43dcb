using Sim.Workloads.Nests;

namespace Sim.Mapper.Search.Lattice;

/// <summary>
/// Least words of activations that arrive at a store while the loops above it run once, by its tile, for layers whose input has windows.
/// Every step of the innermost loop moves the tile: along rows it brings at least the rows of one step times all its columns, along columns
/// the other way round, and any other loop all of it. Where outputs and filter both move, some steps may bring nothing: at least every
/// second one does.
/// </summary>
internal sealed class WindowWords
{
    private readonly TileLattice _lattice;
    private readonly Axis? _rows, _columns;
    private readonly Dictionary<(int, bool), double[]> _words = [];

    // One window: its two dimensions in the lattice, and sizes of tiles that were asked for.
    private sealed record Axis(int Output, int Filter, long Outputs, long Filters, int Stride, int Dilation, WindowSets Sets)
    {
        private readonly Dictionary<(long, long), (double Size, bool Contiguous)> _sizes = [];

        public (double Size, bool Contiguous) Of(long outputs, long filters)
        {
            if (_sizes.TryGetValue((outputs, filters), out (double, bool) known)) return known;
            return _sizes[(outputs, filters)] = (Sets.Rows(outputs, filters), Sets.Contiguous(outputs, filters));
        }

        public double Fresh(long outputs, long filters, long shift) => Sets.Fresh(outputs, filters, [], shift);
    }

    /// <summary>Of a layer.</summary>
    public WindowWords(MapProblem problem, TileLattice lattice)
    {
        _lattice = lattice;
        LoopLayer layer = problem.Layer;
        Axis? Find(Sliding window, LoopDim output, LoopDim filter)
        {
            if (!problem.HasWindow(window)) return null;
            int At(LoopDim dim) => lattice.Dims.ToList().FindIndex(d => d.Members.Contains(dim));
            return new(At(output), At(filter), layer.Size(output), layer.Size(filter), layer.Stride(output), layer.Dilation(filter),
                new(layer.Stride(output), layer.Dilation(filter)));
        }
        _rows = Find(Sliding.Rows, LoopDim.P, LoopDim.R);
        _columns = Find(Sliding.Columns, LoopDim.Q, LoopDim.S);
    }

    /// <summary>Whether there is a window.</summary>
    public bool Any => _rows is not null || _columns is not null;

    /// <summary>Dimensions of windows, a bit for each.</summary>
    public uint Dims => Mask(_rows) | Mask(_columns);

    private static uint Mask(Axis? axis) => axis is null ? 0 : 1u << axis.Output | 1u << axis.Filter;

    /// <summary>The part of a tile in dimensions of windows, as a tile.</summary>
    public int Part(int tile)
    {
        if (!Any) return 0;
        var sizes = new long[_lattice.Dims.Length];
        for (int d = 0; d < sizes.Length; d++) sizes[d] = (Dims >> d & 1) != 0 ? _lattice.Tiles[d][tile] : 1;
        return _lattice.IndexOf(sizes);
    }

    /// <summary>Words of a tile: rows × columns.</summary>
    public double Tile(int tile) => Size(_rows, tile) * Size(_columns, tile);

    private double Size(Axis? axis, int tile) =>
        axis is null ? 1 : axis.Of(_lattice.Tiles[axis.Output][tile], _lattice.Tiles[axis.Filter][tile]).Size;

    /// <summary>By tile: words that the parent reads when so many places of the window's dimensions share them (a tile of the lattice; 0:
    /// one place, what arrives), side by side or <paramref name="loose"/>.</summary>
    public double[] Of(int shared, bool loose)
    {
        if (_words.TryGetValue((shared, loose), out double[]? known)) return known;
        var words = new double[_lattice.Count];
        for (int tile = 0; tile < words.Length; tile++)
        {
            if (!_lattice.Divides(shared, words.Length - 1 - tile)) continue;
            (double rows, double rowSteps, bool rowsMove) = Moves(_rows, tile, tile + shared, loose);
            (double columns, double columnSteps, bool columnsMove) = Moves(_columns, tile, tile + shared, loose);
            words[tile] = (rowsMove, columnsMove) switch
            {
                (false, false) => rows * columns,
                (true, false) => rowSteps * columns,
                (false, true) => rows * columnSteps,
                _ => Math.Min(rowSteps * columns, rows * columnSteps),
            };
        }
        return _words[(shared, loose)] = words;
    }

    /// <summary>Words that compute units read, which keep nothing.</summary>
    public double Units(int shared, bool loose)
    {
        (double rows, _, _) = Moves(_rows, 0, shared, loose);
        (double columns, _, _) = Moves(_columns, 0, shared, loose);
        return rows * columns;
    }

    // All tiles anew; at least so much when this window is innermost; whether it moves at all.
    private (double All, double Steps, bool Moves) Moves(Axis? axis, int tile, int union, bool loose)
    {
        if (axis is null) return (1, 1, false);
        (long outputs, long filters) = (_lattice.Tiles[axis.Output][union], _lattice.Tiles[axis.Filter][union]);
        (double size, bool contiguous) = axis.Of(outputs, filters);
        // Places farther apart touch at least as many rows when every row is touched; else rows of different places may be the same.
        if (loose && (axis.Stride > 1 || axis.Dilation > 1))
            (size, contiguous) = (axis.Of(_lattice.Tiles[axis.Output][tile], _lattice.Tiles[axis.Filter][tile]).Size, false);
        if (!loose) tile = union;
        long outputSteps = axis.Outputs / outputs, filterSteps = axis.Filters / filters;
        double steps = (double)outputSteps * filterSteps;
        if (steps == 1) return (size, size, false);
        long byOutput = _lattice.Tiles[axis.Output][tile] * axis.Stride, byFilter = _lattice.Tiles[axis.Filter][tile] * axis.Dilation;
        // With one dimension alone no two tiles are nearer than a step; else only the steps of one loop are sure.
        if (filterSteps == 1 && contiguous) return (steps * size, steps * Math.Min(byOutput, size), true);
        if (outputSteps == 1 && contiguous) return (steps * size, steps * Math.Min(byFilter, size), true);
        double New(long shift) => !loose ? axis.Fresh(outputs, filters, shift) : contiguous ? Math.Min(shift, size) : 1;
        double least = double.PositiveInfinity;
        if (outputSteps > 1) least = Math.Min(least, steps * Inner(outputSteps) * New(byOutput));
        if (filterSteps > 1) least = Math.Min(least, steps * Inner(filterSteps) * New(byFilter));
        return (steps * size, least, true);
    }

    // Least share of the steps that a loop of one dimension makes when it is the innermost: its count is at least the least prime.
    private static double Inner(long steps)
    {
        long prime = 2;
        while (prime * prime <= steps && steps % prime != 0) prime++;
        if (steps % prime != 0) prime = steps;
        return (prime - 1.0) / prime;
    }

    /// <summary>By tile: the least that any sharing reads.</summary>
    public double[] Least(IReadOnlyCollection<int> shared)
    {
        double[] least = [.. Of(0, false)];
        foreach (int some in shared)
        {
            double[] words = Of(some, true);
            for (int tile = 0; tile < least.Length; tile++)
                if (_lattice.Divides(some, least.Length - 1 - tile)) least[tile] = Math.Min(least[tile], words[tile]);
        }
        return least;
    }
}
