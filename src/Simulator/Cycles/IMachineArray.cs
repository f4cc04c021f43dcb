using Sim.ArchModel;
using Sim.Datapath.Kernels.Systolic;
using Sim.Mapper;

namespace Sim.Simulator.Cycles;

/// <summary>The array as the sequencer sees it.</summary>
internal interface IMachineArray
{
    /// <summary>Whether every cycle has to be done, or only those in which something begins or ends.</summary>
    bool StepsEveryCycle { get; }

    /// <summary>A fold's stationary tile begins to shift in, a row in <paramref name="frame"/> cycles.</summary>
    void Load(MachineFold fold, int frame);

    /// <summary>A unit's steps begin to enter, <paramref name="frame"/> cycles each.</summary>
    void Begin(MachineUnit unit, int frame);

    /// <summary>One cycle.</summary>
    void Step(long cycle);

    /// <summary>What was done.</summary>
    ArrayCounts Counts { get; }
}

/// <summary>Every register of every PE.</summary>
internal sealed class RegisterArray : IMachineArray
{
    private readonly SlotAddresses _addresses;
    private readonly IMachineObserver? _observer;
    private readonly bool _holdsResults;
    private readonly int _digits;
    private MachineUnit? _unit;
    private int _frame, _step, _within;

    public RegisterArray(Architecture architecture, Mapping mapping, MachineOperands operands, int attempt, IMachineObserver? observer)
    {
        FoldGrid grid = mapping.Grid;
        (_addresses, _observer, _holdsResults, _digits) = (new SlotAddresses(mapping), observer, !grid.LoadsStationary,
            architecture.Datapath.CyclesPerMac);
        var shape = new GridShape(grid.Rows, grid.Columns, grid.LoadsStationary, architecture.Array.OverlapWeightLoad,
            grid.Dataflow == Dataflow.InputStationary);
        Grid = PeGrid.Create(architecture.Datapath, mapping.Order, shape, operands.OfGrid(mapping.Layer.K),
            checked((int)mapping.Layer.OutputElements), attempt);
    }

    public PeGrid Grid { get; }

    public bool StepsEveryCycle => true;

    public ArrayCounts Counts { get; } = new();

    public void Load(MachineFold fold, int frame)
    {
        GridTile tile = _addresses.Tile(fold, frame);
        Counts.Tile(tile);
        Grid.Load(tile);
    }

    public void Begin(MachineUnit unit, int frame) => (_unit, _frame, _step, _within) = (unit, frame, unit.Steps.Start, 0);

    public void Step(long cycle)
    {
        // The digits of a step are the last cycles of its frame: its words are read before.
        if (_unit is { } unit && _within >= _frame - _digits)
        {
            GridSlot slot = _addresses.Slot(unit, _step, _within - (_frame - _digits), _digits);
            if (slot.Multiplies) Counts.Step(slot, _holdsResults);
            Grid.Step(true, slot);
        }
        else
        {
            Grid.Step(false, default);
        }
        if (_unit is not null && ++_within == _frame)
        {
            _within = 0;
            if (++_step == _unit.Steps.End) _unit = null;
        }
        Counts.Take(Grid.Counts);
        _observer?.Cycle(cycle, Grid);
    }
}

/// <summary>No registers: what passes is counted as it begins.</summary>
internal sealed class TileArray(Mapping mapping, int digits) : IMachineArray
{
    public bool StepsEveryCycle => false;

    public ArrayCounts Counts { get; } = new();

    public void Load(MachineFold fold, int frame)
    {
        Counts.Tile(new GridTile(0, 0, fold.Rows.Count, 0, fold.Columns.Count, frame));
        Counts.Shift(fold);
    }

    public void Begin(MachineUnit unit, int frame) => Counts.Unit(unit, mapping.Grid, digits);

    public void Step(long cycle)
    {
    }
}
