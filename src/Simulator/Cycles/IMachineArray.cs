using Sim.ArchModel;
using Sim.Datapath.Kernels;
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
    private readonly int _digits, _elements, _outputs, _outputsOfGroup;
    private readonly FoldGrid _grid;
    private readonly PeGrid[] _blocks;
    private readonly ArrayCounts _reads = new();
    private MachineUnit? _unit;
    private int _frame, _step, _within;

    public RegisterArray(Architecture architecture, Mapping mapping, MachineOperands operands, int attempt, IMachineObserver? observer)
    {
        FoldGrid grid = mapping.Grid;
        (_addresses, _observer, _holdsResults, _digits) = (new SlotAddresses(mapping), observer, !grid.LoadsStationary,
            architecture.Datapath.CyclesPerMac);
        (_elements, _outputs) = (grid.ElementsPerStep, checked((int)mapping.Layer.OutputElements));
        var shape = new GridShape(grid.BlockRows, grid.BlockColumns, grid.LoadsStationary, architecture.Array.OverlapWeightLoad,
            grid.Dataflow == Dataflow.InputStationary);
        (_grid, _outputsOfGroup) = (grid, mapping.Layer.M * mapping.Layer.N);
        // Groups that share the array meet in no PE: each block of it is stepped as a grid, with the groups that run there.
        _blocks = [.. Enumerable.Range(0, grid.Blocks).Select(block => PeGrid.Create(architecture.Datapath, mapping.Order, shape,
            operands.Every(mapping.Layer.Groups, grid.Blocks, block).OfGrid(mapping.Layer.K),
            checked(GroupsOf(mapping.Layer.Groups, block) * _outputsOfGroup), attempt))];
    }

    /// <summary>The first block of the array: all of it, unless groups share it.</summary>
    public PeGrid Grid => _blocks[0];

    /// <summary>The results as group, m, n; null: a sum left what the grid computes exactly.</summary>
    public long[]? Finish(ref GemmEvents events)
    {
        var results = new long[_outputs];
        for (int block = 0; block < _blocks.Length; block++)
        {
            var found = new long[GroupsOf(_outputs / _outputsOfGroup, block) * _outputsOfGroup];
            if (!_blocks[block].Finish(found, ref events)) return null;
            for (int i = 0; i < found.Length; i += _outputsOfGroup)
                found.AsSpan(i, _outputsOfGroup).CopyTo(results.AsSpan((i / _outputsOfGroup * _blocks.Length + block) * _outputsOfGroup));
        }
        return _addresses.InOrder(results);
    }

    private int GroupsOf(int groups, int block) => (groups - block + _grid.Blocks - 1) / _grid.Blocks;

    public ArrayCounts Counts
    {
        get
        {
            ArrayCounts counts = _reads.Copy();
            for (int block = 0; block < _blocks.Length; block++) counts.Add(_blocks[block].Counts, _grid, block);
            return counts;
        }
    }

    public void Load(MachineFold fold, int frame)
    {
        GridTile tile = _addresses.Tile(fold, frame);
        for (int block = 0; block < _grid.GroupsIn(fold.Group); block++)
        {
            _reads.Tile(tile);
            _reads.PassAbove(tile, _grid, block);
            _blocks[block].Load(tile);
        }
    }

    public void Begin(MachineUnit unit, int frame) => (_unit, _frame, _step, _within) = (unit, frame, unit.Steps.Start, 0);

    public void Step(long cycle, long count)
    {
        for (long end = cycle + count; cycle < end;) cycle += Some(cycle, end - cycle);
    }

    // Cycles that can be done at once: all, unless somebody watches, or steps take several cycles or products.
    private long Some(long cycle, long most)
    {
        if (_observer is null && _unit is null)
        {
            foreach (PeGrid grid in _blocks) grid.Idle(most);
            return most;
        }
        if (_observer is null && _frame == 1 && _elements == 1)
        {
            int steps = (int)Math.Min(most, _unit!.Steps.End - _step);
            GridSlot first = _addresses.Slot(_unit, _step, 0, 1);
            int groups = _grid.GroupsIn(_unit.Fold.Group);
            for (int block = 0; block < _blocks.Length; block++)
            {
                if (block >= groups)
                {
                    _blocks[block].Idle(steps);
                    continue;
                }
                _blocks[block].Stream(first, _addresses.Stride, steps, _unit.IsLast && _step + steps == _unit.Steps.End);
                _reads.Step(first, _holdsResults, steps);
            }
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
            foreach (PeGrid grid in _blocks) grid.Step(false, default);
        }
        else
        {
            GridSlot slot = _addresses.Slot(unit, _step, _within - (_frame - _digits), _digits);
            int groups = _grid.GroupsIn(unit.Fold.Group);
            for (int block = 0; block < _blocks.Length; block++)
            {
                if (slot.Multiplies && block < groups) _reads.Step(slot, _holdsResults, 1);
                _blocks[block].Step(block < groups, block < groups ? slot : default);
            }
        }
        if (_unit is null || ++_within < _frame) return;
        _within = 0;
        if (++_step == _unit.Steps.End) _unit = null;
    }
}

/// <summary>No registers: what passes is counted as it begins.</summary>
internal sealed class TileArray(Mapping mapping, int digits) : IMachineArray
{
    public ArrayCounts Counts { get; } = new();

    public void Load(MachineFold fold, int frame)
    {
        var tile = new GridTile(0, 0, fold.Rows.Count, 0, fold.Columns.Count, frame);
        for (int block = 0; block < mapping.Grid.GroupsIn(fold.Group); block++)
        {
            Counts.Tile(tile);
            Counts.Shift(fold);
            Counts.PassAbove(tile, mapping.Grid, block);
        }
    }

    public void Begin(MachineUnit unit, int frame) => Counts.Unit(unit, mapping.Grid, digits);

    public void Step(long cycle, long count)
    {
    }
}
