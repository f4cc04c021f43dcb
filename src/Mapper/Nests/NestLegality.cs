using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Nests;

/// <summary>Whether a nest can run on a hierarchy: everything that is wrong, at once.</summary>
public static class NestLegality
{
    /// <summary>All problems in the order of the nest; without <paramref name="packing"/> capacities are not checked.</summary>
    public static ImmutableArray<NestProblem> Check(LoopNest nest, Hierarchy hierarchy, PerOperand<Packing>? packing = null)
    {
        ArgumentNullException.ThrowIfNull(nest);
        ArgumentNullException.ThrowIfNull(hierarchy);
        if (Layer(nest.Layer) is { } layer) return [layer];
        var problems = new List<NestProblem>();
        Ranges(nest, problems);
        Places(nest, hierarchy, problems);
        Stores(nest, hierarchy, problems);
        Axes(nest, hierarchy, problems);
        if (packing is { } given && problems.Count == 0) NestCapacity.Check(nest, hierarchy, given, problems);
        return [.. problems.OrderBy(p => p.Node < 0 ? int.MaxValue : p.Node)];
    }

    private static NestProblem? Layer(LoopLayer layer)
    {
        if (layer.Sizes.Length != LoopLayer.Dims || layer.Sizes.Any(s => s < 1)) return new(-1, "sizes of a layer are at least 1");
        if (layer.StrideHeight < 1 || layer.StrideWidth < 1 || layer.DilationHeight < 1 || layer.DilationWidth < 1)
            return new(-1, "strides and dilations are at least 1");
        Int128 macs = 1;
        foreach (long size in layer.Sizes)
            if ((macs *= size) > long.MaxValue) return new(-1, "the layer has more than 2^63 − 1 multiplications");
        return null;
    }

    private static void Ranges(LoopNest nest, List<NestProblem> problems)
    {
        long[] left = [.. nest.Layer.Sizes];
        for (int i = 0; i < nest.Nodes.Length; i++)
        {
            (LoopDim Dim, long Count, long Tile)? loop = nest.Nodes[i] switch
            {
                LoopNode l => (l.Dim, l.Count, l.Tile),
                SpatialNode s => (s.Dim, s.Count, s.Tile),
                _ => null,
            };
            if (loop is not var (dim, count, tile)) continue;
            ref long size = ref left[(int)dim];
            string name = DimLetters.Of(nest.Layer, dim);
            if (count < 2)
                problems.Add(new(i, $"a loop of count {count} does not exist; leave it out"));
            else if (!LoopSplit.Reaches(size, count))
                problems.Add(new(i, $"{name} {count} cannot split {size} elements: tiles of {LoopSplit.Tile(size, count)} reach "
                    + $"{LoopSplit.Tile(size, LoopSplit.Tile(size, count))} times; counts that can: {LoopSplit.Counts(size, count)}"));
            else if (tile != LoopSplit.Tile(size, count))
                problems.Add(new(i, $"{name} {count} splits {size} elements into tiles of {LoopSplit.Tile(size, count)}, not {tile}"));
            size = LoopSplit.Tile(size, Math.Max(1, count));
        }
        for (LoopDim dim = LoopDim.N; dim <= LoopDim.S; dim++)
            if (left[(int)dim] > 1)
                problems.Add(new(-1, $"{left[(int)dim]} of {nest.Layer.Size(dim)} elements of {DimLetters.Of(nest.Layer, dim)} are left "
                    + "without a loop: every dimension ends in tiles of 1"));
    }

    // Memories and fabrics in the order of the hierarchy; between two fabrics that of each operand's memories.
    private static void Places(LoopNest nest, Hierarchy hierarchy, List<NestProblem> problems)
    {
        int reached = 0;
        int[] own = new int[Enum.GetValues<Operand>().Length];
        for (int i = 0; i < nest.Nodes.Length; i++)
        {
            if ((nest.Nodes[i] switch { StoreNode s => s.Level, SpatialNode s => s.Level, _ => (int?)null }) is not { } level) continue;
            bool store = nest.Nodes[i] is StoreNode;
            if (level < 0 || level >= hierarchy.Levels.Length || hierarchy.Levels[level] is MemoryLevel != store)
            {
                IEnumerable<string> names = hierarchy.Levels.Where(l => l is MemoryLevel == store).Select(l => l.Name);
                problems.Add(new(i, $"level {level} is no {(store ? "memory" : "fabric")}; there are {string.Join(", ", names)}"));
                continue;
            }
            int inside = reached;
            if (nest.Nodes[i] is StoreNode { Operand: var operand })
            {
                bool fabric = level < reached && hierarchy.Levels.AsSpan()[level..reached].ToArray().Any(l => l is FabricLevel);
                if (!fabric) inside = own[(int)operand];
                own[(int)operand] = Math.Max(own[(int)operand], level);
            }
            if (level < inside)
                problems.Add(new(i, $"'{hierarchy.Levels[level].Name}' stands outside '{hierarchy.Levels[inside].Name}' in the hierarchy; "
                    + "nodes follow its order"));
            reached = Math.Max(reached, level);
        }
    }

    private static void Stores(LoopNest nest, Hierarchy hierarchy, List<NestProblem> problems)
    {
        bool outermost = true;
        var seen = new HashSet<(Operand, int)>();
        for (int i = 0; i < nest.Nodes.Length; i++)
        {
            if (nest.Nodes[i] is not StoreNode store)
            {
                outermost = false;
                continue;
            }
            if (store.Level < 0 || store.Level >= hierarchy.Levels.Length) continue;
            if (hierarchy.Levels[store.Level] is not MemoryLevel memory) continue;
            string name = OperandNames.Of(store.Operand);
            if (!seen.Add((store.Operand, store.Level))) problems.Add(new(i, $"{name} are stored in '{memory.Name}' twice"));
            if (store.Level == 0 && !outermost)
                problems.Add(new(i, $"'{memory.Name}' holds all {name} all the time: its stores come before every loop"));
            if (memory.Keeps[store.Operand] == Keeping.Bypass && store.Level > 0)
                problems.Add(new(i, $"{name} pass '{memory.Name}' by; it keeps {Kept(memory)}"));
        }
        foreach (Operand operand in Enum.GetValues<Operand>())
            for (int level = 0; level < hierarchy.Levels.Length; level++)
                if (hierarchy.Levels[level] is MemoryLevel memory && !seen.Contains((operand, level)) && (level == 0
                    || memory.Keeps[operand] == Keeping.Must))
                    problems.Add(new(-1, $"{OperandNames.Of(operand)} must be stored in '{memory.Name}'"
                        + (level == 0 ? ", the outermost memory" : "")));
    }

    private static string Kept(MemoryLevel memory)
    {
        string[] kept = [.. Enum.GetValues<Operand>().Where(o => memory.Keeps[o] != Keeping.Bypass).Select(OperandNames.Of)];
        return kept.Length > 0 ? string.Join(", ", kept) : "nothing";
    }

    private static void Axes(LoopNest nest, Hierarchy hierarchy, List<NestProblem> problems)
    {
        var used = new Dictionary<(int, int), Int128>();
        for (int i = 0; i < nest.Nodes.Length; i++)
        {
            if (nest.Nodes[i] is not SpatialNode loop || loop.Level < 0 || loop.Level >= hierarchy.Levels.Length
                || hierarchy.Levels[loop.Level] is not FabricLevel fabric) continue;
            if (loop.Axis < 0 || loop.Axis >= fabric.Axes.Length)
            {
                problems.Add(new(i, $"'{fabric.Name}' has no axis {loop.Axis}; it has "
                    + string.Join(", ", fabric.Axes.Select(a => a.Name))));
                continue;
            }
            FabricAxis axis = fabric.Axes[loop.Axis];
            if (axis.SumsOnly && NestEdge.Indexes(Operand.Outputs, loop.Dim))
                problems.Add(new(i, $"lanes of a dot unit add into one sum: only summed dimensions run over '{fabric.Name}.{axis.Name}', "
                    + $"not {DimLetters.Of(nest.Layer, loop.Dim)}"));
            Int128 before = used.GetValueOrDefault((loop.Level, loop.Axis), 1), now = before * Math.Max(1, loop.Count);
            used[(loop.Level, loop.Axis)] = now;
            if (now > axis.Size && before <= axis.Size)
                problems.Add(new(i, $"'{fabric.Name}.{axis.Name}' has {axis.Size} places, and loops over it need {now}: at most "
                    + $"{axis.Size / (long)before} here"));
        }
    }
}
