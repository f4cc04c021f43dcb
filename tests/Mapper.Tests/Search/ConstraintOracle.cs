using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Constraints;
using Sim.Mapper.Nests;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Tests.Search;

/// <summary>Whether a nest obeys constraints, by walking its nodes; of these those from an index on stand inside the
/// last fabric.</summary>
internal static class ConstraintOracle
{
    public static bool Obeys(LoopNest nest, Hierarchy hierarchy, MapConstraints constraints, int inside) =>
        constraints.Rules.All(rule => rule switch
        {
            KeepRule keep => nest.Nodes.Any(n => n is StoreNode s && s.Operand == keep.Operand && s.Level == keep.Level) == keep.Keeps,
            UseRule use => Use(nest, hierarchy) >= use.Least - 1e-12,
            BoundRule bound => bound.Bounds.All(b => Counts(nest, bound, b.Dim, inside).All(count =>
                count <= b.Most && count >= (b.Least == DimBound.All ? nest.Layer.Size(b.Dim) : b.Least))),
            _ => false,
        });

    private static double Use(LoopNest nest, Hierarchy hierarchy)
    {
        double used = 1, places = 1;
        foreach (SpatialNode s in nest.Nodes.OfType<SpatialNode>()) used *= s.Count;
        foreach (FabricLevel fabric in hierarchy.Levels.OfType<FabricLevel>()) places *= fabric.Axes.Aggregate(1.0, (n, a) => n * a.Size);
        return used / places;
    }

    // The counts that a bound is about: one, or one for each operand stored in the memory that has the dimension.
    private static IEnumerable<long> Counts(LoopNest nest, BoundRule rule, LoopDim dim, int start)
    {
        if (rule.Place == BoundPlace.Axis)
        {
            long along = 1;
            foreach (SpatialNode s in nest.Nodes.OfType<SpatialNode>())
                if (s.Dim == dim && s.Level == rule.Level && s.Axis == rule.Axis) along *= s.Count;
            yield return along;
        }
        else if (rule.Place == BoundPlace.Inside)
        {
            long inside = 1;
            for (int i = start; i < nest.Nodes.Length; i++)
                if (nest.Nodes[i] is LoopNode loop && loop.Dim == dim) inside *= loop.Count;
            yield return inside;
        }
        else
            foreach (Operand operand in Enum.GetValues<Operand>())
            {
                if (!Has(operand, dim)) continue;
                int store = -1;
                for (int i = 0; i < nest.Nodes.Length; i++)
                    if (nest.Nodes[i] is StoreNode s && s.Operand == operand && s.Level == rule.Level) store = i;
                if (store < 0) continue;
                long count = 1;
                for (int i = store + 1; i < nest.Nodes.Length; i++)
                {
                    if (rule.Place == BoundPlace.Memory && nest.Nodes[i] is StoreNode next && next.Operand == operand) break;
                    if (nest.Nodes[i] is LoopNode l && l.Dim == dim) count *= l.Count;
                    if (rule.Place == BoundPlace.Tile && nest.Nodes[i] is SpatialNode p && p.Dim == dim) count *= p.Count;
                }
                yield return count;
            }
    }

    private static bool Has(Operand operand, LoopDim dim) => operand switch
    {
        Operand.Activations => dim is LoopDim.N or LoopDim.G or LoopDim.C or LoopDim.P or LoopDim.Q or LoopDim.R or LoopDim.S,
        Operand.Weights => dim is LoopDim.G or LoopDim.M or LoopDim.C or LoopDim.R or LoopDim.S,
        _ => dim is LoopDim.N or LoopDim.G or LoopDim.M or LoopDim.P or LoopDim.Q,
    };
}
