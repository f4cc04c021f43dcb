using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Tests.Search;

/// <summary>
/// Every nest of a small layer on a hierarchy, by writing node after node: any placement, any order of stores and loops, any divisor.
/// Of each dimension one loop stands between two stores or fabrics, and no store directly below a loop that does not index it.
/// Knows nothing of skeletons, bounds or dominance.
/// </summary>
internal sealed class NestEnumeration(LoopLayer layer, Hierarchy hierarchy, Action<LoopNest> found)
{
    /// <summary>Called with each nest, first that many of its nodes stand above the places of the last fabric.</summary>
    public Action<LoopNest, int>? FoundInside { get; init; }

    private readonly List<NestNode> _nodes = [];
    private readonly long[] _rest = [.. layer.Sizes];

    // Where the nodes below the last fabric start.
    private int _start;

    /// <summary>Enumerates.</summary>
    public void Run()
    {
        var choices = new List<(Operand Operand, int Level)>();
        var always = new List<(Operand Operand, int Level)>();
        for (int level = 0; level < hierarchy.Levels.Length; level++)
            if (hierarchy.Levels[level] is MemoryLevel memory)
                foreach (Operand operand in Enum.GetValues<Operand>())
                    if (level == 0 || memory.Keeps[operand] == Keeping.Must) always.Add((operand, level));
                    else if (memory.Keeps[operand] == Keeping.May) choices.Add((operand, level));
        for (int mask = 0; mask < 1 << choices.Count; mask++)
        {
            List<(Operand, int)> stores = [.. always, .. choices.Where((_, i) => (mask & 1 << i) != 0)];
            foreach (Operand operand in Enum.GetValues<Operand>()) _nodes.Add(new StoreNode(operand, 0));
            Time(0, stores, [.. stores.Where(s => s.Item2 != 0)]);
            _nodes.Clear();
        }
    }

    // In the run of memories that starts at a level: a store, a loop, or on to the fabric below.
    private void Time(int level, List<(Operand, int)> all, List<(Operand Operand, int Level)> open)
    {
        int end = level;
        while (end < hierarchy.Levels.Length && hierarchy.Levels[end] is MemoryLevel) end++;
        var here = open.Where(s => s.Level < end).ToList();
        foreach ((Operand Operand, int Level) store in here)
        {
            if (here.Any(s => s.Operand == store.Operand && s.Level < store.Level) || Below(store.Operand)) continue;
            _nodes.Add(new StoreNode(store.Operand, store.Level));
            Time(level, all, [.. open.Where(s => s != store)]);
            _nodes.RemoveAt(_nodes.Count - 1);
        }
        for (LoopDim dim = LoopDim.N; dim <= LoopDim.S; dim++)
        {
            if (InSlot(dim)) continue;
            long rest = _rest[(int)dim];
            for (long count = 2; count <= rest; count++)
            {
                if (rest % count != 0) continue;
                _rest[(int)dim] = rest / count;
                _nodes.Add(new LoopNode(dim, count, rest / count));
                Time(level, all, open);
                _nodes.RemoveAt(_nodes.Count - 1);
                _rest[(int)dim] = rest;
            }
        }
        if (here.Count > 0) return;
        if (end < hierarchy.Levels.Length) Space(end, 0, LoopDim.N, 1, all, open);
        else if (_rest.All(r => r == 1))
        {
            var nest = new LoopNest(layer, [.. _nodes]);
            found(nest);
            FoundInside?.Invoke(nest, _start);
        }
    }

    // A store stands above loops that leave its tile as it is.
    private bool Below(Operand operand)
    {
        for (int i = _nodes.Count - 1; i >= _start; i--)
        {
            if (_nodes[i] is StoreNode) continue;
            return _nodes[i] is LoopNode loop && operand switch
            {
                Operand.Activations => loop.Dim == LoopDim.M,
                Operand.Weights => loop.Dim is LoopDim.N or LoopDim.P or LoopDim.Q,
                _ => loop.Dim is LoopDim.C or LoopDim.R or LoopDim.S,
            };
        }
        return false;
    }

    // A dimension has one loop between two stores or fabrics at most.
    private bool InSlot(LoopDim dim)
    {
        for (int i = _nodes.Count - 1; i >= _start && _nodes[i] is LoopNode loop; i--)
            if (loop.Dim == dim) return true;
        return false;
    }

    // Counts of one dimension after another on an axis.
    private void Space(int level, int axis, LoopDim dim, long used, List<(Operand, int)> all, List<(Operand, int)> open)
    {
        FabricLevel fabric = hierarchy.Fabric(level);
        if (axis == fabric.Axes.Length)
        {
            if (level + 1 < hierarchy.Levels.Length && hierarchy.Levels[level + 1] is FabricLevel) Space(level + 1, 0, LoopDim.N, 1, all,
                open);
            else
            {
                int start = _start;
                _start = _nodes.Count;
                Time(level + 1, all, open);
                _start = start;
            }
            return;
        }
        if (dim > LoopDim.S)
        {
            Space(level, axis + 1, LoopDim.N, 1, all, open);
            return;
        }
        long rest = _rest[(int)dim];
        for (long count = 1; count <= rest && used * count <= fabric.Axes[axis].Size; count++)
        {
            if (rest % count != 0 || (count > 1 && fabric.Axes[axis].SumsOnly
                && dim is not (LoopDim.C or LoopDim.R or LoopDim.S))) continue;
            _rest[(int)dim] = rest / count;
            if (count > 1) _nodes.Add(new SpatialNode(dim, count, rest / count, level, axis));
            Space(level, axis, dim + 1, used * count, all, open);
            if (count > 1) _nodes.RemoveAt(_nodes.Count - 1);
            _rest[(int)dim] = rest;
        }
    }
}
