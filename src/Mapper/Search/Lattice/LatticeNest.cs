using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Search.Lattice;

/// <summary>The loop nests of a whole path of steps. In a slot stand N, G, C, P, Q, R, S, M in this order; without windows none moves less
/// than another.</summary>
internal static class LatticeNest
{
    private static readonly LoopDim[] First = [LoopDim.N, LoopDim.G, LoopDim.C];
    private static readonly LoopDim[][] Windows =
    [
        [LoopDim.P, LoopDim.Q, LoopDim.R, LoopDim.S], [LoopDim.Q, LoopDim.P, LoopDim.S, LoopDim.R],
        [LoopDim.P, LoopDim.R, LoopDim.Q, LoopDim.S], [LoopDim.Q, LoopDim.S, LoopDim.P, LoopDim.R],
        [LoopDim.R, LoopDim.S, LoopDim.P, LoopDim.Q], [LoopDim.R, LoopDim.S, LoopDim.Q, LoopDim.P],
    ];

    /// <summary>One of them.</summary>
    public static LoopNest Of(LatticeModel model, PartialNest last) => Of(model, last, [.. First, .. Windows[0], LoopDim.M]);

    /// <summary>Some orders of the loops in the slots, which move different amounts of windows.</summary>
    public static IEnumerable<LoopNest> Some(LatticeModel model, PartialNest last)
    {
        foreach (LoopDim[] windows in Windows)
        {
            yield return Of(model, last, [.. First, .. windows, LoopDim.M]);
            yield return Of(model, last, [LoopDim.M, .. First, .. windows]);
        }
    }

    private static LoopNest Of(LatticeModel model, PartialNest last, LoopDim[] order)
    {
        // Tiles below each place for loops, outermost first, and what stands between the places.
        var places = new List<(int Ratio, (int Level, int Axis)? Axis)>();
        var stores = new List<(int Place, StoreNode Store)>();
        foreach (Operand operand in Enum.GetValues<Operand>()) stores.Add((0, new(operand, 0)));
        int tile = model.Lattice.Count - 1;
        foreach (PartialNest part in last.Path().Skip(1))
        {
            int above = part.Step.Kind == StepKind.End ? 0 : part.Above;
            if (tile != above) places.Add((tile - above, null));
            tile = part.Tile;
            if (part.Step.Kind == StepKind.Store) stores.Add((places.Count, new(part.Step.Operand, part.Step.Level)));
            if (part.Step.Kind != StepKind.Cross) continue;
            for (int a = 0; a < part.Use!.Axes.Length; a++)
                places.Add((part.Use.Axes[a], model.Space.Blocks[part.Outer!.State.Segment][a]));
            if (Relaxation.Resolved(part.Outer!.State, part.Step) is { } operand)
                stores.Add((places.Count, new(operand, part.Outer.State.Target)));
        }
        return Write(model, places, stores, order);
    }

    private static LoopNest Write(LatticeModel model, List<(int Ratio, (int Level, int Axis)? Axis)> places,
        List<(int Place, StoreNode Store)> stores, LoopDim[] order)
    {
        LoopLayer layer = model.Problem.Layer;
        var counts = new long[LoopLayer.Dims][];
        for (int d = 0; d < model.Lattice.Dims.Length; d++)
        {
            LatticeDim dim = model.Lattice.Dims[d];
            long[][] split = dim.Split([.. places.Select(p => model.Lattice.Tiles[d][p.Ratio])], layer);
            for (int m = 0; m < split.Length; m++) counts[(int)dim.Members[m]] = split[m];
        }
        long[] tiles = [.. layer.Sizes];
        var nodes = ImmutableArray.CreateBuilder<NestNode>();
        int next = 0;
        for (int p = 0; p <= places.Count; p++)
        {
            while (next < stores.Count && stores[next].Place == p) nodes.Add(stores[next++].Store);
            if (p == places.Count) break;
            foreach (LoopDim dim in order)
            {
                if (counts[(int)dim] is not { } split || split[p] == 1) continue;
                tiles[(int)dim] /= split[p];
                nodes.Add(places[p].Axis is { } axis ? new SpatialNode(dim, split[p], tiles[(int)dim], axis.Level, axis.Axis)
                    : new LoopNode(dim, split[p], tiles[(int)dim]));
            }
        }
        return new(layer, nodes.ToImmutable());
    }
}
