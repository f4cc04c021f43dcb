using System.Collections.Immutable;
using Sim.ArchModel;

namespace Sim.Mapper;

/// <summary>What an operand takes of its buffer, in parts of a bit (<see cref="ElementWidths"/>): something fixed and something for each
/// stream step of a unit.</summary>
public readonly record struct Occupancy(long Fixed, long PerStep);

/// <summary>The buffers of an architecture as the mapper sees them: usable room and who keeps what.</summary>
public sealed class BufferFit(ImmutableArray<BufferLevel> buffers, int partsPerBit = 1)
{
    /// <summary>Bits of a buffer that one unit may use: half when the other half is being filled.</summary>
    public static long UsableBits(BufferLevel buffer) => buffer.CapacityBytes * 8 / (buffer.DoubleBuffered ? 2 : 1);

    /// <summary>The most stream steps, up to <paramref name="length"/>, that fit beside the fixed parts in every buffer; 0 when not even
    /// one does.</summary>
    public int LargestTile(int length, Func<Operands, Occupancy> occupancy)
    {
        long tile = length;
        foreach (BufferLevel buffer in buffers)
        {
            Occupancy sum = Sum(buffer, occupancy);
            long free = UsableBits(buffer) * partsPerBit - sum.Fixed;
            if (free < sum.PerStep) return 0;
            if (sum.PerStep > 0) tile = Math.Min(tile, free / sum.PerStep);
        }
        return (int)tile;
    }

    /// <summary>Every buffer that cannot hold one stream step beside the fixed parts.</summary>
    public ImmutableArray<MappingProblem> Problems(string layer, PeArray array, Func<Operands, Occupancy> occupancy)
    {
        var problems = ImmutableArray.CreateBuilder<MappingProblem>();
        foreach (BufferLevel buffer in buffers)
        {
            Occupancy sum = Sum(buffer, occupancy);
            long needed = (sum.Fixed + sum.PerStep + partsPerBit - 1) / partsPerBit;
            if (needed <= UsableBits(buffer)) continue;
            long neededBytes = (needed + 7) / 8, available = UsableBits(buffer) / 8;
            problems.Add(new MappingProblem(layer, buffer.Name, neededBytes, available,
                $"layer '{layer}': buffer '{buffer.Name}' is too small for one fold of the {array.Rows} x {array.Columns} array: {neededBytes} bytes are needed, " +
                $"{available} are available{(buffer.DoubleBuffered ? " (half of a double buffer)" : "")}"));
        }
        return problems.ToImmutable();
    }

    /// <summary>The buffer that keeps an operand.</summary>
    public static BufferLevel Keeper(ImmutableArray<BufferLevel> buffers, Operands operand) =>
        buffers.FirstOrDefault(b => b.Keeps.HasFlag(operand))
            ?? throw new ArgumentException($"no buffer keeps the {ActionNames.NameOf(operand)}", nameof(buffers));

    private static Occupancy Sum(BufferLevel buffer, Func<Operands, Occupancy> occupancy)
    {
        long constant = 0, perStep = 0;
        foreach (Operands operand in ActionNames.SingleOperands)
        {
            if (!buffer.Keeps.HasFlag(operand)) continue;
            (long f, long s) = occupancy(operand);
            (constant, perStep) = (constant + f, perStep + s);
        }
        return new Occupancy(constant, perStep);
    }
}
