using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Constraints;
using Sim.Mapper.Nests;
using Sim.Mapper.Search;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Tests.Timeloop;

/// <summary>
/// A nest as both designs want it inside a PE: memories in the order of the hierarchy; N, P, Q and S loops above the fan-out; and
/// eyeriss_like: R and C below its weights, then its partial sums, then M, as far as there is room; simple_weight_stationary: all others
/// below its weights in the order that they have, above its registers.
/// </summary>
internal static class TimeloopPe
{
    /// <summary>One nest for each place above the fan-out for the loops that have no room in a PE.</summary>
    public static IEnumerable<LoopNest> Obeying(LoopNest nest, Hierarchy hierarchy)
    {
        int fabric = hierarchy.Levels.ToList().FindIndex(l => l is FabricLevel);
        int last = hierarchy.Levels.ToList().FindLastIndex(l => l is FabricLevel), first = nest.Nodes.ToList().FindLastIndex(n =>
            n is SpatialNode || (n is StoreNode s && s.Level < fabric)) + 1;
        // Stores in a PE may stand before the first node below the fan-out only when nothing runs in space.
        List<NestNode> above = [.. nest.Nodes.Where((n, i) => n is StoreNode s ? s.Level < fabric : i < first || n is SpatialNode)];
        List<LoopNode> inside = [.. nest.Nodes.Where((n, i) => n is LoopNode && i >= first).Cast<LoopNode>()];
        List<StoreNode> stores = [.. nest.Nodes.OfType<StoreNode>().Where(s => s.Level > last).OrderBy(s => s.Level)];
        int sums = hierarchy.IndexOf("psum_spad");
        List<LoopNode> moved = [.. inside.Where(l => l.Dim is LoopDim.N or LoopDim.P or LoopDim.Q or LoopDim.S)];
        List<LoopNode> kept = [.. inside.Except(moved)];
        List<LoopNode> excess = [];
        List<NestNode> within;
        if (sums >= 0)
        {
            (long maps, long adds) = (Held(LoopDim.C, "ifmap_spad", 8), Held(LoopDim.M, "psum_spad", 16));
            within = [.. stores.Where(s => s.Level != sums), .. kept.Where(l => l.Dim is not (LoopDim.C or LoopDim.M))];
            if (maps > 1) within.Add(new LoopNode(LoopDim.C, maps, 1));
            within.Add(new StoreNode(Operand.Outputs, sums));
            if (adds > 1) within.Add(new LoopNode(LoopDim.M, adds, 1));
        }
        else within = [stores[0], .. kept, .. stores.Skip(1)];
        int space = above.FindIndex(n => n is SpatialNode);
        above.InsertRange(space < 0 ? above.Count : space, moved);
        for (int at = 3; at <= (space < 0 ? above.Count : space); at++)
            yield return new(nest.Layer, [.. Tiled(nest.Layer, [.. above.Take(at), .. excess, .. above.Skip(at), .. within])]);

        // The most of a dimension's elements in a PE that fit; the others move out.
        long Held(LoopDim dim, string memory, int bits)
        {
            long room = hierarchy.Memory(hierarchy.IndexOf(memory)).CapacityBits!.Value / bits, all = kept.Where(l => l.Dim == dim)
                .Aggregate(1L, (n, l) => n * l.Count), held = Math.Min(room, all);
            while (all % held != 0) held--;
            if (all > held) excess.Add(new(dim, all / held, 1));
            return held;
        }
    }

    /// <summary>The problem with N, P, Q and S above the fan-out, as both designs want them.</summary>
    public static MapProblem WithoutWindows(MapProblem problem) => problem with
    {
        Constraints = new([.. problem.Constraints.Rules, new BoundRule("PE", new("PE"), BoundPlace.Inside,
            problem.Hierarchy.Levels.ToList().FindLastIndex(l => l is FabricLevel), 0,
            [.. new[] { LoopDim.N, LoopDim.P, LoopDim.Q, LoopDim.S }.Select(d => new DimBound(d, 1, 1))])]),
    };

    private static IEnumerable<NestNode> Tiled(LoopLayer layer, List<NestNode> nodes)
    {
        long[] rest = [.. layer.Sizes];
        foreach (NestNode node in nodes)
            yield return node switch
            {
                LoopNode l => l with { Tile = rest[(int)l.Dim] /= l.Count },
                SpatialNode s => s with { Tile = rest[(int)s.Dim] /= s.Count },
                _ => node,
            };
    }
}
