using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Timeloop;

/// <summary>
/// Counts of a nest as Timeloop (4cf6d4c) makes them, to compare with its statistics; never a default. It differs from the exact counts:
/// a tile is the bounding box of what it touches; children of one fan-out share a read only where all that they newly need is the same; of
/// each temporal loop two iterations are walked and the second stands for all others; a tile that moves otherwise than it last moved
/// counts as new; sums that are read back go to every instance.
/// </summary>
/// <param name="Nest">The nest.</param>
/// <param name="Stores">Counts in the order of the nest's stores.</param>
/// <param name="Computes">Multiplications.</param>
public sealed record TimeloopCounts(LoopNest Nest, ImmutableArray<TimeloopStoreCounts> Stores, long Computes)
{
    /// <summary>Loops whose counts do not divide are refused: how Timeloop counts them is not known here.</summary>
    public static string? Refused(LoopNest nest)
    {
        ArgumentNullException.ThrowIfNull(nest);
        long[] left = [.. nest.Layer.Sizes];
        foreach (NestNode node in nest.Nodes)
        {
            if (TimeloopBoxes.Loop(node) is not var (dim, count, tile)) continue;
            if (count * tile != left[(int)dim])
                return $"Timeloop's rules are known for loops that divide; {DimLetters.Of(nest.Layer, dim)} {count} splits "
                    + $"{left[(int)dim]} elements";
            left[(int)dim] = tile;
        }
        return null;
    }

    /// <summary>Counts a legal nest of loops that divide.</summary>
    public static TimeloopCounts Of(LoopNest nest, Hierarchy hierarchy)
    {
        ArgumentNullException.ThrowIfNull(nest);
        ArgumentNullException.ThrowIfNull(hierarchy);
        if (Refused(nest) is { } why) throw new ArgumentException(why, nameof(nest));
        var rows = new SortedDictionary<int, TimeloopStoreCounts>();
        foreach (Operand operand in Enum.GetValues<Operand>())
        {
            int[] stores = [.. Enumerable.Range(0, nest.Nodes.Length).Where(i => nest.Nodes[i] is StoreNode s && s.Operand == operand)];
            var boxes = new TimeloopBoxes(nest, operand);
            for (int i = 0; i < stores.Length; i++)
            {
                int child = i + 1 < stores.Length ? stores[i + 1] : nest.Nodes.Length;
                long arriving = child == nest.Nodes.Length ? boxes.TemporalSteps(child) : boxes.Moved(child);
                long below = checked(arriving * DifferentChildren(nest, hierarchy, operand, boxes, stores[i], child));
                long above = i == 0 ? 0 : boxes.Moved(stores[i]);
                rows[stores[i]] = Row(nest, operand, boxes, stores[i], below, above, i == 0);
            }
        }
        return new(nest, [.. rows.Values], nest.Layer.Macs);
    }

    private static TimeloopStoreCounts Row(LoopNest nest, Operand operand, TimeloopBoxes boxes, int node, long below, long above,
        bool outermost)
    {
        int level = ((StoreNode)nest.Nodes[node]).Level;
        long instances = boxes.Places(node, relevantOnly: false), capacity = boxes.Box(node);
        if (operand != Operand.Outputs) return new(operand, level, below, above, 0, 0, checked(below + above), instances, capacity);
        long partition = TileWords.Of(nest.Layer, operand, nest.Layer.Sizes.AsSpan()) / boxes.Places(node, relevantOnly: true);
        long again = below - partition, fills = outermost ? 0 : above - partition;
        return new(operand, level, again, fills, below, again, checked(below + fills), instances, capacity);
    }

    // Every fan-out for itself: children that need different words. Without multicast all differ.
    private static long DifferentChildren(LoopNest nest, Hierarchy hierarchy, Operand operand, TimeloopBoxes boxes, int parent, int child)
    {
        long different = 1;
        var loops = Enumerable.Range(parent, child - parent).Where(i => nest.Nodes[i] is SpatialNode)
            .GroupBy(i => ((SpatialNode)nest.Nodes[i]).Level);
        foreach (IGrouping<int, int> fabric in loops)
        {
            var coordinates = new Dictionary<int, HashSet<long>>();
            foreach (int i in fabric)
            {
                var loop = (SpatialNode)nest.Nodes[i];
                FabricAxis axis = hierarchy.Fabric(loop.Level).Axes[loop.Axis];
                bool shared = operand == Operand.Outputs ? axis.Outputs != Reduction.None : axis.Of(operand) != Sharing.None;
                if (!shared)
                {
                    different = checked(different * loop.Count);
                    continue;
                }
                if (boxes.Coordinate(loop.Dim) is not var (coordinate, step)) continue;
                HashSet<long> before = coordinates.GetValueOrDefault(coordinate) ?? [0];
                coordinates[coordinate] = [.. before.SelectMany(b => Enumerable.Range(0, (int)loop.Count)
                    .Select(p => b + p * loop.Tile * step))];
            }
            foreach (HashSet<long> starts in coordinates.Values) different = checked(different * starts.Count);
        }
        return different;
    }
}
