using System.Collections.Immutable;

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
/// <param name="Ports">Ports of a bank.</param>
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
    /// <summary>DRAM technology (e.g. LPDDR4) for off-chip memories; null on chip.</summary>
    public string? DramKind { get; init; }

    /// <summary>Stated energy of a word read and a word written, pJ; null: the technology's price.</summary>
    public (double Read, double Write)? WordPicojoules { get; init; }
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
    /// <summary>Sharing of an input operand along the axis.</summary>
    public Sharing Of(Operand operand) => operand == Operand.Activations ? Activations : Weights;
}

/// <summary>A fan-out into equal children with named axes.</summary>
public sealed record FabricLevel(string Name, ImmutableArray<FabricAxis> Axes) : HierarchyLevel(Name);
