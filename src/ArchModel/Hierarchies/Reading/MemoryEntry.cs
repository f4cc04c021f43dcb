using System.Collections.Immutable;
using System.Globalization;
using Sim.ArchModel.Hierarchies.Dram;
using Sim.ArchModel.Reading;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Units;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Hierarchies.Reading;

/// <summary>One `memory` of a hierarchy.</summary>
internal static class MemoryEntry
{
    /// <summary>The key that makes an entry a memory.</summary>
    public const string Key = "memory";

    private const int WidestWord = 65536, MostCycles = 1_000_000_000, EnoughPorts = 1 << 20;

    /// <summary>Word of an off-chip memory that says nothing.</summary>
    public const int DefaultOffChipWord = 64;

    private static readonly YamlField<string> Name = YamlField.Required(Key, HierarchyTypes.Name,
        "Unique name, used in counts, costs and mappings.");
    private static readonly YamlField<Capacity> Size = YamlField.Optional("capacity", HierarchyTypes.Capacity,
        "Of one instance, all banks together, shared by the operands. Left out only off chip (unlimited) and beside 'partitions'.");
    private static readonly YamlField<PerOperand<Capacity?>> Partitions = YamlField.Optional("partitions",
        OperandWords.Each("partitions", "Capacity of one instance by operand.", HierarchyTypes.Capacity),
        "Storage of its own for each operand, in place of 'capacity'.");
    private static readonly YamlField<Bits> Word = YamlField.Optional("word", YamlQuantities.DataSize,
        "Width of one access of one bank. Left out only off chip: 64 bit.");
    private static readonly YamlField<int> Banks = YamlField.Optional("banks", YamlTypes.Integer(1, 65536), 1, "1",
        "Equal banks on chip that work side by side.");
    private static readonly YamlField<MemoryPorts> Ports = YamlField.Optional("ports", PortsType.Instance, new MemoryPorts(1, 1, 0),
        "{read: 1, write: 1}", "Ports of each bank on chip; one access a port and cycle.");
    private static readonly YamlField<Bandwidth?> Rate = YamlField.Optional("bandwidth", BufferType.BandwidthOrUnlimited, null,
        "what the ports allow", "Of one instance over one bus, reads and writes together.");
    private static readonly YamlField<Bandwidth?> ReadRate = YamlField.Optional("read_bandwidth", BufferType.BandwidthOrUnlimited, null,
        "unlimited", "Of one instance, for reads alone; binds beside 'bandwidth' and the ports.");
    private static readonly YamlField<Bandwidth?> WriteRate = YamlField.Optional("write_bandwidth", BufferType.BandwidthOrUnlimited, null,
        "unlimited", "Of one instance, for writes alone.");
    private static readonly YamlField<Latency> Delay = YamlField.Optional("latency", HierarchyTypes.Latency, default, "0 cycle",
        "Until the first word of a transfer arrives.");
    private static readonly YamlField<Bits> Burst = YamlField.Optional("burst", YamlQuantities.DataSize,
        "Least amount of one transfer, whole words. Left out: one word.");
    private static readonly YamlField<ImmutableArray<Operand>> Keeps = YamlField.Optional("keeps", OperandWords.Some,
        "Operands that are always stored here. Left out with 'may_keep': the operands of 'partitions'; all in the outermost memory.");
    private static readonly YamlField<ImmutableArray<Operand>> MayKeep = YamlField.Optional("may_keep", OperandWords.Some,
        "Operands that a mapping may store here; every other passes by.");
    private static readonly YamlField<ImmutableArray<Operand>> Doubled = YamlField.Optional("double_buffered", OperandWords.SomeOrAll, [],
        "false", "Operands of which two tiles fit: one is filled while the other is used. true: all that are kept.");
    private static readonly YamlField<string> Kind = YamlField.Optional("kind", YamlTypes.Text,
        "Off-chip memory type that the technology prices by the bit, e.g. LPDDR4. Left out: on chip.");

    private static readonly YamlField<DramTiming> Timing = YamlField.Optional("timing", DramTimingReader.Reference,
        "Banks, rows and timings of a channel off chip; 'bandwidth', 'latency' and 'burst' then follow from it where they are left out.");
    private static readonly YamlField<int> Channels = YamlField.Optional("channels", YamlTypes.Integer(1, 4096), 1, "1",
        "Equal channels of 'timing' side by side.");

    /// <summary>The keys.</summary>
    public static YamlSchema Schema { get; } = new("memory", "Equal memories, one for each place of the fabrics above.",
        [Name, Kind, Size, Partitions, Word, Banks, Ports, Rate, ReadRate, WriteRate, Delay, Burst, Timing, Channels, Keeps, MayKeep,
            Doubled, StatedCostsType.WordEnergy, StatedCostsType.Area, StatedCostsType.Leakage]);

    /// <summary>Reads an entry; null after recording what is wrong.</summary>
    public static MemoryLevel? Read(YamlMap map, EntryContext context, bool outermost, DiagnosticBag bag)
    {
        int before = bag.ErrorCount;
        Schema.CheckKeys(map, bag);
        string name = Name.Read(map, bag);
        string? kind = Kind.TryRead(map, bag, out string text) ? text : null;
        int word = ReadWord(map, kind, bag);
        long? burst = Burst.TryRead(map, bag, out Bits least) ? least.Count : null;
        double? rate = Rate.Read(map, bag)?.BytesPerCycle(context.Clock) * 8;
        DramTiming? timing = Timing.TryRead(map, bag, out DramTiming known) ? known : null;
        int channels = Channels.Read(map, bag);
        int latency = ReadLatency(map, context.Clock, bag);
        if (timing is not null)
        {
            CheckTiming(map, name, kind, rate, timing, channels, context.Clock, bag);
            rate ??= Peak(timing, channels, context.Clock);
            burst ??= timing.BurstBytes * 8L;
            if (!Delay.IsIn(map)) latency = (int)new Latency(timing.FirstDataPicoseconds / 1000.0, true).Cycles(context.Clock);
        }
        else if (Channels.IsIn(map) && !Timing.IsIn(map))
        {
            bag.Error(Channels.Place(map), "CFG137",
                $"'channels' of memory '{name}' counts channels of a 'timing'; name one, or state 'bandwidth' alone");
        }
        var level = new MemoryLevel(name, null, default, word, Math.Max(1, Banks.Read(map, bag)), Ports.Read(map, bag), rate,
            latency, 0, default, default)
        {
            DramKind = kind,
            Timing = timing,
            ClockHertz = timing is null ? 0 : context.Clock.Hertz,
            ReadBitsPerCycle = OneWay(ReadRate),
            WriteBitsPerCycle = OneWay(WriteRate),
            Channels = channels,
            Stated = StatedCostsType.With(StatedCostsType.WordEnergy.TryRead(map, bag, out StatedCosts stated) ? stated : StatedCosts.None,
                map, bag),
        };
        double? OneWay(YamlField<Bandwidth?> field)
        {
            double? bits = field.Read(map, bag)?.BytesPerCycle(context.Clock) * 8;
            if (timing is not null && bits > Peak(timing, channels, context.Clock) * (1 + 1e-9))
                AbovePeak(field, map, name, timing, channels, bag);
            return bits;
        }
        var storage = new MemoryStorage(map, name, word, level.Banks, context, bag);
        level = level with { Keeps = storage.ReadKeeps(Keeps, MayKeep, Partitions, outermost) };
        level = level with { DoubleBuffered = storage.ReadDoubled(Doubled, level.Keeps) };
        if (word > 0) level = storage.WithCapacity(level, Size, Partitions, outermost || kind is not null);
        if (burst is { } bits && word > 0)
        {
            if (bits % word != 0 || bits > int.MaxValue)
                bag.Error(Burst.IsIn(map) ? Burst.Place(map) : Word.Place(map), "CFG132",
                    $"'burst' must be whole words of {word} bits, found {bits} bits");
            else level = level with { BurstBits = (int)bits };
        }
        if (kind is not null)
        {
            foreach (YamlField field in new YamlField[] { Banks, Ports })
                if (map[field.Name] is { } node) bag.Error(node.Location, "CFG134",
                    $"'{field.Name}' of off-chip memory '{name}': its 'bandwidth' alone says what it moves in a cycle");
            if (word > 0) level = level with { Ports = OffChipPorts(rate, word) };
        }
        context.CheckDramKind(map[Kind.Name], kind, level, bag);
        return bag.ErrorCount == before ? level : null;
    }

    private static double Peak(DramTiming timing, int channels, Frequency clock) =>
        timing.PeakBytesPerSecond * 8 * channels / clock.Hertz;

    private static void CheckTiming(YamlMap map, string name, string? kind, double? rate, DramTiming timing, int channels, Frequency clock,
        DiagnosticBag bag)
    {
        if (kind is null) bag.Error(Timing.Place(map), "CFG137", $"'timing' is of off-chip memories: give memory '{name}' a 'kind'");
        bool above = rate is { } given ? given > Peak(timing, channels, clock) * (1 + 1e-9) : Rate.IsIn(map);
        if (above) AbovePeak(Rate, map, name, timing, channels, bag);
    }

    private static void AbovePeak(YamlField<Bandwidth?> field, YamlMap map, string name, DramTiming timing, int channels,
        DiagnosticBag bag) =>
        bag.Error(field.Place(map), "CFG137", string.Create(CultureInfo.InvariantCulture,
            $"'{field.Name}' of memory '{name}' is more than {channels} channel(s) of {timing.Name} have: "
            + $"{timing.PeakBytesPerSecond * channels / 1e9:0.###} GB/s"));

    /// <summary>So many ports that the bus of an off-chip memory is what binds.</summary>
    public static MemoryPorts OffChipPorts(double? bitsPerCycle, int word)
    {
        int enough = bitsPerCycle is { } rate && rate / word < EnoughPorts ? Math.Max(1, (int)Math.Ceiling(rate / word)) : EnoughPorts;
        return new MemoryPorts(enough, enough, 0);
    }

    private static int ReadWord(YamlMap map, string? kind, DiagnosticBag bag)
    {
        if (!Word.IsIn(map))
        {
            if (kind is not null) return DefaultOffChipWord;
            bag.Error(map.Location, "CFG004", $"the key '{Word.Name}' is missing; it must be {Word.Type.Expectation}");
            return 0;
        }
        if (!Word.TryRead(map, bag, out Bits bits)) return 0;
        if (bits.Count <= WidestWord) return (int)bits.Count;
        bag.Error(Word.Place(map), "CFG132", $"'word' must be at most {WidestWord} bits, found {bits.Count}");
        return 0;
    }

    private static int ReadLatency(YamlMap map, Frequency clock, DiagnosticBag bag)
    {
        double cycles = Delay.Read(map, bag).Cycles(clock);
        if (cycles <= MostCycles) return (int)cycles;
        bag.Error(Delay.Place(map), "CFG002", $"'latency' must be at most {MostCycles} cycles, found {cycles:0}");
        return 0;
    }
}
