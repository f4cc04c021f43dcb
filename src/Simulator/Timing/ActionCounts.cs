using Sim.ArchModel;
using Sim.Mapper;

namespace Sim.Simulator.Timing;

/// <summary>
/// What a layer makes the hardware do, in closed form. With s = folds along the other axis, array-side counts per group are SCALE-Sim's
/// identities:
/// a streamed operand is read once for every fold that uses it, a stationary one once, results are written once for every fold along K.
/// </summary>
internal static class ActionCounts
{
    public static Ledger Of(Architecture architecture, Mapping mapping, TrafficTotals dram, ElementWidths widths)
    {
        var ledger = new Ledger();
        FoldGrid grid = mapping.Grid;
        long macs = mapping.Layer.Macs, outputs = mapping.Layer.OutputElements;
        long streamOnRows = (long)grid.LayerGroups * grid.RowExtent * grid.StreamExtent,
            streamOnColumns = (long)grid.LayerGroups * grid.ColumnExtent * grid.StreamExtent;
        ledger.Add(ActionNames.Pe, ActionNames.Mac, macs);
        BufferActions(ledger, architecture, Mapping.RowOperand(grid.Dataflow), streamOnRows * grid.ColumnFolds, dram);
        if (grid.LoadsStationary)
        {
            BufferActions(ledger, architecture, Mapping.Stationary(grid.Dataflow),
                (long)grid.LayerGroups * grid.RowExtent * grid.ColumnExtent,
                dram);
            ledger.Add(ActionNames.Pe, ActionNames.OperandShift, macs);
            ledger.Add(ActionNames.Pe, ActionNames.WeightLoad, StationaryShifts(grid));
            // The digit planes of a sum that a serial multiplier makes come down one after another and are added below the array, too.
            ledger.Add(ActionNames.Accumulator, ActionNames.Add, ((long)grid.RowFolds * architecture.Datapath.CyclesPerMac - 1) * outputs);
            ledger.Add(ActionNames.Accumulator, ActionNames.Read, (grid.RowFolds - 1) * outputs);
            ledger.Add(ActionNames.Accumulator, ActionNames.Write, grid.RowFolds * outputs);
        }
        else
        {
            BufferActions(ledger, architecture, Operands.Weights, streamOnColumns * grid.RowFolds, dram);
            ledger.Add(ActionNames.Pe, ActionNames.OperandShift, 2 * macs);
            ledger.Add(ActionNames.Pe, ActionNames.ResultShift, ResultShifts(grid));
        }
        // Results enter an output-stationary design's buffer straight from the PEs; spilled partial sums leave and come back at accumulator
        // width.
        string keeper = BufferFit.Keeper(architecture.Buffers, Operands.Outputs).Name;
        ledger.Add(keeper, ActionNames.WriteOf(Operands.Outputs), (grid.LoadsStationary ? 0 : outputs) + dram.SumsRead);
        ledger.Add(keeper, ActionNames.ReadOf(Operands.Outputs), dram.Outputs + dram.SumsWritten);
        ledger.Add(ActionNames.Dram, ActionNames.ReadBits, dram.BitsRead(widths));
        ledger.Add(ActionNames.Dram, ActionNames.WriteBits, dram.BitsWritten(widths));
        return ledger;
    }

    private static void BufferActions(Ledger ledger, Architecture architecture, Operands operand, long reads, TrafficTotals dram)
    {
        string buffer = BufferFit.Keeper(architecture.Buffers, operand).Name;
        ledger.Add(buffer, ActionNames.ReadOf(operand), reads);
        ledger.Add(buffer, ActionNames.WriteOf(operand), operand == Operands.Activations ? dram.Activations : dram.Weights);
    }

    // The element for row i shifts through i + 1 registers of its column.
    private static long StationaryShifts(FoldGrid grid)
    {
        long full = grid.RowExtent / grid.BlockRows, rest = grid.RowExtent % grid.BlockRows, rows = grid.BlockRows;
        return grid.ColumnExtent * (grid.LayerGroups * (full * rows * (rows + 1) / 2 + rest * (rest + 1) / 2)
            + RowsAbove(grid) * grid.RowExtent);
    }

    // A result of row i passes the multiplexers of R − i PEs of its column's bus.
    private static long ResultShifts(FoldGrid grid)
    {
        long full = grid.RowExtent / grid.BlockRows, rest = grid.RowExtent % grid.BlockRows, rows = grid.BlockRows,
            below = grid.Rows - rows;
        return grid.ColumnExtent * (grid.LayerGroups * (full * rows * (rows + 1) / 2 + rest * rows - rest * (rest - 1) / 2
            + below * grid.RowExtent) - RowsAbove(grid) * grid.RowExtent);
    }

    // Rows above the blocks of all groups.
    private static long RowsAbove(FoldGrid grid)
    {
        long rows = 0;
        for (int b = 0; b < grid.Blocks; b++)
            rows += b * (long)grid.BlockRows * ((grid.LayerGroups - b + grid.Blocks - 1) / grid.Blocks);
        return rows;
    }
}
