using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.Datapath.Specs;
using Sim.Mapper.Nests;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Orders;

/// <summary>What one place contributes: its indices of the summed loops in space, and products of one step or a sum.</summary>
internal sealed record SumArm(long[] Indices, SumExpression? Sum, int Product);

/// <summary>
/// How the sums of the places between two stores of the outputs (or between the innermost one and the products) come together. Loops that
/// share an axis are one row of places. Axes that reduce nothing deliver place by place, in order of position; of the others the inner ones
/// reduce first. Lanes of a dot unit add their products in one step.
/// </summary>
internal sealed class SumAxes
{
    private sealed record Axis(Reduction Kind, ImmutableArray<int> Loops, ImmutableArray<long> Counts)
    {
        public long Position(long[] indices)
        {
            long position = 0;
            for (int i = 0; i < Loops.Length; i++) position = checked(position * Counts[i] + indices[Loops[i]]);
            return position;
        }

        public long Places => Counts.Aggregate(1L, (places, count) => checked(places * count));
    }

    private readonly Axis[] _apart, _reduce;
    private readonly Axis? _lanes;

    /// <summary>Reads the section between two nodes; indices count the summed spatial loops of it, outermost first.</summary>
    public SumAxes(LoopNest nest, Hierarchy hierarchy, int from, int to)
    {
        var axes = new List<(int Level, int Index, FabricAxis Axis, List<int> Loops, List<long> Counts)>();
        int loops = 0;
        for (int n = from; n < to; n++)
        {
            if (nest.Nodes[n] is not SpatialNode node || !Sums(node.Dim)) continue;
            int known = axes.FindIndex(a => a.Level == node.Level && a.Index == node.Axis);
            if (known < 0)
            {
                known = axes.Count;
                axes.Add((node.Level, node.Axis, hierarchy.Fabric(node.Level).Axes[node.Axis], [], []));
            }
            axes[known].Loops.Add(loops++);
            axes[known].Counts.Add(node.Count);
        }
        Axis[] all = [.. axes.Select(a => new Axis(a.Axis.Outputs, [.. a.Loops], [.. a.Counts]))];
        _lanes = Enumerable.Range(0, all.Length).Where(i => to == nest.Nodes.Length && axes[i].Axis.SumsOnly).Select(i => all[i])
            .FirstOrDefault();
        _apart = [.. all.Where(a => a != _lanes && a.Kind == Reduction.None)];
        _reduce = [.. all.Where(a => a != _lanes && a.Kind != Reduction.None)];
    }

    /// <summary>Whether a dimension is summed over.</summary>
    public static bool Sums(LoopDim dim) => dim is LoopDim.C or LoopDim.R or LoopDim.S;

    /// <summary>Adds what the places of one step or one stay deliver to a register.</summary>
    public void Deliver(IEnumerable<SumArm> arms, SumExpression into)
    {
        foreach (SumArm[] group in Groups(_apart, 0, [.. arms]))
        {
            if (_reduce.Length == 0 && group[0].Sum is null) into.Step(Products(group));
            else into.Add(Reduce(0, group));
        }
    }

    private IEnumerable<SumArm[]> Groups(Axis[] axes, int axis, SumArm[] arms) => axis == axes.Length ? arms.Length == 0 ? [] : [arms]
        : Places(axes[axis], arms).SelectMany(place => Groups(axes, axis + 1, place.Arms));

    private static IEnumerable<(long Position, SumArm[] Arms)> Places(Axis axis, SumArm[] arms) =>
        arms.GroupBy(a => axis.Position(a.Indices)).OrderBy(g => g.Key).Select(g => (g.Key, g.ToArray()));

    private SumExpression Reduce(int at, SumArm[] arms)
    {
        var sum = new SumExpression();
        if (at == _reduce.Length)
        {
            if (arms[0].Sum is { } one) sum.Add(one);
            else sum.Step(Products(arms));
            return sum;
        }
        Axis axis = _reduce[at];
        if (axis.Kind == Reduction.Tree)
        {
            long width = 1;
            while (width < axis.Places) width *= 2;
            return Tree(Places(axis, arms).ToDictionary(p => p.Position, p => p.Arms), at, 0, width);
        }
        // The innermost chain passes the sum through the multiply-adders themselves.
        bool fused = at == _reduce.Length - 1 && arms[0].Sum is null;
        foreach ((long _, SumArm[] place) in Places(axis, arms))
        {
            if (fused) sum.Step(Products(place));
            else sum.Add(Reduce(at + 1, place));
        }
        return sum;
    }

    // Neighbours first, then pairs of pairs; a place that has nothing passes its neighbour's sum on.
    private SumExpression Tree(Dictionary<long, SumArm[]> places, int at, long first, long width)
    {
        if (width == 1) return places.TryGetValue(first, out SumArm[]? arms) ? Reduce(at + 1, arms) : new SumExpression();
        SumExpression left = Tree(places, at, first, width / 2);
        left.Add(Tree(places, at, first + width / 2, width / 2));
        return left;
    }

    private int[] Products(SumArm[] arms) => _lanes is null ? [arms.Single().Product]
        : [.. arms.OrderBy(a => _lanes.Position(a.Indices)).Select(a => a.Product)];
}
