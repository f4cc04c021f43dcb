using Sim.ArchModel.Hierarchies;

namespace Sim.Mapper.Search;

/// <summary>Why nothing fits: tiles of one element that must be kept and do not fit.</summary>
public static class MapLack
{
    /// <summary>Each memory with what it must keep and lacks; or that no single memory is too small.</summary>
    public static string Of(MapProblem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        var lacks = new List<string>();
        for (int level = 1; level < problem.Hierarchy.Levels.Length; level++)
        {
            if (problem.Hierarchy.Levels[level] is not MemoryLevel memory) continue;
            double all = 0;
            var names = new List<string>();
            foreach (Operand operand in Enum.GetValues<Operand>())
            {
                if (memory.Keeps[operand] != Keeping.Must) continue;
                double bits = Tile(problem, level, operand, memory);
                if (memory.PartitionBits[operand] is { } part && bits > part) lacks.Add(Text(memory,
                    operand.ToString().ToLowerInvariant(), bits, part));
                all += bits;
                names.Add(operand.ToString().ToLowerInvariant());
            }
            if (memory.CapacityBits is { } capacity && all > capacity) lacks.Add(Text(memory, string.Join(" and ", names), all, capacity));
        }
        return lacks.Count > 0 ? string.Join("; ", lacks) : "no split of its dimensions fits all memories at once";
    }

    private static double Tile(MapProblem problem, int level, Operand operand, MemoryLevel memory)
    {
        double bits = problem.Packing is { } packing ? packing[operand].Words(1, memory.WordBits) * memory.WordBits
            : problem.Costs.Levels[level][operand].Bits;
        return bits * (memory.DoubleBuffered[operand] ? 2 : 1);
    }

    private static string Text(MemoryLevel memory, string operand, double bits, double room) => FormattableString.Invariant(
        $"{operand} at '{memory.Name}' need {bits / 8} bytes for tiles of one element and have {room / 8}: ")
        + FormattableString.Invariant($"{(bits - room) / 8} bytes are lacking");
}
