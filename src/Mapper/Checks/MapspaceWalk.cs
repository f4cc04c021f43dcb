using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;
using Sim.Mapper.Search;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Checks;

/// <summary>
/// Every nest of the mapspace that the documentation states, without constraints, node after node: plain, without skeletons,
/// bounds or dominance. Nests that do not fit the memories are among them.
/// </summary>
internal sealed class MapspaceWalk
{
    private readonly MapProblem _problem;
    private readonly Func<LoopNest, bool> _found;
    private readonly List<NestNode> _nodes = [];
    private readonly long[] _rest;
    private int _first;
    private long _stepsLeft;
    private bool _going = true;

    private MapspaceWalk(MapProblem problem, Func<LoopNest, bool> found, long steps) =>
        (_problem, _found, _rest, _stepsLeft) = (problem, found, [.. problem.Layer.Sizes], steps);

    private ImmutableArray<HierarchyLevel> Levels => _problem.Hierarchy.Levels;

    /// <summary>Calls <paramref name="found"/> with each nest until it answers false; false when it did, or when writing them took more
    /// than <paramref name="mostSteps"/> nodes.</summary>
    public static bool Run(MapProblem problem, Func<LoopNest, bool> found, long mostSteps = long.MaxValue)
    {
        (Operand Operand, int Level, Keeping Keeping)[] stores = [.. Enumerable.Range(1, problem.Hierarchy.Levels.Length - 1)
            .Where(l => problem.Hierarchy.Levels[l] is MemoryLevel)
            .SelectMany(l => Enum.GetValues<Operand>().Select(o => (o, l, problem.Hierarchy.Memory(l).Keeps[o])))
            .Where(s => s.Item3 != Keeping.Bypass)];
        int[] optional = [.. Enumerable.Range(0, stores.Length).Where(i => stores[i].Keeping == Keeping.May)];
        for (long mask = 0; mask < 1L << optional.Length; mask++)
        {
            HashSet<int> left = [.. optional.Where((_, bit) => (mask >> bit & 1) == 0)];
            var walk = new MapspaceWalk(problem, found, mostSteps);
            foreach (Operand operand in Enum.GetValues<Operand>()) walk._nodes.Add(new StoreNode(operand, 0));
            walk._first = walk._nodes.Count;
            walk.Memories(1, [.. stores.Where((_, i) => !left.Contains(i)).Select(s => new StoreNode(s.Operand, s.Level))]);
            if (!walk._going) return false;
            mostSteps = walk._stepsLeft;
        }
        return true;
    }

    // Stores and loops in time down to the next fabric.
    private void Memories(int level, ImmutableList<StoreNode> open)
    {
        int fabric = level;
        while (fabric < Levels.Length && Levels[fabric] is MemoryLevel) fabric++;
        Step(fabric, open);
    }

    private void Step(int fabric, ImmutableList<StoreNode> open)
    {
        if (_stepsLeft-- <= 0) _going = false;
        if (!_going) return;
        StoreNode[] here = [.. open.Where(s => s.Level < fabric)];
        foreach (StoreNode store in here)
            if (!here.Any(s => s.Operand == store.Operand && s.Level < store.Level) && !Reused(store.Operand))
                With(store, () => Step(fabric, open.Remove(store)));
        var used = _nodes.Skip(_first).Reverse().TakeWhile(n => n is LoopNode).Select(n => ((LoopNode)n).Dim).ToHashSet();
        for (LoopDim dim = LoopDim.N; dim <= LoopDim.S; dim++)
            if (!used.Contains(dim))
                foreach (long count in Divisors(_rest[(int)dim]))
                    if (count > 1) Split(dim, count, tile => new LoopNode(dim, count, tile), () => Step(fabric, open));
        if (here.Length > 0) return;
        if (fabric < Levels.Length) Axis(fabric, 0, LoopDim.N, 1, open);
        else if (_rest.All(r => r == 1)) _going = _found(new(_problem.Layer, [.. _nodes]));
    }

    // Whether a store here would stand directly below a loop that leaves its tile as it is.
    private bool Reused(Operand operand) => _nodes.Skip(_first).LastOrDefault(n => n is LoopNode) is LoopNode loop && operand switch
    {
        Operand.Activations => loop.Dim == LoopDim.M,
        Operand.Weights => loop.Dim is LoopDim.N or LoopDim.P or LoopDim.Q,
        _ => loop.Dim is LoopDim.C or LoopDim.R or LoopDim.S,
    };

    private void Axis(int level, int axis, LoopDim dim, long places, ImmutableList<StoreNode> open)
    {
        if (!_going) return;
        FabricLevel fabric = _problem.Hierarchy.Fabric(level);
        if (axis == fabric.Axes.Length)
        {
            if (level + 1 < Levels.Length && Levels[level + 1] is FabricLevel) Axis(level + 1, 0, LoopDim.N, 1, open);
            else
            {
                int first = _first;
                _first = _nodes.Count;
                Memories(level + 1, open);
                _first = first;
            }
            return;
        }
        if (dim > LoopDim.S)
        {
            Axis(level, axis + 1, LoopDim.N, 1, open);
            return;
        }
        bool may = !fabric.Axes[axis].SumsOnly || dim is LoopDim.C or LoopDim.R or LoopDim.S;
        Axis(level, axis, dim + 1, places, open);
        if (!may) return;
        foreach (long count in Divisors(_rest[(int)dim]))
            if (count > 1 && places * count <= fabric.Axes[axis].Size)
                Split(dim, count, tile => new SpatialNode(dim, count, tile, level, axis),
                    () => Axis(level, axis, dim + 1, places * count, open));
    }

    private void Split(LoopDim dim, long count, Func<long, NestNode> node, Action inside)
    {
        long rest = _rest[(int)dim];
        _rest[(int)dim] = rest / count;
        With(node(rest / count), inside);
        _rest[(int)dim] = rest;
    }

    private void With(NestNode node, Action inside)
    {
        _nodes.Add(node);
        inside();
        _nodes.RemoveAt(_nodes.Count - 1);
    }

    private static IEnumerable<long> Divisors(long n)
    {
        for (long d = 1; d <= n; d++)
            if (n % d == 0) yield return d;
    }
}
