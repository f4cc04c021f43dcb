using Sim.ArchModel;
using Sim.Datapath.Kernels.Systolic;
using Sim.Mapper;

namespace Sim.Simulator.Cycles;

/// <summary>The array as the sequencer sees it.</summary>
internal interface IMachineArray
{
    /// <summary>A fold's stationary tile begins to shift in, a row in <paramref name="frame"/> cycles.</summary>
    void Load(MachineFold fold, int frame);

    /// <summary>A unit's steps begin to enter, <paramref name="frame"/> cycles each.</summary>
    void Begin(MachineUnit unit, int frame);

    /// <summary>So many cycles from <paramref name="cycle"/> on, in which nothing begins after the first and nothing ends before the
    /// last.</summary>
    void Step(long cycle, long count);

    /// <summary>What was done.</summary>
    ArrayCounts Counts { get; }
}

/// <summary>Every register of every PE.</summary>
internal sealed class RegisterArray : IMachineArray
{
    private readonly SlotAddresses _addresses;
    private readonly IMachineObserver? _observer;
    private readonly bool _holdsResults;
    private readonly int _digits, _elements, _outputs;
    private MachineUnit? _unit;
    private int _frame, _step, _within;

    public RegisterArray(Architecture architecture, Mapping mapping, MachineOperands operands, int attempt, IMachineObserver? observer)
    {
        FoldGrid grid = mapping.Grid;
        (_addresses, _observer, _holdsResults, _digits) = (new SlotAddresses(mapping), observer, !grid.LoadsStationary,
            architecture.Datapath.CyclesPerMac);
        (_elements, _outputs) = (grid.ElementsPerStep, checked((int)mapping.Layer.OutputElements));
        var shape = new GridShape(grid.Rows, grid.Columns, grid.LoadsStationary, architecture.Array.OverlapWeightLoad,
            grid.Dataflow == Dataflow.InputStationary);
        Grid = PeGrid.Create(architecture.Datapath, mapping.Order, shape, operands.OfGrid(mapping.Layer.K), _outputs,
            attempt);
    }

    public PeGrid Grid { get; }

    public ArrayCounts Counts { get; } = new();

    public void Load(MachineFold fold, int frame)
    {
        GridTile tile = _addresses.Tile(fold, frame);
        Counts.Tile(tile);
        Grid.Load(tile);
    }

    public void Begin(MachineUnit unit, int frame) => (_unit, _frame, _step, _within) = (unit, frame, unit.Steps.Start, 0);

    public void Step(long cycle, long count)
    {
        for (long end = cycle + count; cycle < end;) cycle += Some(cycle, end - cycle);
        Counts.Take(Grid.Counts);
    }

    // Cycles that can be done at once: all, unless somebody watches, or steps take several cycles or products.
    private long Some(long cycle, long most)
    {
        if (_observer is null && _unit is null)
        {
            Grid.Idle(most);
            return most;
        }
        if (_observer is null && _frame == 1 && _elements == 1)
        {
            int steps = (int)Math.Min(most, _unit!.Steps.End - _step);
            GridSlot first = _addresses.Slot(_unit, _step, 0, 1);
            Grid.Stream(first, _addresses.Stride, steps, _unit.IsLast && _step + steps == _unit.Steps.End);
            Counts.Step(first, _holdsResults, steps);
            if ((_step += steps) == _unit.Steps.End) _unit = null;
            return steps;
        }
        One();
        _observer?.Cycle(cycle, Grid);
        return 1;
    }

    // The digits of a step are the last cycles of its frame: its words are read before.
    private void One()
    {
        if (_unit is not { } unit || _within < _frame - _digits)
        {
            Grid.Step(false, default);
        }
        else
        {
            GridSlot slot = _addresses.Slot(unit, _step, _within - (_frame - _digits), _digits);
            if (slot.Multiplies) Counts.Step(slot, _holdsResults, 1);
            Grid.Step(true, slot);
        }
        if (_unit is null || ++_within < _frame) return;
        _within = 0;
        if (++_step == _unit.Steps.End) _unit = null;
    }

    /// <summary>The results as group, m, n; null: a sum left what the grid computes exactly.</summary>
    public long[]? Finish(ref Datapath.Kernels.GemmEvents events)
    {
        var results = new long[_outputs];
        return Grid.Finish(results, ref events) ? _addresses.InOrder(results) : null;
    }
}

/// <summary>No registers: what passes is counted as it begins.</summary>
internal sealed class TileArray(Mapping mapping, int digits) : IMachineArray
{
    public ArrayCounts Counts { get; } = new();

    public void Load(MachineFold fold, int frame)
    {
        Counts.Tile(new GridTile(0, 0, fold.Rows.Count, 0, fold.Columns.Count, frame));
        Counts.Shift(fold);
    }

    public void Begin(MachineUnit unit, int frame) => Counts.Unit(unit, mapping.Grid, digits);

    public void Step(long cycle, long count)
    {
    }
}
