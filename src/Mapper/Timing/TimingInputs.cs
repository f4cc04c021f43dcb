using Sim.ArchModel.Hierarchies;

namespace Sim.Mapper.Timing;

/// <summary>
/// Bits that one element takes where it is stored, in parts of a bit (<paramref name="PartsPerBit"/> to the bit, so that an element's share
/// of a block's scale is exact). Sum: a partial sum; Result: an output whose reduction is complete, outside the chip.
/// </summary>
public readonly record struct NestWidths(long Activation, long Weight, long Sum, long Result, long PartsPerBit = 1)
{
    /// <summary>Width of a stored element while it is worked on.</summary>
    public long Of(Operand operand) => operand switch
    {
        Operand.Activations => Activation,
        Operand.Weights => Weight,
        _ => Sum,
    };
}

/// <summary>Cycles a step of the compute units takes: Cycles / Products, e.g. 1/1, 8/1 bit-serial, 1/2 for two narrow products a
/// cycle.</summary>
public readonly record struct ComputeRate(long Cycles, long Products)
{
    /// <summary>One product a cycle.</summary>
    public static ComputeRate One { get; } = new(1, 1);

    /// <summary>Whole cycles of so many steps.</summary>
    public long Of(long steps) => checked((steps * Cycles + Products - 1) / Products);
}

/// <summary>What a stall waits for.</summary>
public enum WaitKind
{
    /// <summary>Read port of a memory.</summary>
    ReadPort,

    /// <summary>Write port of a memory.</summary>
    WritePort,

    /// <summary>Port that reads and writes share.</summary>
    SharedPort,

    /// <summary>Bandwidth of a memory, reads and writes together.</summary>
    Bus,

    /// <summary>Bandwidth of a memory for reads.</summary>
    ReadBus,

    /// <summary>Bandwidth of a memory for writes.</summary>
    WriteBus,

    /// <summary>A tile's place in a memory that is still in use.</summary>
    Buffer,

    /// <summary>Cycles from the end of a transfer until its words can be used: the latency of a memory and the hops below it.</summary>
    Latency,
}

/// <summary>A port or bus of one memory. Operand: set where a partitioned memory has ports of its own for each operand.</summary>
public sealed record TimingResource(int Level, string Memory, WaitKind Kind, Operand? Operand)
{
    /// <inheritdoc/>
    public override string ToString() => Memory + (Operand is { } o ? $" {o.ToString().ToLowerInvariant()}" : "") + Kind switch
    {
        WaitKind.ReadPort => " read port",
        WaitKind.WritePort => " write port",
        WaitKind.SharedPort => " port",
        WaitKind.Bus => " bandwidth",
        WaitKind.ReadBus => " read bandwidth",
        WaitKind.WriteBus => " write bandwidth",
        WaitKind.Latency => " latency",
        _ => " space",
    };
}

/// <summary>Cycles that the compute units waited for a resource.</summary>
public sealed record NestStall(TimingResource Resource, long Cycles);

/// <summary>Cycles in which a resource worked.</summary>
public sealed record ResourceUse(TimingResource Resource, long BusyCycles);

/// <summary>Time of one layer: Total = Compute + the stalls + Drain (after the last product: pipeline, reduction and write-back).</summary>
public sealed record NestCycles(long Total, long Compute, long Drain, System.Collections.Immutable.ImmutableArray<NestStall> Stalls,
    System.Collections.Immutable.ImmutableArray<ResourceUse> Uses)
{
    /// <summary>Cycles lost before the last product.</summary>
    public long Stalled => Total - Compute - Drain;
}
