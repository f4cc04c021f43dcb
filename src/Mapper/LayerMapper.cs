using System.Collections.Immutable;
using Sim.ArchModel;
using Sim.Datapath.Specs;
using Sim.Workloads.Graph;

namespace Sim.Mapper;

/// <summary>
/// Maps a layer onto an architecture. The dataflow fixes the folds; both fold orders and every legal residency of the operands are
/// enumerated, and the mapping with the least DRAM traffic is taken (ties: the longest stream tile, then the first in the order rows before
/// columns, Stream, Tile, Whole).
/// The choice changes transfers, never the values: the order of K is the dataflow's.
/// </summary>
public static class LayerMapper
{
    private static readonly ImmutableArray<Residency> Residencies = [Residency.Stream, Residency.Tile, Residency.Whole];

    /// <summary>
    /// The order in which an array adds products: an output-stationary PE chains all of K; a weight- or input-stationary column chains the
    /// R products of a fold (K lies on the rows) and the accumulator below it adds the folds' sums, k ascending.
    /// </summary>
    public static ReductionOrder OrderOf(PeArray array)
    {
        ArgumentNullException.ThrowIfNull(array);
        return array.Dataflow == Dataflow.OutputStationary ? ReductionOrder.Sequential : new ReductionOrder(array.Rows);
    }

    /// <summary>The best legal mapping, or every reason why there is none.</summary>
    public static MappingResult Map(Architecture architecture, GemmLayer layer)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        ArgumentNullException.ThrowIfNull(layer);
        ImmutableArray<FoldGrid> grids = GroupBlocks.Grids(architecture, layer);
        FoldGrid alone = grids[^1];
        Mapping? one = Best(architecture, layer, alone);
        // Groups share the array where that moves no more bits; the best few ways are tried.
        foreach (FoldGrid grid in one is null ? [] : grids[..Math.Min(4, grids.Length - 1)])
            if (Best(architecture, layer, grid) is { } best && best.DramBits <= one!.DramBits) return new MappingResult(best, []);
        if (one is not null) return new MappingResult(one, []);
        ElementWidths widths = ElementWidths.Of(architecture.Datapath);
        return new MappingResult(null, new BufferFit(architecture.Buffers, widths.PartsPerBit).Problems(layer.Name, architecture.Array,
            x => Occupied(x, Residency.Stream, alone, layer, new InputFootprint(layer), widths)));
    }

    private static Mapping? Best(Architecture architecture, GemmLayer layer, FoldGrid grid)
    {
        var traffic = new DramTraffic(layer, grid);
        ElementWidths widths = ElementWidths.Of(architecture.Datapath);
        var fit = new BufferFit(architecture.Buffers, widths.PartsPerBit);
        Mapping? best = null;
        foreach (FoldAxis outer in new[] { FoldAxis.Rows, FoldAxis.Columns })
            foreach (Residency a in Residencies.Where(r => Allowed(r, Operands.Activations, grid, outer, layer)))
                foreach (Residency w in Residencies.Where(r => Allowed(r, Operands.Weights, grid, outer, layer)))
                    foreach (Residency o in Residencies.Where(r => Allowed(r, Operands.Outputs, grid, outer, layer)))
                    {
                        int tile = fit.LargestTile(grid.StreamLength,
                            x => Occupied(x, Pick(x, a, w, o), grid, layer, traffic.Input, widths));
                        if (tile == 0) continue;
                        long bits = traffic.Totals(a, w, o, tile).Bits(widths);
                        if (best is not null && (bits, -tile).CompareTo((best.DramBits, -best.StreamTile)) >= 0) continue;
                        best = new Mapping(layer, architecture.Array, grid, outer, tile, a, w, o, bits);
                    }
        return best;
    }

    private static Residency Pick(Operands operand, Residency a, Residency w, Residency o) =>
        operand switch { Operands.Activations => a, Operands.Weights => w, _ => o };

    private static bool Allowed(Residency residency, Operands operand, FoldGrid grid, FoldAxis outer, GemmLayer layer)
    {
        if (residency == Residency.Stream) return true;
        // Rows of a convolution's input are shared by neighbouring tiles, so keeping all of it always saves something.
        if (residency == Residency.Whole && operand == Operands.Activations && layer.Conv is not null) return true;
        if (operand == Mapping.Stationary(grid.Dataflow)) return false;
        if (operand == Operands.Outputs && grid.RowFolds == 1) return false;
        FoldAxis axis = operand == Mapping.RowOperand(grid.Dataflow) ? FoldAxis.Rows : FoldAxis.Columns;
        return residency == (axis == outer ? Residency.Tile : Residency.Whole);
    }

    private static Occupancy Occupied(Operands operand, Residency residency, FoldGrid grid, GemmLayer layer, InputFootprint input,
        ElementWidths widths)
    {
        long width = operand == Operands.Outputs ? widths.Sum : widths.OfInput(operand);
        long rows = Math.Min(grid.BlockRows, grid.RowExtent), columns = Math.Min(grid.BlockColumns, grid.ColumnExtent),
            groups = Math.Min(grid.Blocks, layer.Groups);
        bool stationary = operand == Mapping.Stationary(grid.Dataflow), onRows = operand == Mapping.RowOperand(grid.Dataflow);
        long lanes = onRows ? rows : columns;
        if (residency == Residency.Stream) return stationary ? new Occupancy(groups * rows * columns * width, 0)
            : new Occupancy(0, groups * lanes * grid.ElementsPerStep * width);
        if (operand == Operands.Activations)
        {
            long whole = input.Whole(layer.M, layer.K);
            return new Occupancy(groups * (residency == Residency.Whole ? whole : Math.Min(whole, lanes * grid.StreamExtent)) * width, 0);
        }
        long extent = residency == Residency.Tile ? lanes : onRows ? grid.RowExtent : grid.ColumnExtent;
        return new Occupancy(groups * extent * grid.StreamExtent * width, 0);
    }
}
