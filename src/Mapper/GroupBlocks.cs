using System.Collections.Immutable;
using Sim.ArchModel;
using Sim.Workloads.Graph;

namespace Sim.Mapper;

/// <summary>
/// How many groups of a layer share the array, each in a block on its diagonal (<see cref="FoldGrid"/>). Weight- and input-stationary
/// columns add up whatever lies above them, so a block there holds all of its group's K: the order of additions is that of one group alone.
/// </summary>
internal static class GroupBlocks
{
    /// <summary>Grids to try, best first: the fewest folds; then the fewest rows whose results share a column's bus, down to the steps of a
    /// fold; then the fewest blocks. None has more folds than the layer's groups one after another, the last of them.</summary>
    public static ImmutableArray<FoldGrid> Grids(Architecture architecture, GemmLayer layer)
    {
        int lanes = architecture.Datapath.Lanes;
        FoldGrid alone = FoldGrid.Of(architecture.Array, layer, lanes);
        long stream = (long)architecture.Datapath.CyclesPerMac * alone.StreamLength;
        int most = Math.Min(layer.Groups, Math.Min(alone.Rows, alone.Columns));
        IEnumerable<FoldGrid> shared = Enumerable.Range(2, Math.Max(0, most - 1))
            .Select(b => FoldGrid.Of(architecture.Array, layer, lanes, b))
            .Where(g => g.BlockRows > 0 && (!g.LoadsStationary || g.RowExtent <= g.BlockRows))
            .Where(g => g.Folds < alone.Folds || g.Folds == alone.Folds && Bus(g) < Bus(alone))
            .OrderBy(g => g.Folds).ThenBy(Bus).ThenBy(g => g.Blocks);
        return [.. shared, alone];

        long Bus(FoldGrid grid) => grid.LoadsStationary ? 0 : Math.Max(grid.BlockRows, stream);
    }
}
