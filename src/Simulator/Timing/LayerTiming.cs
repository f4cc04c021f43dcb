using System.Collections.Immutable;
using Sim.Mapper;
using Sim.Workloads.Graph;

namespace Sim.Simulator.Timing;

/// <summary>Cycles that a layer waits for one cause: `dram`, or a port such as `port weights read`.</summary>
public readonly record struct Stall(string Cause, long Cycles);

/// <summary>
/// Time and actions of one layer for one sample. TotalCycles counts every cycle from the first transfer to the last (a count, not the last
/// cycle's index). ComputeCycles is what the array needs with ports and bandwidth that never bind; the rest is stalls, the first fetch and
/// the last write-back included. A cause's stalls are what the layer takes longer when, ports in the order of the buffers and the bus last,
/// it begins to bind: steps, loads, drains, then the bus, then ports slower than the bus.
/// </summary>
public sealed record LayerTiming(Mapping Mapping, long ComputeCycles, long TotalCycles, ImmutableArray<Stall> Stalls, TrafficTotals Dram,
    Ledger Ledger)
{
    /// <summary>The name of the bus among the causes.</summary>
    public const string DramCause = "dram";

    /// <summary>Cycles that ports and the shared bus could not hide.</summary>
    public long StallCycles => TotalCycles - ComputeCycles;

    /// <summary>Multiply-accumulates / (cycles · PEs), in (0, 1].</summary>
    public double Utilization => Mapping.Layer.Macs / ((double)TotalCycles * Mapping.Array.Rows * Mapping.Array.Columns);
}

/// <summary>Time and actions of one layer of the vector unit for one sample: ComputeCycles for its operations, the rest waiting for its
/// elements.</summary>
public sealed record VectorTiming(VectorLayer Layer, long ComputeCycles, long TotalCycles, ImmutableArray<Stall> Stalls, Ledger Ledger)
{
    /// <summary>Cycles that ports and the bus take longer than the operations.</summary>
    public long StallCycles => TotalCycles - ComputeCycles;
}
