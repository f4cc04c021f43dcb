namespace Sim.Mapper.Search;

/// <summary>
/// Words of activations that move for one choice of a window's counts. Where this window slides directly above the store, its innermost
/// loops bring only what is new; what the first tile of such a run shares with the tile before it depends on the loops around, so there is
/// a least and a most.
/// </summary>
internal sealed class WindowMotion(Sliding window, WindowSets sets, int stride, int dilation, bool[] time, bool[] shared)
{
    private readonly List<(long Count, long Step)> _axes = [];
    private long[] _p = [], _r = [];
    private long[] _outputTiles = [], _filterTiles = [];

    /// <summary>Takes the counts of the output and the filter dimension by place.</summary>
    public void Set(long[] outputs, long[] filters)
    {
        (_p, _r) = (outputs, filters);
        if (_outputTiles.Length != outputs.Length + 1) (_outputTiles, _filterTiles) = (new long[outputs.Length + 1],
            new long[outputs.Length + 1]);
        (_outputTiles[^1], _filterTiles[^1]) = (1, 1);
        for (int q = outputs.Length - 1; q >= 0; q--)
        {
            _outputTiles[q] = _outputTiles[q + 1] * outputs[q];
            _filterTiles[q] = _filterTiles[q + 1] * filters[q];
        }
    }

    /// <summary>Words of a column.</summary>
    public (double Least, double Most) Of(WindowColumn column)
    {
        (long p, long r) = (_outputTiles[column.Child], _filterTiles[column.Child]);
        if (column.Part == WindowPart.Tile) return Same(sets.Rows(p, r));
        _axes.Clear();
        double copies = 1, repeats = 1;
        for (int q = 0; q < column.Child; q++)
        {
            if (time[q])
            {
                if (q < column.Boundary) repeats *= (double)_p[q] * _r[q];
                continue;
            }
            if (column.Part == WindowPart.Up && q >= column.Parent && shared[q])
            {
                if (_p[q] > 1) _axes.Add((_p[q], _outputTiles[q + 1] * stride));
                if (_r[q] > 1) _axes.Add((_r[q], _filterTiles[q + 1] * dilation));
            }
            else
            {
                copies *= (double)_p[q] * _r[q];
            }
        }
        long whole = sets.Size(p, r, _axes);
        if (column.Direct < 0 || column.Slides != window) return Same(copies * repeats * whole);
        return Slide(column.Direct, p, r, whole, copies, repeats);
    }

    private static (double, double) Same(double value) => (value, value);

    private (double Least, double Most) Slide(int direct, long p, long r, long whole, double copies, double repeats)
    {
        (long np, long nr) = (_p[direct], _r[direct]);
        (long dp, long dr) = (_outputTiles[direct + 1] * stride, _filterTiles[direct + 1] * dilation);
        double outside = repeats / (np * nr);
        double least = double.PositiveInfinity, most = double.PositiveInfinity;
        // Runs of loops directly above: P outside R, R outside P, or one of them alone with the other farther out.
        for (int run = 0; run < 4; run++)
        {
            (long n1, long d1, long n2, long d2) = run switch { 0 => (np, dp, nr, dr), 1 => (nr, dr, np, dp), 2 => (1, 0, np, dp), _ =>
                (1, 0, nr, dr) };
            if (run >= 2 && (np == 1 || nr == 1)) break;
            double moved = whole + (double)n1 * (n2 - 1) * Fresh(p, r, d2) + (n1 - 1) * Fresh(p, r, d1 - (n2 - 1) * d2);
            double rest = outside * (run >= 2 ? (double)np * nr / n2 : 1);
            long back = (n1 - 1) * d1 + (n2 - 1) * d2;
            double overlap = whole - Fresh(p, r, back);
            if (rest > 1) overlap = Math.Max(overlap, Outer(direct, p, r, whole, run, back));
            least = Math.Min(least, rest * (moved - overlap));
            if (run < 2) most = Math.Min(most, rest * moved);
        }
        return (copies * Math.Min(least, most), copies * most);
    }

    // The most that the first tile of a run shares with the last of the run before, when a loop of this window farther out moved.
    private double Outer(int direct, long p, long r, long whole, int run, long back)
    {
        long inside = (_p[direct] - 1) * _outputTiles[direct + 1] * stride + (_r[direct] - 1) * _filterTiles[direct + 1] * dilation;
        double overlap = whole - Fresh(p, r, inside);
        if (run == 2 && _r[direct] > 1) overlap = whole - Fresh(p, r, _filterTiles[direct + 1] * dilation - back);
        if (run == 3 && _p[direct] > 1) overlap = whole - Fresh(p, r, _outputTiles[direct + 1] * stride - back);
        for (int q = direct - 1; q >= 0; q--)
        {
            if (!time[q]) continue;
            long dp = _outputTiles[q + 1] * stride, dr = _filterTiles[q + 1] * dilation;
            long backP = (_p[q] - 1) * dp, backR = (_r[q] - 1) * dr;
            if (_p[q] > 1)
            {
                overlap = Math.Max(overlap, whole - Fresh(p, r, dp - inside));
                if (_r[q] > 1) overlap = Math.Max(overlap, whole - Fresh(p, r, dp - inside - backR));
            }
            if (_r[q] > 1)
            {
                overlap = Math.Max(overlap, whole - Fresh(p, r, dr - inside));
                if (_p[q] > 1) overlap = Math.Max(overlap, whole - Fresh(p, r, dr - inside - backP));
            }
            inside += backP + backR;
        }
        return overlap;
    }

    private double Fresh(long p, long r, long shift) => sets.Fresh(p, r, _axes, shift);
}
