using Sim.ArchModel.Hierarchies;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Nests;

/// <summary>Whether the tiles of a nest fit the memories, in whole words, twice where they are double-buffered.</summary>
public static class NestCapacity
{
    /// <summary>Adds what does not fit. The nest is otherwise legal.</summary>
    public static void Check(LoopNest nest, Hierarchy hierarchy, PerOperand<Packing> packing, ICollection<NestProblem> problems)
    {
        ArgumentNullException.ThrowIfNull(nest);
        ArgumentNullException.ThrowIfNull(hierarchy);
        ArgumentNullException.ThrowIfNull(problems);
        long[] left = [.. nest.Layer.Sizes];
        var tenants = new SortedDictionary<int, List<(int Node, Operand Operand, long Words)>>();
        for (int i = 0; i < nest.Nodes.Length; i++)
        {
            if (nest.Nodes[i] is LoopNode loop) left[(int)loop.Dim] = loop.Tile;
            if (nest.Nodes[i] is SpatialNode spatial) left[(int)spatial.Dim] = spatial.Tile;
            if (nest.Nodes[i] is not StoreNode store || hierarchy.Memory(store.Level) is not { } memory) continue;
            if (memory.CapacityBits is null && memory.PartitionBits[store.Operand] is null) continue;
            if (TryWords(memory, store.Operand, nest.Layer, left, packing) is not { } words)
            {
                problems.Add(new(i, $"{OperandNames.Of(store.Operand)} take more than 2^60 words of '{memory.Name}'"));
                continue;
            }
            if (memory.PartitionBits[store.Operand] is { } room)
            {
                if (words > room / memory.WordBits)
                    problems.Add(new(i, $"the part of '{memory.Name}' for {OperandNames.Of(store.Operand)} holds "
                        + Short(room / memory.WordBits, words, memory)));
                continue;
            }
            if (!tenants.TryGetValue(store.Level, out List<(int, Operand, long)>? list)) tenants[store.Level] = list = [];
            list.Add((i, store.Operand, words));
        }
        foreach ((int level, List<(int Node, Operand Operand, long Words)> list) in tenants)
        {
            MemoryLevel memory = hierarchy.Memory(level);
            long needed = 0, room = memory.CapacityBits!.Value / memory.WordBits;
            foreach ((int _, Operand _, long words) in list) needed = checked(needed + words);
            if (needed > room)
                problems.Add(new(list[^1].Node, $"'{memory.Name}' holds {Short(room, needed, memory)}: "
                    + string.Join(", ", list.Select(t => $"{OperandNames.Of(t.Operand)} {Bytes(t.Words, memory)}"))));
        }
    }

    private static long? TryWords(MemoryLevel memory, Operand operand, LoopLayer layer, long[] sizes, PerOperand<Packing> packing)
    {
        try
        {
            return Words(memory, operand, TileWords.Of(layer, operand, sizes), packing) is var words and <= 1L << 60 ? words : null;
        }
        catch (OverflowException)
        {
            return null;
        }
    }

    /// <summary>Words of one instance that a tile takes, both halves of a double buffer counted.</summary>
    public static long Words(MemoryLevel memory, Operand operand, long elements, PerOperand<Packing> packing)
    {
        ArgumentNullException.ThrowIfNull(memory);
        long words = packing[operand].Words(elements, memory.WordBits);
        return memory.DoubleBuffered[operand] ? checked(2 * words) : words;
    }

    private static string Short(long room, long needed, MemoryLevel memory) =>
        $"{Bytes(room, memory)}, {Bytes(needed, memory)} are needed: {Bytes(needed - room, memory)} too few";

    private static string Bytes(long words, MemoryLevel memory) => memory.WordBits % 8 == 0
        ? $"{(Int128)words * (memory.WordBits / 8)} bytes" : $"{words} words of {memory.WordBits} bit";
}
