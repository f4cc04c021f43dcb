using Sim.ArchModel;
using Sim.Mapper;

namespace Sim.Simulator.Timing;

/// <summary>
/// The array's time without DRAM, in closed form. A fold streams T steps into the corner PE, each s cycles long (1, or as many as a
/// digit-serial multiplier or the ports need); its wave needs R−1 more cycles until the last row is fed (fill) and C−1 more until it has
/// crossed the last column (drain); a stationary operand takes a load of R cycles to shift in before. Ports that need w cycles for a row
/// add w−1 for each row in use to a load and to the drain of an output-stationary fold. From the start of one fold's stream to the next, with
/// each term present unless its overlap switch is on,
/// <code>interval = max(least, s·T + (R−1)[fill] + (C−1)[drain] + load)</code>
/// where least is what a column's result bus (one result a cycle) or the loading of the next stationary tile needs in any case.
/// <code>cycles = load[if stationary] + (folds − 1)·interval + s·T + R + C − 2 + tail</code>
/// All switches off and ports that keep up this is folds·(R+C+s·T−2), output-stationary, and folds·(2R+C+s·T−2) else: with s = 1
/// SCALE-Sim's count, edge folds costing as much as full ones.
/// </summary>
internal sealed class FoldTiming
{
    private readonly FoldGrid _grid;
    private readonly int _cyclesPerMac;

    /// <summary>The times of a layer's folds on an array.</summary>
    public FoldTiming(PeArray array, FoldGrid grid, PortTiming ports, int cyclesPerMac)
    {
        (_grid, _cyclesPerMac, Step) = (grid, cyclesPerMac, ports.Step);
        Load = grid.LoadsStationary ? grid.Rows + grid.RowsInUse * (ports.Load - 1L) : 0;
        Tail = grid.LoadsStationary ? ports.Drain - 1 : Math.Min(grid.BlockRows, grid.RowExtent) * (ports.Drain - 1L);
        Gap = (array.OverlapFill ? 0 : grid.Rows - 1) + (array.OverlapDrain ? 0 : array.Columns - 1
            + (grid.LoadsStationary ? 0 : Tail));
        OverlapsLoad = array.OverlapWeightLoad;
        ResultBus = grid.BlockRows + Tail;
    }

    /// <summary>Cycles of a step.</summary>
    public long Step { get; }

    /// <summary>Cycles to bring a stationary tile in; 0 when output-stationary.</summary>
    public long Load { get; }

    /// <summary>Cycles between the end of a fold's last step and the moment the next fold may begin (its load, when that is not
    /// overlapped).</summary>
    public long Gap { get; }

    /// <summary>Cycles that writing results takes beyond the wave that makes them.</summary>
    public long Tail { get; }

    /// <summary>Output-stationary: cycles between the last steps of two folds, whose results leave on one bus a column.</summary>
    public long ResultBus { get; }

    /// <summary>Whether the next tile is loaded while this one is used.</summary>
    public bool OverlapsLoad { get; }

    /// <summary>Cycles from a fold's start until its first digit has entered, when its PEs' second registers are free again.</summary>
    public long TakenOver => Step - _cyclesPerMac;

    /// <summary>Cycles from the start of one fold's stream to the next.</summary>
    public long Interval
    {
        get
        {
            long stream = Step * _grid.StreamLength + Gap;
            if (!_grid.LoadsStationary) return Math.Max(ResultBus, stream);
            return OverlapsLoad ? Math.Max(Load + TakenOver, stream) : stream + Load;
        }
    }

    /// <summary>Cycles of a layer whose operands are always on chip.</summary>
    public long Cycles => checked(Load + (_grid.Folds - 1) * Interval + Step * _grid.StreamLength + _grid.Rows + _grid.Columns - 2 + Tail);
}
