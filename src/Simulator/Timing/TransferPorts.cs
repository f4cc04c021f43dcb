using System.Collections.Immutable;
using Sim.ArchModel;
using Sim.Mapper;

namespace Sim.Simulator.Timing;

/// <summary>
/// How long the bus takes for a transfer: what its rate and the ports at its on-chip end need, whichever is more. A double buffer fills and
/// empties through the ports of the half that the array does not use.
/// </summary>
/// <param name="architecture">Whose buffers.</param>
/// <param name="widths">Of the elements.</param>
/// <param name="rate">Of the bus.</param>
/// <param name="binding">Ports that count; others never delay a transfer.</param>
internal sealed class TransferPorts(Architecture architecture, ElementWidths widths, BusRate rate, ImmutableArray<BufferPort> binding)
{
    private readonly BufferLevel _activations = BufferFit.Keeper(architecture.Buffers, Operands.Activations),
        _weights = BufferFit.Keeper(architecture.Buffers, Operands.Weights),
        _outputs = BufferFit.Keeper(architecture.Buffers, Operands.Outputs);

    /// <summary>Every port that is slower than the bus for some operand, in the order of the buffers, read before write.</summary>
    public static ImmutableArray<BufferPort> SlowerThanBus(Architecture architecture, ElementWidths widths, BusRate rate)
    {
        var slower = ImmutableArray.CreateBuilder<BufferPort>();
        foreach (BufferLevel buffer in architecture.Buffers)
        {
            bool Slow(int onBus, int onChip)
            {
                (long elements, long words) = Packing(buffer, onChip, widths);
                return !rate.IsAtMost(elements * buffer.Banks * onBus, words);
            }
            bool outputs = buffer.Keeps.HasFlag(Operands.Outputs);
            if (outputs && (Slow(widths.Output, widths.Sum) || Slow(widths.Sum, widths.Sum))) slower.Add(new(buffer.Name, false));
            if (buffer.Keeps.HasFlag(Operands.Activations) && Slow(widths.Activation, widths.Activation)
                || buffer.Keeps.HasFlag(Operands.Weights) && Slow(widths.Weight, widths.Weight)
                || outputs && Slow(widths.Sum, widths.Sum)) slower.Add(new(buffer.Name, true));
        }
        return slower.ToImmutable();
    }

    /// <summary>Cycles to bring in elements of an input.</summary>
    public long Fill(Operands operand, long elements) =>
        Cycles(operand == Operands.Activations ? _activations : _weights, true, elements, widths.OfInput(operand), widths.OfInput(operand));

    /// <summary>Cycles to bring partial sums back.</summary>
    public long FillSums(long elements) => Cycles(_outputs, true, elements, widths.Sum, widths.Sum);

    /// <summary>Cycles to write results, or partial sums, to DRAM.</summary>
    public long Empty(long elements, bool final) => Cycles(_outputs, false, elements, final ? widths.Output : widths.Sum, widths.Sum);

    /// <summary>Words that so many elements fill.</summary>
    public static long Words(BufferLevel buffer, long elements, int width, ElementWidths widths)
    {
        (long held, long words) = Packing(buffer, width, widths);
        return (elements + held - 1) / held * words;
    }

    // A word holds ⌊port / element⌋ elements; a wider element takes several words.
    private static (long Elements, long Words) Packing(BufferLevel buffer, int width, ElementWidths widths)
    {
        long port = (long)buffer.PortBits * widths.PartsPerBit;
        return width <= port ? (port / width, 1) : (1, (width + port - 1) / port);
    }

    private long Cycles(BufferLevel buffer, bool writes, long elements, int widthOnBus, int widthOnChip)
    {
        if (elements == 0) return 0;
        long bus = rate.Cycles(elements * widthOnBus);
        if (binding.IsEmpty || !binding.Contains(new BufferPort(buffer.Name, writes))) return bus;
        return Math.Max(bus, (Words(buffer, elements, widthOnChip, widths) + buffer.Banks - 1) / buffer.Banks);
    }
}
