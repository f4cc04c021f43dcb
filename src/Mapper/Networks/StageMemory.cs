using Sim.ArchModel.Hierarchies;

namespace Sim.Mapper.Networks;

/// <summary>
/// The memories next to DRAM, where layers' tiles and tensors that stay lie. Finished results are activations: they stay where
/// activations are kept. Of a memory below a fabric all instances count together.
/// </summary>
/// <param name="Level">The memory that keeps activations, by index in the hierarchy.</param>
/// <param name="RoomBits">Its bits for activations: shared with the operands of <paramref name="Shares"/>.</param>
/// <param name="Shares">Whether an operand's tiles lie in the same bits as activations.</param>
/// <param name="OwnBits">Bits of an operand that does not share; those that share a memory with each other count together.</param>
/// <param name="Levels">The memory of each operand.</param>
/// <param name="DoubleBuffered">Whether a tile and the next one lie there at once.</param>
public sealed record StageMemory(int Level, long RoomBits, PerOperand<bool> Shares, PerOperand<long> OwnBits, PerOperand<int> Levels,
    PerOperand<bool> DoubleBuffered)
{
    /// <summary>The stage of a hierarchy; otherwise which operand no memory on the chip keeps.</summary>
    public static (StageMemory? Stage, string? Problem) Of(Hierarchy hierarchy)
    {
        ArgumentNullException.ThrowIfNull(hierarchy);
        PerOperand<int> levels = PerOperand.Of(o => Enumerable.Range(1, hierarchy.Levels.Length - 1)
            .FirstOrDefault(i => hierarchy.Levels[i] is MemoryLevel m && m.Keeps[o] != Keeping.Bypass, -1));
        foreach (Operand operand in Enum.GetValues<Operand>())
            if (levels[operand] < 0) return (null, $"no memory on the chip keeps {Nests.OperandNames.Of(operand)}");
        (int, bool) Pool(Operand o) => (levels[o], hierarchy.Memory(levels[o]).PartitionBits[o] is not null);
        PerOperand<bool> shares = PerOperand.Of(o => o == Operand.Activations
            || (Pool(o) == Pool(Operand.Activations) && !Pool(o).Item2));
        PerOperand<long> bits = PerOperand.Of(o => Bits(hierarchy, levels[o], o));
        return (new(levels.Activations, bits.Activations, shares, bits, levels,
            PerOperand.Of(o => hierarchy.Memory(levels[o]).DoubleBuffered[o]))
            {
                WeightsWithOutputs = !shares.Weights && !shares.Outputs && Pool(Operand.Weights) == Pool(Operand.Outputs)
                    && !Pool(Operand.Weights).Item2,
            }, null);
    }

    /// <summary>Whether weights and outputs share a memory in which no activations lie.</summary>
    public bool WeightsWithOutputs { get; init; }

    private static long Bits(Hierarchy hierarchy, int level, Operand operand)
    {
        MemoryLevel memory = hierarchy.Memory(level);
        long each = memory.PartitionBits[operand] ?? memory.CapacityBits ?? long.MaxValue / (1L << 24);
        return (long)Int128.Min((Int128)each * hierarchy.Instances(level), long.MaxValue / 4);
    }

    /// <summary>Bits that tiles take beside the tensors that stay; null: one does not fit its own memory.</summary>
    public long? Room(long activations, long weights, long outputs)
    {
        (long w, long o) = (Shares.Weights ? 0 : weights, Shares.Outputs ? 0 : outputs);
        if (w > OwnBits.Weights || o > OwnBits.Outputs) return null;
        if (WeightsWithOutputs && w + o > OwnBits.Weights) return null;
        return checked(activations + (Shares.Weights ? weights : 0) + (Shares.Outputs ? outputs : 0));
    }
}
