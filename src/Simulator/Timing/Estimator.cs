using System.Collections.Immutable;
using Sim.ArchModel;
using Sim.Mapper;
using Sim.Workloads.Graph;

namespace Sim.Simulator.Timing;

/// <summary>
/// Cycles and actions of a layer without stepping cycles: the closed form of <see cref="FoldTiming"/> when bandwidth is unlimited, else the
/// recurrence of
/// <see cref="BusRecurrence"/>; actions are closed forms always. <c>Machine</c> states the same design a second time, cycle by cycle.
/// </summary>
public static class Estimator
{
    /// <summary>Maps and times a layer; throws <see cref="MappingException"/> when it does not fit.</summary>
    public static LayerTiming Estimate(Architecture architecture, GemmLayer layer) =>
        Estimate(architecture, LayerMapper.Map(architecture, layer).Required);

    /// <summary>Times a mapping.</summary>
    public static LayerTiming Estimate(Architecture architecture, Mapping mapping)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        ArgumentNullException.ThrowIfNull(mapping);
        ElementWidths widths = ElementWidths.Of(architecture.Datapath);
        TrafficTotals dram = new DramTraffic(mapping.Layer, mapping.Grid)
            .Totals(mapping.Activations, mapping.Weights, mapping.Outputs, mapping.StreamTile);
        (long compute, long total, ImmutableArray<Stall> stalls) = LayerStalls.Of(architecture, mapping, widths);
        return new LayerTiming(mapping, compute, total, stalls, dram, ActionCounts.Of(architecture, mapping, dram, widths));
    }

    /// <summary>Time of a layer of the vector unit.</summary>
    public static VectorTiming Estimate(Architecture architecture, VectorLayer layer)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        ArgumentNullException.ThrowIfNull(layer);
        return VectorTimes.Of(architecture, layer);
    }
}
