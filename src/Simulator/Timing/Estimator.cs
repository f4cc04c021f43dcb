using System.Collections.Immutable;
using Sim.ArchModel;
using Sim.Datapath.Nonlinear;
using Sim.Mapper;
using Sim.Simulator.Execution;
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

    /// <summary>Time of an elementwise layer: ⌈operations / lanes⌉ cycles, its operands passing through without a transfer of their
    /// own.</summary>
    public static VectorTiming Estimate(Architecture architecture, VectorLayer layer)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        ArgumentNullException.ThrowIfNull(layer);
        var ledger = new Ledger();
        if (VectorOperators.Find(architecture.Vector.Program, layer.OpType) is { } function)
            ledger.Add(ActionNames.Vector, VectorFunctionCatalogue.NameOf(function.Kind), layer.OutputElements);
        else
            ledger.Add(ActionNames.Vector, ActionNames.VectorOp, layer.Operations);
        long lanes = architecture.Vector.Lanes;
        return new VectorTiming(layer, (layer.Operations + lanes - 1) / lanes, ledger);
    }
}
