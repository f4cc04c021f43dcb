using Sim.Mapper;
using Sim.Workloads.Graph;

namespace Sim.Simulator.Timing;

/// <summary>
/// Time and actions of one layer for one sample. TotalCycles counts every cycle from the first transfer to the last (a count, not the last
/// cycle's index).
/// ComputeCycles is what the array needs with unlimited bandwidth; the rest is stalls, the first fetch and the last write-back included.
/// </summary>
public sealed record LayerTiming(Mapping Mapping, long ComputeCycles, long TotalCycles, TrafficTotals Dram, Ledger Ledger)
{
    /// <summary>Cycles that the shared bus could not hide.</summary>
    public long StallCycles => TotalCycles - ComputeCycles;

    /// <summary>Multiply-accumulates / (cycles · PEs), in (0, 1].</summary>
    public double Utilization => Mapping.Layer.Macs / ((double)TotalCycles * Mapping.Array.Rows * Mapping.Array.Columns);
}

/// <summary>Time and actions of one layer of the vector unit for one sample.</summary>
public sealed record VectorTiming(VectorLayer Layer, long Cycles, Ledger Ledger);
