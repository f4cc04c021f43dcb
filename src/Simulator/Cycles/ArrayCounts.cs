using Sim.ArchModel;
using Sim.Datapath.Kernels.Systolic;
using Sim.Mapper;

namespace Sim.Simulator.Cycles;

/// <summary>What the array did, however it was stepped.</summary>
internal sealed class ArrayCounts
{
    private long _rowReads, _columnReads, _stationaryReads, _products, _stationaryShifts, _resultShifts, _results, _columnSums, _joined,
        _planes;

    /// <summary>Steps enter: their lanes read the buffers.</summary>
    public void Step(in GridSlot slot, bool holdsResults, long steps)
    {
        _rowReads += slot.RowCount * slot.Elements * steps;
        if (holdsResults) _columnReads += slot.ColumnCount * slot.Elements * steps;
    }

    /// <summary>A stationary tile is read.</summary>
    public void Tile(in GridTile tile) => _stationaryReads += tile.RowCount * tile.ColumnCount;

    /// <summary>The same counts, to be added to.</summary>
    public ArrayCounts Copy() => (ArrayCounts)MemberwiseClone();

    /// <summary>What the registers of a block counted.</summary>
    public void Add(GridCounts counts, FoldGrid grid, int block)
    {
        _products += counts.Products;
        _stationaryShifts += counts.StationaryShifts;
        // Results of a block pass the PEs below it, too.
        _resultShifts += counts.ResultShifts + counts.Results * (grid.Rows - (block + 1L) * grid.BlockRows);
        _results += counts.Results;
        _columnSums += counts.ColumnSums;
        _joined += counts.Joined;
        _planes += counts.Planes;
    }

    /// <summary>A tile's words pass the PEs above its block.</summary>
    public void PassAbove(in GridTile tile, FoldGrid grid, int block) =>
        _stationaryShifts += (long)block * grid.BlockRows * tile.RowCount * tile.ColumnCount;

    /// <summary>A whole unit passes the array, without registers: what they would count, by what each step and each PE does.</summary>
    public void Unit(MachineUnit unit, FoldGrid grid, int digits)
    {
        for (int block = 0; block < grid.GroupsIn(unit.Fold.Group); block++) Unit(unit, grid, digits, block);
    }

    private void Unit(MachineUnit unit, FoldGrid grid, int digits, int block)
    {
        MachineFold fold = unit.Fold;
        long rows = fold.Rows.Count, columns = fold.Columns.Count, steps = unit.Steps.Count, elements = grid.Elements(unit.Steps).Count;
        _rowReads += rows * elements;
        _products += rows * columns * elements;
        if (grid.LoadsStationary)
        {
            _columnSums += steps * columns;
            _planes += steps * columns * (digits - 1);
            if (!fold.FirstAlongK) _joined += steps * columns;
            return;
        }
        _columnReads += columns * elements;
        if (!unit.IsLast) return;
        _results += rows * columns;
        for (int i = 0; i < rows; i++) _resultShifts += columns * (grid.Rows - block * grid.BlockRows - i);
    }

    /// <summary>A stationary tile shifts in: row i's words pass i + 1 registers.</summary>
    public void Shift(MachineFold fold)
    {
        for (int i = 0; i < fold.Rows.Count; i++) _stationaryShifts += (i + 1L) * fold.Columns.Count;
    }

    /// <summary>The counts as actions.</summary>
    public void WriteTo(Ledger ledger, Architecture architecture, FoldGrid grid)
    {
        string Keeper(Operands operand) => architecture.Buffers.Single(b => b.Keeps.HasFlag(operand)).Name;
        void Read(Operands operand, long count) => ledger.Add(Keeper(operand), ActionNames.ReadOf(operand), count);
        Read(Mapping.RowOperand(grid.Dataflow), _rowReads);
        ledger.Add(ActionNames.Pe, ActionNames.Mac, _products);
        ledger.Add(ActionNames.Pe, ActionNames.OperandShift, grid.LoadsStationary ? _products : 2 * _products);
        if (grid.LoadsStationary)
        {
            Read(Mapping.Stationary(grid.Dataflow), _stationaryReads);
            ledger.Add(ActionNames.Pe, ActionNames.WeightLoad, _stationaryShifts);
            ledger.Add(ActionNames.Accumulator, ActionNames.Read, _joined);
            ledger.Add(ActionNames.Accumulator, ActionNames.Add, _joined + _planes);
            ledger.Add(ActionNames.Accumulator, ActionNames.Write, _columnSums);
            return;
        }
        Read(Operands.Weights, _columnReads);
        ledger.Add(ActionNames.Pe, ActionNames.ResultShift, _resultShifts);
        ledger.Add(Keeper(Operands.Outputs), ActionNames.WriteOf(Operands.Outputs), _results);
    }
}
