using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Nests;

/// <summary>
/// Exact counts of a nest: what walking every step with real index sets gives, edge tiles, halos, gaps of strides, multicast, reduction
/// and idle instances included, in time that depends on the number of loops and not on their counts.
/// Instances that idle keep inputs; sums leave them when their parent loses the word. The first visit of a word reads nothing back.
/// </summary>
/// <param name="Nest">The nest; it must be legal.</param>
/// <param name="Stores">Counts in the order of the nest's stores.</param>
/// <param name="Macs">Multiplications.</param>
/// <param name="Steps">Temporal steps in which at least one of them happens.</param>
public sealed record NestCounts(LoopNest Nest, ImmutableArray<StoreCounts> Stores, long Macs, long Steps)
{
    /// <summary>Counts a legal nest. A count above 2^63 − 1 throws an <see cref="OverflowException"/>.</summary>
    public static NestCounts Of(LoopNest nest, Hierarchy hierarchy)
    {
        ArgumentNullException.ThrowIfNull(nest);
        ArgumentNullException.ThrowIfNull(hierarchy);
        long steps = 0;
        var rows = new SortedDictionary<int, StoreCounts>();
        foreach (Operand operand in Enum.GetValues<Operand>())
        {
            int[] stores = [.. Enumerable.Range(0, nest.Nodes.Length).Where(i => nest.Nodes[i] is StoreNode s && s.Operand == operand)];
            int parent = -1;
            var above = new EdgeCounter(new NestEdge(nest, hierarchy, operand, parent, stores[0]));
            for (int i = 0; i < stores.Length; i++)
            {
                bool innermost = i == stores.Length - 1;
                int child = innermost ? nest.Nodes.Length : stores[i + 1];
                var below = new EdgeCounter(new NestEdge(nest, hierarchy, operand, stores[i], child));
                long up = innermost ? below.EveryStep(SpatialView.Parent) : below.Moved(SpatialView.Parent);
                var row = new StoreCounts(operand, ((StoreNode)nest.Nodes[stores[i]]).Level, 0, 0, 0, 0, 0, 0,
                    above.Places(SpatialView.Instances), above.EverHeld(SpatialView.Instances), above.Peak);
                rows[stores[i]] = operand == Operand.Outputs
                    ? Sums(row with { Updates = up, Reads = innermost ? 0 : ReadBacks(below) }, above, i == 0)
                    : row with { Fills = i == 0 ? 0 : above.Moved(SpatialView.Instances), Reads = up };
                above = below;
            }
            steps = above.Steps;
        }
        return new(nest, [.. rows.Values], nest.Layer.Macs, steps);
    }

    // Every stay of a word but the first of its group reads it back; the first stays' members are all that ever hold it.
    private static StoreCounts Sums(StoreCounts row, EdgeCounter above, bool outermost)
    {
        if (outermost) return row;
        long writes = above.Moved(SpatialView.Instances);
        return row with { Writes = writes, ReadBacks = ReadBacks(above), ReadBackMembers = checked(writes - row.Distinct) };
    }

    private static long ReadBacks(EdgeCounter edge) => checked(edge.Moved(SpatialView.Teams) - edge.EverHeld(SpatialView.Teams));

    /// <summary>Counts of an operand at a level; null where it passes by.</summary>
    public StoreCounts? At(Operand operand, int level) => Stores.FirstOrDefault(s => s.Operand == operand && s.Level == level);
}
