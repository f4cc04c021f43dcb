using System.Collections.Immutable;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Hierarchies.Reading;

/// <summary>What a memory keeps and how much of it: `keeps`, `may_keep`, `double_buffered`, `capacity`, `partitions`.</summary>
internal sealed class MemoryStorage(YamlMap map, string name, int word, int banks, EntryContext context, DiagnosticBag bag)
{
    /// <summary>What is kept, by operand.</summary>
    public PerOperand<Keeping> ReadKeeps(YamlField<ImmutableArray<Operand>> keeps, YamlField<ImmutableArray<Operand>> mayKeep,
        YamlField<PerOperand<Capacity?>> partitions, bool outermost)
    {
        bool said = keeps.IsIn(map) || mayKeep.IsIn(map);
        bool read = (keeps.TryRead(map, bag, out ImmutableArray<Operand> must) | !keeps.IsIn(map))
            & (mayKeep.TryRead(map, bag, out ImmutableArray<Operand> may) | !mayKeep.IsIn(map));
        (must, may) = (must.IsDefault ? [] : must, may.IsDefault ? [] : may);
        if (!read) return default;
        Location place = keeps.IsIn(map) ? keeps.Place(map) : mayKeep.Place(map);
        foreach (Operand operand in OperandWords.All)
        {
            int times = must.Count(o => o == operand) + may.Count(o => o == operand);
            if (times > 1) bag.Error(place, "CFG133",
                $"memory '{name}' names the {OperandWords.NameOf(operand)} {(times == 2 ? "twice" : $"{times} times")} in 'keeps' and "
                    + "'may_keep'");
            if (outermost && said && !must.Contains(operand)) bag.Error(keeps.Place(map), "CFG133",
                $"the outermost memory '{name}' holds every operand: 'keeps' must name the {OperandWords.NameOf(operand)} too, or be "
                    + "left out");
        }
        if (!said && outermost) return PerOperand.Of(_ => Keeping.Must);
        if (!said && partitions.IsIn(map))
        {
            var parts = map[partitions.Name] as YamlMap;
            return PerOperand.Of(o => parts?[OperandWords.NameOf(o)] is null ? Keeping.Bypass : Keeping.Must);
        }
        if (must.Length + may.Length == 0) bag.Error(place, "CFG133",
            $"memory '{name}' keeps nothing; name operands under 'keeps' (always) or 'may_keep' (the mapping decides)");
        return PerOperand.Of(o => must.Contains(o) ? Keeping.Must : may.Contains(o) ? Keeping.May : Keeping.Bypass);
    }

    /// <summary>Which operands have room for two tiles.</summary>
    public PerOperand<bool> ReadDoubled(YamlField<ImmutableArray<Operand>> doubled, PerOperand<Keeping> keeps)
    {
        ImmutableArray<Operand> named = doubled.Read(map, bag);
        if (named.IsDefaultOrEmpty) return default;
        if (map[doubled.Name] is YamlList)
            foreach (Operand operand in OperandWords.All)
            {
                if (named.Count(o => o == operand) > 1) bag.Error(doubled.Place(map), "CFG133",
                    $"'double_buffered' of memory '{name}' names the {OperandWords.NameOf(operand)} twice");
                if (named.Contains(operand) && keeps[operand] == Keeping.Bypass && map["keeps"] is not null | map["may_keep"] is not null)
                    bag.Error(doubled.Place(map), "CFG133",
                        $"memory '{name}' is 'double_buffered' for the {OperandWords.NameOf(operand)}, which it does not keep");
            }
        return PerOperand.Of(o => named.Contains(o) && keeps[o] != Keeping.Bypass);
    }

    /// <summary>The level with its capacity or partitions.</summary>
    public MemoryLevel WithCapacity(MemoryLevel level, YamlField<Capacity> size, YamlField<PerOperand<Capacity?>> partitions,
        bool unlimitedAllowed)
    {
        bool shared = size.IsIn(map), parted = partitions.IsIn(map);
        if (shared && parted) bag.Error(partitions.Place(map), "CFG132",
            $"memory '{name}' has both 'capacity' and 'partitions'; storage is shared or partitioned");
        else if (!shared && !parted && !unlimitedAllowed) bag.Error(map.Location, "CFG132",
            $"memory '{name}' has no 'capacity' and no 'partitions'; only off-chip memories (with 'kind') are unlimited");
        if (shared && size.TryRead(map, bag, out Capacity whole) && Bits(whole, size.Place(map), "'capacity'") is { } bits)
        {
            level = level with { CapacityBits = bits };
            CheckLeast(bits, [.. OperandWords.All.Where(o => level.Keeps[o] == Keeping.Must)], level.DoubleBuffered, size.Place(map),
                "'capacity'");
        }
        if (!parted || !partitions.TryRead(map, bag, out PerOperand<Capacity?> parts)) return level;
        var places = (YamlMap)map[partitions.Name]!;
        PerOperand<long?> each = PerOperand.Of<long?>(o =>
        {
            if (places[OperandWords.NameOf(o)] is not { } node) return null;
            if (level.Keeps[o] == Keeping.Bypass) bag.Error(node.Location, "CFG133",
                $"memory '{name}' has a partition for the {OperandWords.NameOf(o)}, which it does not keep");
            if (Bits(parts[o]!.Value, node.Location, $"the partition of the {OperandWords.NameOf(o)}") is not { } own) return null;
            CheckLeast(own, [o], level.DoubleBuffered, node.Location, $"the partition of the {OperandWords.NameOf(o)}");
            return own;
        });
        foreach (Operand operand in OperandWords.All)
            if (level.Keeps[operand] != Keeping.Bypass && places[OperandWords.NameOf(operand)] is null) bag.Error(places.Location, "CFG133",
                $"memory '{name}' keeps the {OperandWords.NameOf(operand)} but has no partition for them");
        return level with { PartitionBits = each };
    }

    private long? Bits(Capacity capacity, Location place, string what)
    {
        long? bits = capacity.Bits(word);
        if (bits is null or > 1L << 52) bag.Error(place, "CFG132", $"{what} of memory '{name}' must be at most 2^52 bits");
        else if (bits < word) bag.Error(place, "CFG132", $"{what} of memory '{name}' ({bits} bits) holds no word of {word} bits");
        else if (bits % banks != 0 || bits / banks < word) bag.Error(place, "CFG132",
            $"{what} of memory '{name}' ({bits} bits) must be at least one word of {word} bits in each of {banks} equal banks");
        else return bits;
        return null;
    }

    // Operands that must be kept need an element each, two where the memory is double-buffered.
    private void CheckLeast(long bits, Operand[] kept, PerOperand<bool> doubled, Location place, string what)
    {
        if (kept.Any(o => context.ElementBits(o) == 0)) return;
        long least = kept.Sum(o => (long)context.ElementBits(o) * (doubled[o] ? 2 : 1));
        if (bits >= least) return;
        bag.Error(place, "CFG132", $"{what} of memory '{name}' ({bits} bits) is less than one element of each operand that it keeps: "
            + string.Join(" + ", kept.Select(o => $"{(doubled[o] ? "2 × " : "")}{context.ElementBits(o)} ({OperandWords.NameOf(o)})"))
            + $" = {least} bits");
    }
}
