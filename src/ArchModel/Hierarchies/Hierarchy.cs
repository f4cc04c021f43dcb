using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies.Dram;

namespace Sim.ArchModel.Hierarchies;

/// <summary>
/// The memories and fabrics of an accelerator, outermost first, ending above the compute units. Level 0 is a memory that holds every
/// operand (the DRAM). A nest names levels by their index in this list.
/// </summary>
public sealed record Hierarchy(string Name, ImmutableArray<HierarchyLevel> Levels)
{
    /// <summary>The level of a name, or -1.</summary>
    public int IndexOf(string name)
    {
        for (int i = 0; i < Levels.Length; i++)
            if (string.Equals(Levels[i].Name, name, StringComparison.Ordinal)) return i;
        return -1;
    }

    /// <summary>Equal instances of the level at an index: places of the fabrics above it. At the length of the list: of the compute units'
    /// lanes.</summary>
    public long Instances(int level)
    {
        long instances = 1;
        for (int i = 0; i < level; i++)
            if (Levels[i] is FabricLevel fabric) instances = checked(instances * fabric.Places);
        return instances;
    }

    public bool Equals(Hierarchy? other) =>
        other is not null && Name == other.Name && Levels.AsSpan().SequenceEqual(other.Levels.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Name, Levels.Length);

    /// <summary>Memory at an index; a fabric there throws.</summary>
    public MemoryLevel Memory(int level) => (MemoryLevel)Levels[level];

    /// <summary>Fabric at an index; a memory there throws.</summary>
    public FabricLevel Fabric(int level) => (FabricLevel)Levels[level];
}

/// <summary>One entry of a hierarchy.</summary>
public abstract record HierarchyLevel(string Name);

/// <summary>What may be kept in a memory: what must be, what the mapper may choose; everything else passes by.</summary>
public enum Keeping
{
    /// <summary>The operand passes this memory by.</summary>
    Bypass,

    /// <summary>The mapper decides.</summary>
    May,

    /// <summary>The operand is always stored here.</summary>
    Must,
}

/// <summary>Access ports of each bank: read-only, write-only, and shared by both.</summary>
public readonly record struct MemoryPorts(int Read, int Write, int Shared);

/// <summary>
/// A memory. All instances of it (one for each place of the fabrics above) are equal.
/// </summary>
/// <param name="Name">Unique name.</param>
/// <param name="CapacityBits">Bits of one instance that all kept operands share; null: unlimited (DRAM) or partitioned.</param>
/// <param name="PartitionBits">Bits of one instance by operand when it is partitioned; null where it is not.</param>
/// <param name="WordBits">Width of one access.</param>
/// <param name="Banks">Equal banks working side by side; one access a bank, port and cycle.</param>
/// <param name="Ports">Ports of a bank. Of an off-chip memory so many that its bus is what binds.</param>
/// <param name="BitsPerCycle">Bandwidth of one instance over its shared bus (reads plus writes), bits a cycle; null: what its ports
/// allow.</param>
/// <param name="LatencyCycles">Cycles until the first word of a transfer from here arrives.</param>
/// <param name="BurstBits">Least bits of one transfer; 0: one word.</param>
/// <param name="Keeps">By operand.</param>
/// <param name="DoubleBuffered">By operand: two tiles fit, one is filled while the other is used.</param>
public sealed record MemoryLevel(string Name, long? CapacityBits, PerOperand<long?> PartitionBits, int WordBits, int Banks,
    MemoryPorts Ports, double? BitsPerCycle, int LatencyCycles, int BurstBits, PerOperand<Keeping> Keeps, PerOperand<bool> DoubleBuffered)
    : HierarchyLevel(Name)
{
    /// <summary>Operands whose accesses share ports: each partition has ports of its own (its operand), all that is not partitioned has
    /// common ones (null).</summary>
    public IEnumerable<Operand?> PortGroups()
    {
        bool common = false;
        for (Operand operand = Operand.Activations; operand <= Operand.Outputs; operand++)
        {
            if (PartitionBits[operand] is not null) yield return operand;
            else common = true;
        }
        if (common) yield return null;
    }

    /// <summary>The group of an operand.</summary>
    public Operand? PortGroup(Operand operand) => PartitionBits[operand] is null ? null : operand;

    /// <summary>The ports of a group in reports.</summary>
    public string PortName(Operand? group) => group is { } own ? $"{Name} {own.ToString().ToLowerInvariant()}" : Name;

    /// <summary>Bandwidth of one instance for what is read of it alone, bits a cycle; null: no limit of its own.</summary>
    public double? ReadBitsPerCycle { get; init; }

    /// <summary>Bandwidth of one instance for what is written to it alone, bits a cycle; null: no limit of its own.</summary>
    public double? WriteBitsPerCycle { get; init; }

    /// <summary>DRAM technology (e.g. LPDDR4) for off-chip memories; null on chip.</summary>
    public string? DramKind { get; init; }

    /// <summary>Banks, rows and timings of a channel of an off-chip memory; null: bandwidth, latency and burst are all that is
    /// known.</summary>
    public DramTiming? Timing { get; init; }

    /// <summary>The accelerator's clock, where <see cref="Timing"/> is known.</summary>
    public double ClockHertz { get; init; }

    /// <summary>Channels of it that work side by side.</summary>
    public int Channels { get; init; } = 1;

    /// <summary>Costs stated by hand, pJ a word; what is null is the technology's.</summary>
    public StatedCosts Stated { get; init; } = StatedCosts.None;

    /// <summary>Stated energy of a word read and a word written, pJ; null: the technology's price.</summary>
    public (double Read, double Write)? WordPicojoules
    {
        get => Stated is { Read: { } read, Write: { } write } ? (read, write) : null;
        init => Stated = Stated with { Read = value?.Read, Write = value?.Write };
    }
}

/// <summary>How operands travel along an axis of a fabric.</summary>
public enum Sharing
{
    /// <summary>Every place along the axis is served on its own.</summary>
    None,

    /// <summary>One read feeds every place along the axis that needs the same word at that step.</summary>
    Multicast,

    /// <summary>As multicast in counts, but the word passes from neighbour to neighbour, one hop a cycle.</summary>
    Systolic,
}

/// <summary>How partial sums along an axis come together before they go up.</summary>
public enum Reduction
{
    /// <summary>Every place writes its own.</summary>
    None,

    /// <summary>Added from neighbour to neighbour in order of position.</summary>
    Chain,

    /// <summary>A balanced tree of adders.</summary>
    Tree,
}

/// <summary>An axis of a fabric: places along it, and how words are shared and sums combined along it.</summary>
public sealed record FabricAxis(string Name, int Size, Sharing Activations, Sharing Weights, Reduction Outputs)
{
    /// <summary>Whether only summed dimensions may run along it: lanes of a dot unit, whose products always end in one sum.</summary>
    public bool SumsOnly { get; init; }

    /// <summary>Sharing of an input operand along the axis.</summary>
    public Sharing Of(Operand operand) => operand == Operand.Activations ? Activations : Weights;
}

/// <summary>A fan-out into equal children with named axes.</summary>
public sealed record FabricLevel(string Name, ImmutableArray<FabricAxis> Axes) : HierarchyLevel(Name)
{
    /// <summary>Cycles of one hop from neighbour to neighbour along a systolic axis or a chain of sums.</summary>
    public int HopCycles { get; init; } = 1;

    /// <summary>Costs stated by hand, pJ a bit and hop; what is null is the technology's.</summary>
    public StatedCosts Stated { get; init; } = StatedCosts.None;

    /// <summary>Whether these are the lanes of a dot unit, which the compute units' structure holds already.</summary>
    public bool IsLanes => Axes.Length == 1 && Axes[0].SumsOnly;

    /// <summary>Places: the product of the axes' sizes; overflow throws.</summary>
    public long Places => Axes.Aggregate(1L, (places, axis) => checked(places * axis.Size));

    public bool Equals(FabricLevel? other) => other is not null && Name == other.Name && Axes.AsSpan().SequenceEqual(other.Axes.AsSpan())
        && HopCycles == other.HopCycles && Stated == other.Stated;

    public override int GetHashCode() => HashCode.Combine(Name, Axes.Length, HopCycles);
}
