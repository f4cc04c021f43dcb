using Sim.ArchModel;
using Sim.Datapath.Nonlinear;
using Sim.Mapper;
using Sim.Simulator.Execution;
using Sim.Workloads.Graph;

namespace Sim.Simulator.Timing;

/// <summary>
/// A layer of the vector unit: its elements stream from DRAM through the buffer of the activations, past the lanes, and back the same way,
/// at the activations' width. Everything overlaps, so it takes as long as the slowest: ⌈operations / lanes⌉, words over banks of either
/// port, bits over the bus. A double buffer has ports for bus and unit, of a single one they share the words. A fused layer takes its
/// elements from the layer before and moves none of its own.
/// </summary>
internal static class VectorTimes
{
    public static VectorTiming Of(Architecture architecture, VectorLayer layer)
    {
        var ledger = new Ledger();
        if (VectorOperators.Find(architecture.Vector.Program, layer.OpType) is { } function)
            ledger.Add(ActionNames.Vector, VectorFunctionCatalogue.NameOf(function.Kind), layer.OutputElements);
        else if (!layer.IsMove)
            ledger.Add(ActionNames.Vector, ActionNames.VectorOp, layer.Operations);
        long compute = Ceiling(layer.Operations, architecture.Vector.Lanes), total = compute;
        if (layer.IsFused) return new VectorTiming(layer, compute, compute, [], ledger);

        ElementWidths widths = ElementWidths.Of(architecture.Datapath);
        BufferLevel buffer = BufferFit.Keeper(architecture.Buffers, Operands.Activations);
        long read = layer.InputElements, written = layer.OutputElements;
        ledger.Add(buffer.Name, ActionNames.WriteOf(Operands.Activations), read + written);
        ledger.Add(buffer.Name, ActionNames.ReadOf(Operands.Activations), read + written);
        ledger.Add(ActionNames.Dram, ActionNames.ReadBits, widths.Bits(read * widths.Activation));
        ledger.Add(ActionNames.Dram, ActionNames.WriteBits, widths.Bits(written * widths.Activation));

        var stalls = new List<Stall>();
        void Take(string cause, long cycles)
        {
            if (cycles <= total) return;
            stalls.Add(new Stall(cause, cycles - total));
            total = cycles;
        }
        bool hasBus = architecture.Dram.BytesPerCycle is not null;
        long Port(long ofUnit, long ofBus)
        {
            long unit = TransferPorts.Words(buffer, ofUnit, widths.Activation, widths),
                bus = hasBus ? TransferPorts.Words(buffer, ofBus, widths.Activation, widths) : 0;
            return Ceiling(buffer.DoubleBuffered ? Math.Max(unit, bus) : unit + bus, buffer.Banks);
        }
        Take(new BufferPort(buffer.Name, false).ToString(), Port(read, written));
        Take(new BufferPort(buffer.Name, true).ToString(), Port(written, read));
        if (architecture.Dram.BytesPerCycle is { } bytes)
            Take(LayerTiming.DramCause, new BusRate(bytes, widths.PartsPerBit).Cycles((read + written) * widths.Activation));
        return new VectorTiming(layer, compute, total, [.. stalls], ledger);
    }

    private static long Ceiling(long dividend, long divisor) => (dividend + divisor - 1) / divisor;
}
