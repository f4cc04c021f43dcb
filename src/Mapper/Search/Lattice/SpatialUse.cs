using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Constraints;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Search.Lattice;

/// <summary>
/// One way to lay loops on the axes of neighbouring fabrics.
/// </summary>
/// <param name="Tile">Counts of all axes together, as a tile of the lattice.</param>
/// <param name="Axes">The same by axis.</param>
/// <param name="Places">Places in use.</param>
/// <param name="Shared">By operand: places that one word serves, or that add into one sum.</param>
/// <param name="Summed">Places of summed dimensions.</param>
/// <param name="Window">Places of windows' dimensions that share activations, as a tile of the lattice.</param>
/// <param name="Spaces">Whether dimensions of windows lie on axes that do not share activations: tiles of places that share need not lie
/// side by side.</param>
internal sealed record SpatialUse(int Tile, ImmutableArray<int> Axes, double Places, PerOperand<double> Shared, double Summed, int Window,
    bool Spaces)
{
    /// <summary>All ways of the axes of neighbouring fabrics. Of those with the same counts the ones stay that no other shares more
    /// than.</summary>
    public static ImmutableArray<SpatialUse> Of(MapProblem problem, TileLattice lattice, IReadOnlyList<(int Level, int Axis)> axes,
        WindowWords windows)
    {
        var uses = new List<SpatialUse> { new(0, [], 1, PerOperand.Of(_ => 1.0), 1, 0, false) };
        foreach ((int level, int index) in axes)
        {
            FabricAxis axis = problem.Hierarchy.Fabric(level).Axes[index];
            int[] open = Tiles(problem, lattice, level, index, axis);
            var next = new List<SpatialUse>();
            foreach (SpatialUse use in uses)
                foreach (int tile in open)
                {
                    if (!lattice.Divides(use.Tile, lattice.Count - 1 - tile)) continue;
                    double Held(Operand o) => lattice.Whole[o] / lattice.Repeats[o][tile];
                    bool Shares(Operand o) => o == Operand.Outputs ? axis.Outputs != Reduction.None : axis.Of(o) != Sharing.None;
                    next.Add(new(use.Tile + tile, use.Axes.Add(tile), use.Places * lattice.Places[tile],
                        PerOperand.Of(o => use.Shared[o] * (Shares(o) ? Held(o) : 1)), use.Summed * Held(Operand.Outputs),
                        use.Window + (Shares(Operand.Activations) ? windows.Part(tile) : 0),
                        use.Spaces || (!Shares(Operand.Activations) && windows.Part(tile) != 0)));
                }
            uses = [.. next.GroupBy(u => u.Tile).OrderBy(g => g.Key).SelectMany(g => Undominated(g, lattice))];
        }
        return [.. uses];
    }

    // Tiles that an axis may take.
    private static int[] Tiles(MapProblem problem, TileLattice lattice, int level, int index, FabricAxis axis)
    {
        var tiles = new List<int>();
        BoundRule[] rules = [.. problem.Constraints.Rules.OfType<BoundRule>().Where(r => r.Place == BoundPlace.Axis && r.Level == level
            && r.Axis == index)];
        for (int tile = 0; tile < lattice.Count; tile++)
        {
            if (lattice.Places[tile] > axis.Size) continue;
            bool fits = true;
            for (int d = 0; d < lattice.Dims.Length && fits; d++)
            {
                LatticeDim dim = lattice.Dims[d];
                if (axis.SumsOnly && dim.Indexes(Operand.Outputs) && lattice.Tiles[d][tile] > 1) fits = false;
                foreach (BoundRule rule in rules) fits &= LatticeRules.Holds(rule, dim, lattice.Tiles[d][tile], problem.Layer);
            }
            if (fits) tiles.Add(tile);
        }
        return [.. tiles];
    }

    private static IEnumerable<SpatialUse> Undominated(IEnumerable<SpatialUse> uses, TileLattice lattice)
    {
        SpatialUse[] all = [.. uses];
        for (int b = 0; b < all.Length; b++)
        {
            bool kept = true;
            for (int a = 0; a < all.Length && kept; a++)
            {
                if (a == b) continue;
                bool covers = all[a].Shared.Activations >= all[b].Shared.Activations && all[a].Shared.Weights >= all[b].Shared.Weights
                    && all[a].Shared.Outputs >= all[b].Shared.Outputs && lattice.Divides(all[b].Window, all[a].Window)
                    && (!all[b].Spaces || all[a].Spaces);
                kept = !(covers && (a < b || all[a].Shared != all[b].Shared || all[a].Window != all[b].Window
                    || all[a].Spaces != all[b].Spaces));
            }
            if (kept) yield return all[b];
        }
    }
}

/// <summary>Which constraints the lattice carries out, and whether a count keeps them.</summary>
internal static class LatticeRules
{
    /// <summary>Whether every rule is one of axes, of loops inside the innermost fabric, or of the places in use.</summary>
    public static bool Covers(MapProblem problem) => problem.Constraints.Rules.All(r => r switch
    {
        BoundRule { Place: BoundPlace.Axis } => true,
        BoundRule { Place: BoundPlace.Inside } b => !problem.Hierarchy.Levels.Skip(b.Level + 1).SkipWhile(l => l is FabricLevel)
            .Any(l => l is FabricLevel),
        BoundRule => false,
        _ => true,
    });

    /// <summary>Whether a rule's bounds allow a count of a dimension.</summary>
    public static bool Holds(BoundRule rule, LatticeDim dim, long count, LoopLayer layer)
    {
        foreach (DimBound bound in rule.Bounds)
        {
            if (!dim.Members.Contains(bound.Dim)) continue;
            long size = layer.Size(bound.Dim), least = bound.Least == DimBound.All ? size : bound.Least;
            // Members of one dimension have the same bounds: none, or a count of 1.
            if (bound.Most < size && count > bound.Most) return false;
            if (least > 1 && count < least) return false;
        }
        return true;
    }
}
