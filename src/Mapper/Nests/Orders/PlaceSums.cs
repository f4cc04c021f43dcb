using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;

namespace Sim.Mapper.Nests.Orders;

/// <summary>Sums of places on their way to the memory above: along each axis a chain or a tree, the innermost axis first. Places of an axis
/// that does not add arrive one by one.</summary>
internal static class PlaceSums
{
    /// <summary>What arrives, in order of position, from members at given indices of some spatial loops.</summary>
    public static ImmutableArray<SumTree> Of(LoopNest nest, Hierarchy hierarchy, int[] loops, List<(long[] Index, SumTree Sum)> members)
    {
        // Loops over one axis are one line of places.
        (int Level, int Axis, int[] Loops)[] axes = [.. loops.Select(l => (Node: l, Loop: (SpatialNode)nest.Nodes[l]))
            .GroupBy(l => (l.Loop.Level, l.Loop.Axis)).Select(g => (g.Key.Level, g.Key.Axis, g.Select(l => l.Node).ToArray()))];
        Reduction Kind((int Level, int Axis, int[] Loops) axis) => hierarchy.Fabric(axis.Level).Axes[axis.Axis].Outputs;
        int[] apart = [.. axes.Where(a => Kind(a) == Reduction.None).SelectMany(a => a.Loops)];
        var adding = axes.Where(a => Kind(a) != Reduction.None).ToList();
        return [.. Lines(members, apart).Select(line => Together(line, 0))];

        SumTree Together(List<(long[] Index, SumTree Sum)> line, int k)
        {
            if (k == adding.Count) return line.Single().Sum;
            ImmutableArray<SumTree> items = [.. Lines(line, adding[k].Loops).Select(l => Together(l, k + 1))];
            return items.Length == 1 ? items[0] : new PlaceSum(Kind(adding[k]), items);
        }
    }

    // Members by their indices of some loops, in order.
    private static IEnumerable<List<(long[] Index, SumTree Sum)>> Lines(List<(long[] Index, SumTree Sum)> members, int[] loops)
    {
        var lines = new List<(long[] Key, List<(long[], SumTree)> Members)>();
        foreach ((long[] index, SumTree sum) in members)
        {
            long[] key = [.. loops.Select(l => index[l])];
            int at = lines.FindIndex(l => l.Key.AsSpan().SequenceEqual(key));
            if (at < 0) lines.Add((key, [(index, sum)]));
            else lines[at].Members.Add((index, sum));
        }
        lines.Sort((a, b) => a.Key.AsSpan().SequenceCompareTo(b.Key));
        return lines.Select(l => l.Members);
    }
}
