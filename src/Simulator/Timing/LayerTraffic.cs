using System.Collections.Immutable;
using Sim.ArchModel;
using Sim.Mapper;
using Sim.Workloads.Graph;

namespace Sim.Simulator.Timing;

/// <summary>What a layer reads of an operand from a memory (`dram` or a buffer) and writes to it, in bytes, the last begun one
/// counted.</summary>
public readonly record struct MemoryTraffic(string Memory, string Operand, long ReadBytes, long WriteBytes);

/// <summary>Bytes of a layer, by memory and operand.</summary>
internal static class LayerTraffic
{
    /// <summary>Of a matrix layer.</summary>
    public static ImmutableArray<MemoryTraffic> Of(Architecture architecture, LayerTiming timing)
    {
        ElementWidths widths = ElementWidths.Of(architecture.Datapath);
        TrafficTotals dram = timing.Dram;
        var traffic = new List<MemoryTraffic>
        {
            new(ActionNames.Dram, "activations", Bytes(widths, dram.Activations * widths.Activation), 0),
            new(ActionNames.Dram, "weights", Bytes(widths, dram.Weights * widths.Weight), 0),
            new(ActionNames.Dram, "outputs", Bytes(widths, dram.SumsRead * widths.Sum),
                Bytes(widths, dram.Outputs * widths.Output + dram.SumsWritten * widths.Sum)),
        };
        traffic.AddRange(OfBuffers(architecture, timing.Ledger, widths));
        return [.. traffic.Where(t => t.ReadBytes + t.WriteBytes > 0)];
    }

    /// <summary>Of a layer of the vector unit.</summary>
    public static ImmutableArray<MemoryTraffic> Of(Architecture architecture, VectorTiming timing)
    {
        if (timing.Layer.IsFused) return [];
        ElementWidths widths = ElementWidths.Of(architecture.Datapath);
        return
        [
            new(ActionNames.Dram, "activations", Bytes(widths, timing.Layer.InputElements * widths.Activation), 0),
            new(ActionNames.Dram, "outputs", 0, Bytes(widths, timing.Layer.OutputElements * widths.Activation)),
            .. OfBuffers(architecture, timing.Ledger, widths),
        ];
    }

    /// <summary>The least that any mapping moves over the bus: every element that is needed or made, once.</summary>
    public static long Compulsory(Architecture architecture, GemmLayer layer)
    {
        ElementWidths widths = ElementWidths.Of(architecture.Datapath);
        long inputs = Math.Min(layer.InputElements, layer.Groups * new InputFootprint(layer).Whole(layer.M, layer.K));
        return Bytes(widths, inputs * widths.Activation + layer.SecondElements * widths.Weight + layer.OutputElements * widths.Output);
    }

    private static IEnumerable<MemoryTraffic> OfBuffers(Architecture architecture, Ledger ledger, ElementWidths widths)
    {
        foreach (BufferLevel buffer in architecture.Buffers)
            foreach (Operands operand in ActionNames.SingleOperands.Where(o => buffer.Keeps.HasFlag(o)))
            {
                bool sums = operand == Operands.Outputs;
                long read = ledger[buffer.Name, ActionNames.ReadOf(operand)]
                    + (sums ? ledger[ActionNames.Accumulator, ActionNames.Read] : 0);
                long written = ledger[buffer.Name, ActionNames.WriteOf(operand)]
                    + (sums ? ledger[ActionNames.Accumulator, ActionNames.Write] : 0);
                int width = sums ? widths.Sum : widths.OfInput(operand);
                if (read + written > 0)
                    yield return new(buffer.Name, ActionNames.NameOf(operand), Bytes(widths, read * width), Bytes(widths, written * width));
            }
    }

    private static long Bytes(ElementWidths widths, long parts) => (widths.Bits(parts) + 7) / 8;
}
