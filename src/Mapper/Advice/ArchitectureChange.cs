using System.Collections.Immutable;
using System.Globalization;
using Sim.ArchModel.Hierarchies;

namespace Sim.Mapper.Advice;

/// <summary>One change of an accelerator.</summary>
/// <param name="Text">`l1 read ports 1 → 2`.</param>
/// <param name="Level">The level that changes.</param>
/// <param name="Architecture">The accelerator with it.</param>
/// <param name="Unpriced">Why its area has no price; null: it has one.</param>
public sealed record ArchitectureChange(string Text, int Level, HierarchicalArchitecture Architecture, string? Unpriced)
{
    /// <summary>All single changes that are tried: ports, banks, bandwidth, capacities, double buffering and keeping of memories; places,
    /// sharing and adding of fabrics' axes. Lanes of a dot unit stay: they are the datapath's.</summary>
    public static ImmutableArray<ArchitectureChange> All(HierarchicalArchitecture architecture)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        var changes = ImmutableArray.CreateBuilder<ArchitectureChange>();
        for (int level = 0; level < architecture.Hierarchy.Levels.Length; level++)
        {
            HierarchyLevel now = architecture.Hierarchy.Levels[level];
            IEnumerable<Step> steps = now is MemoryLevel memory ? OfMemory(memory, level) : OfFabric((FabricLevel)now);
            foreach ((string text, HierarchyLevel next, string? unpriced) in steps)
                changes.Add(new(text, level, architecture with { Hierarchy = architecture.Hierarchy with
                    { Levels = architecture.Hierarchy.Levels.SetItem(level, next) } }, unpriced));
        }
        return changes.ToImmutable();
    }

    private readonly record struct Step(string Text, HierarchyLevel Next, string? Unpriced);

    private static IEnumerable<Step> OfMemory(MemoryLevel m, int level)
    {
        string? stated = m.Stated.AreaSquareMicrometres is null ? null : $"the area of {m.Name} is stated by hand";
        Step Of(string what, MemoryLevel next, string? unpriced = null) => new($"{m.Name} {what}", next, unpriced ?? stated);
        if (m.BitsPerCycle is { } bits)
        {
            bool offChip = m.DramKind is not null;
            yield return Of(Invariant($"bandwidth {bits / 8:0.##} → {bits / 4:0.##} B/cycle"), m with
            {
                BitsPerCycle = bits * 2,
                Channels = m.Timing is null ? m.Channels : m.Channels * 2,
                Ports = offChip ? new(m.Ports.Read * 2, m.Ports.Write * 2, m.Ports.Shared * 2) : m.Ports,
            }, offChip ? "off chip" : "buses have no price");
        }
        string oneWay = m.DramKind is null ? "buses have no price" : "off chip";
        if (m.ReadBitsPerCycle is { } read)
            yield return Of(Invariant($"read bandwidth {read / 8:0.##} → {read / 4:0.##} B/cycle"), m with
                { ReadBitsPerCycle = read * 2 }, oneWay);
        if (m.WriteBitsPerCycle is { } write)
            yield return Of(Invariant($"write bandwidth {write / 8:0.##} → {write / 4:0.##} B/cycle"), m with
                { WriteBitsPerCycle = write * 2 }, oneWay);
        if (m.DramKind is null)
        {
            yield return Of(Invariant($"read ports {m.Ports.Read} → {m.Ports.Read + 1}"), m with
                { Ports = m.Ports with { Read = m.Ports.Read + 1 } });
            yield return Of(Invariant($"write ports {m.Ports.Write} → {m.Ports.Write + 1}"), m with
                { Ports = m.Ports with { Write = m.Ports.Write + 1 } });
            if (m.Ports.Shared > 0)
                yield return Of(Invariant($"shared ports {m.Ports.Shared} → {m.Ports.Shared + 1}"), m with
                    { Ports = m.Ports with { Shared = m.Ports.Shared + 1 } });
            if (HoldsWords(m, m.Banks * 2))
                yield return Of(Invariant($"banks {m.Banks} → {m.Banks * 2}"), m with { Banks = m.Banks * 2 });
        }
        if (m.CapacityBits is { } capacity)
            yield return Of($"capacity {Bytes(capacity)} → {Bytes(capacity * 2)}", m with { CapacityBits = capacity * 2 });
        foreach (Operand operand in Enum.GetValues<Operand>())
        {
            string name = Name(operand);
            if (m.PartitionBits[operand] is { } part)
                yield return Of($"capacity for {name} {Bytes(part)} → {Bytes(part * 2)}", m with
                    { PartitionBits = PerOperand.Of(o => o == operand ? part * 2 : m.PartitionBits[o]) });
            if (level > 0 && m.Keeps[operand] == Keeping.Bypass && m.CapacityBits is not null)
                yield return Of($"may keep {name}", m with
                    { Keeps = PerOperand.Of(o => o == operand ? Keeping.May : m.Keeps[o]) });
            if (level > 0 && m.Keeps[operand] != Keeping.Bypass && !m.DoubleBuffered[operand])
                yield return Of($"double-buffers {name}", m with
                    { DoubleBuffered = PerOperand.Of(o => o == operand || m.DoubleBuffered[o]) }, "its control has no price");
        }
    }

    private static IEnumerable<Step> OfFabric(FabricLevel fabric)
    {
        for (int i = 0; i < fabric.Axes.Length; i++)
        {
            FabricAxis axis = fabric.Axes[i];
            if (axis.SumsOnly) continue;
            string at = $"{fabric.Name}.{axis.Name}";
            Step Of(string text, FabricAxis next, string? unpriced = null) =>
                new(text, fabric with { Axes = fabric.Axes.SetItem(i, next) }, unpriced);
            yield return Of(Invariant($"{at} {axis.Size} → {axis.Size * 2} places"), axis with { Size = axis.Size * 2 });
            const string Wires = "wires have no price";
            if (axis.Activations == Sharing.None)
                yield return Of($"multicast of activations along {at}", axis with { Activations = Sharing.Multicast }, Wires);
            if (axis.Weights == Sharing.None)
                yield return Of($"multicast of weights along {at}", axis with { Weights = Sharing.Multicast }, Wires);
            if (axis.Outputs == Reduction.None) yield return Of($"sums added along {at}", axis with { Outputs = Reduction.Chain });
        }
    }

    // Each bank holds a word of its storage, in equal parts.
    private static bool HoldsWords(MemoryLevel memory, int banks) => Enum.GetValues<Operand>().Select(o => memory.PartitionBits[o])
        .Append(memory.CapacityBits).All(b => b is null || (b % banks == 0 && b / banks >= memory.WordBits));

    private static string Name(Operand operand) => operand.ToString().ToLowerInvariant();

    private static string Bytes(long bits) => bits % 8192 == 0 ? Invariant($"{bits / 8192} KiB") : Invariant($"{bits / 8.0} B");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
