using Sim.ArchModel;
using Sim.Mapper;

namespace Sim.Simulator.Timing;

/// <summary>
/// The array's time without memory, in closed form. A fold streams T steps into the corner PE, each I cycles long (1, or as many as a
/// digit-serial multiplier needs); its wave needs R−1 more cycles until the last row is fed (fill) and C−1 more until it has crossed the
/// last column (drain); a stationary operand takes R cycles to shift in before. From the start of one fold's stream to the next, with each
/// term present unless its overlap switch is on,
/// <code>interval = max(R, I·T + (R−1)[fill] + (C−1)[drain] + R[load])</code>
/// where the R under the maximum is what a column's result bus (one result a cycle) or the loading of the next stationary tile needs in any
/// case.
/// <code>cycles = R[if stationary] + (folds − 1)·interval + I·T + R + C − 2</code>
/// All switches off this is folds·(R+C+I·T−2), output-stationary, and folds·(2R+C+I·T−2) else: with I = 1 SCALE-Sim's count, edge folds
/// costing as much as full ones.
/// </summary>
public static class FoldTiming
{
    /// <summary>Cycles between the last step fed to the corner PE and the moment the next fold may begin (its load, when that is not
    /// overlapped).</summary>
    public static int Gap(PeArray array, FoldGrid grid)
    {
        ArgumentNullException.ThrowIfNull(array);
        ArgumentNullException.ThrowIfNull(grid);
        return (array.OverlapFill ? 0 : grid.Rows - 1) + (array.OverlapDrain ? 0 : array.Columns - 1);
    }

    /// <summary>Cycles from the start of one fold's stream to the next, <paramref name="cyclesPerStep"/> (I) being 1 or more.</summary>
    public static long Interval(PeArray array, FoldGrid grid, int cyclesPerStep = 1)
    {
        ArgumentNullException.ThrowIfNull(array);
        ArgumentNullException.ThrowIfNull(grid);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(cyclesPerStep);
        long load = grid.LoadsStationary && !array.OverlapWeightLoad ? grid.Rows : 0;
        return Math.Max(grid.Rows, (long)cyclesPerStep * grid.StreamLength + Gap(array, grid) + load);
    }

    /// <summary>Cycles of a layer with unlimited bandwidth.</summary>
    public static long Cycles(PeArray array, FoldGrid grid, int cyclesPerStep = 1) =>
        (grid.LoadsStationary ? grid.Rows : 0) + (grid.Folds - 1) * Interval(array, grid, cyclesPerStep)
            + (long)cyclesPerStep * grid.StreamLength + grid.Rows + grid.Columns - 2;
}
