using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;
using Sim.Mapper.Orders;
using Sim.Mapper.Search;
using Sim.Mapper.Timing;

namespace Sim.Mapper.Answers;

/// <summary>
/// Of nests that have the same latency by the search's measure the one that takes the fewest cycles with waits. The search's latency is
/// the work of the busiest resource, a lower bound of the time; many nests share it.
/// </summary>
public static class TimedOrder
{
    // Nests that are timed for one layer, about 50 us each.
    private const int Most = 200;
    private const double Equal = 1e-9;

    /// <summary>The result with the fastest nest found by swapping a loop in time with the loop or store next to it: the search's latency
    /// is not above the result's, and the order of additions is the same. Under constraints the result itself.</summary>
    public static MapResult Of(MapResult result, MapProblem problem, HierarchicalArchitecture architecture)
    {
        ArgumentNullException.ThrowIfNull(result);
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(architecture);
        if (problem.Constraints is not { Nest: null, Rules.IsEmpty: true }) return result;
        (MapResult best, long time) = (result, ArchitectureTiming.Of(result.Nest, architecture).Total);
        var seen = new HashSet<string>(StringComparer.Ordinal) { Key(result.Nest) };
        var open = new Queue<MapResult>([result]);
        while (open.TryDequeue(out MapResult? from))
            foreach (LoopNest nest in Swaps(from.Nest))
            {
                if (seen.Count >= Most) return best;
                if (!seen.Add(Key(nest)) || !NestLegality.Check(nest, problem.Hierarchy, problem.Packing).IsEmpty) continue;
                NestCounts counts = NestCounts.Of(nest, problem.Hierarchy);
                NestCost cost = NestCost.Of(counts, problem);
                if (cost.Cycles > result.Cost.Cycles * (1 + Equal)) continue;
                MapResult next = result with { Nest = nest, Counts = counts, Cost = cost };
                open.Enqueue(next);
                long cycles = ArchitectureTiming.Of(nest, architecture).Total;
                if (cycles < time && SameSums(result.Nest, nest, architecture)) (best, time) = (next, cycles);
            }
        return best;
    }

    private static IEnumerable<LoopNest> Swaps(LoopNest nest)
    {
        for (int i = 0; i + 1 < nest.Nodes.Length; i++)
        {
            (NestNode a, NestNode b) = (nest.Nodes[i], nest.Nodes[i + 1]);
            bool same = a is LoopNode { Dim: var one } && b is LoopNode { Dim: var other } && one == other;
            if (!same && a is not SpatialNode && b is not SpatialNode && (a is LoopNode || b is LoopNode))
                yield return nest with { Nodes = nest.Nodes.SetItem(i, b).SetItem(i + 1, a) };
        }
    }

    private static string Key(LoopNest nest) => string.Join(';', nest.Nodes);

    private static bool SameSums(LoopNest a, LoopNest b, HierarchicalArchitecture architecture)
    {
        int lanes = architecture.Datapath.Lanes;
        NestOrders Of(LoopNest nest) => NestOrders.Of(nest, architecture.Hierarchy, lanes);
        (NestOrders one, NestOrders other) = (Of(a), Of(b));
        ImmutableArray<string> Keys(NestOrders orders) => [.. orders.Orders.Select(o => o.Key)];
        return Keys(one).SequenceEqual(Keys(other)) && one.Single is null == other.Single is null;
    }
}
