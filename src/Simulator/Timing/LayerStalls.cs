using System.Collections.Immutable;
using Sim.ArchModel;
using Sim.Mapper;

namespace Sim.Simulator.Timing;

/// <summary>The time of a mapping, one cause of waiting after another.</summary>
internal static class LayerStalls
{
    /// <summary>Cycles without stalls, in all, and the stalls of each cause that has any.</summary>
    public static (long Compute, long Total, ImmutableArray<Stall> Stalls) Of(Architecture architecture, Mapping mapping,
        ElementWidths widths)
    {
        int cyclesPerMac = architecture.Datapath.CyclesPerMac;
        PortTiming ports = PortTiming.Of(architecture, mapping.Grid, widths), none = PortTiming.Unlimited(cyclesPerMac);
        FoldTiming Fold(PortTiming p) => new(architecture.Array, mapping.Grid, p, cyclesPerMac);
        var stalls = new List<Stall>();
        long compute = Fold(none).Cycles, total = compute;
        void Add(string cause, long cycles)
        {
            int known = stalls.FindIndex(s => s.Cause == cause);
            if (known >= 0) stalls[known] = new Stall(cause, stalls[known].Cycles + cycles - total);
            else if (cycles != total) stalls.Add(new Stall(cause, cycles - total));
            total = cycles;
        }
        if (ports != none)
        {
            Add(ports.StepPort.ToString(), Fold(none with { Step = ports.Step }).Cycles);
            Add(ports.LoadPort.ToString(), Fold(ports with { Drain = 1 }).Cycles);
            Add(ports.DrainPort.ToString(), Fold(ports).Cycles);
        }
        if (architecture.Dram.BytesPerCycle is not { } bytes) return (compute, total, [.. stalls]);
        var rate = new BusRate(bytes, widths.PartsPerBit);
        var plan = new TransferPlan(mapping);
        long Bus(ImmutableArray<BufferPort> binding) => BusRecurrence.TotalCycles(architecture, mapping, Fold(ports), plan,
            new TransferPorts(architecture, widths, rate, binding));
        Add(LayerTiming.DramCause, Bus([]));
        ImmutableArray<BufferPort> slower = TransferPorts.SlowerThanBus(architecture, widths, rate);
        for (int i = 1; i <= slower.Length; i++) Add(slower[i - 1].ToString(), Bus(slower[..i]));
        return (compute, total, [.. stalls]);
    }
}
