using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;

namespace Sim.Mapper.Answers;

/// <summary>What a memory moves at most, all instances together.</summary>
/// <param name="Level">Its level.</param>
/// <param name="Memory">Its name.</param>
/// <param name="Instances">Equal instances.</param>
/// <param name="BytesPerCycle">Most bytes read and written a cycle: what its bus and all its ports allow; null: unlimited.</param>
public sealed record MemoryRoof(int Level, string Memory, long Instances, double? BytesPerCycle)
{
    /// <summary>Of every memory, outermost first.</summary>
    public static ImmutableArray<MemoryRoof> Of(HierarchicalArchitecture architecture)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        ImmutableArray<HierarchyLevel> levels = architecture.Hierarchy.Levels;
        return [.. Enumerable.Range(0, levels.Length).Where(i => levels[i] is MemoryLevel)
            .Select(i => Of((MemoryLevel)levels[i], i, architecture.Hierarchy.Instances(i)))];
    }

    private static MemoryRoof Of(MemoryLevel memory, int level, long instances)
    {
        // A partition has ports of its own.
        int parts = Math.Max(1, Enum.GetValues<Operand>().Count(o => memory.PartitionBits[o] is not null));
        double ports = (double)(memory.Ports.Read + memory.Ports.Write + memory.Ports.Shared) * memory.Banks * memory.WordBits * parts;
        double bus = memory.BitsPerCycle ?? double.PositiveInfinity;
        if (memory is { ReadBitsPerCycle: { } read, WriteBitsPerCycle: { } write }) bus = Math.Min(bus, read + write);
        if (memory.DramKind is null && ports > 0) bus = Math.Min(bus, ports);
        double? bits = double.IsFinite(bus) ? bus : null;
        return new(level, memory.Name, instances, bits * instances / 8);
    }

    /// <summary>Bytes that a mapping moves here.</summary>
    public double BytesOf(ImmutableArray<StoreTraffic> traffic) => traffic.Where(t => t.Store.Level == Level).Sum(t => t.Bytes);
}
