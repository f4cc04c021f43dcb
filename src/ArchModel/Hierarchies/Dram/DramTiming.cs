using Sim.Foundation;

namespace Sim.ArchModel.Hierarchies.Dram;

/// <summary>
/// One channel of an off-chip memory as banks and rows; every number with its source. Times are picoseconds.
/// </summary>
/// <param name="Name">Name for reports, e.g. `DDR4-2400`.</param>
/// <param name="BusBits">Data lines of the channel.</param>
/// <param name="TransfersPerSecond">Transfers of the bus a second (two a clock of the bus).</param>
/// <param name="BurstLength">Transfers of one access.</param>
/// <param name="Banks">Banks that hold a row open each.</param>
/// <param name="RowBytes">Bytes of an open row over all devices of the channel.</param>
/// <param name="RowToColumn">tRCD: a row opens until its columns can be read.</param>
/// <param name="Precharge">tRP: an open row closes.</param>
/// <param name="ColumnLatency">tCL (or RL): a column is read until its first data.</param>
/// <param name="RowActive">tRAS: least time that a row stays open.</param>
/// <param name="RefreshCycle">tRFC: all banks refresh.</param>
/// <param name="RefreshInterval">tREFI: from one refresh to the next.</param>
/// <param name="RowToRow">tRRD: between openings of two banks.</param>
/// <param name="FourRows">tFAW: window in which at most four rows open.</param>
public sealed record DramTiming(string Name, Sourced<int> BusBits, Sourced<double> TransfersPerSecond, Sourced<int> BurstLength,
    Sourced<int> Banks, Sourced<int> RowBytes, Sourced<long> RowToColumn, Sourced<long> Precharge, Sourced<long> ColumnLatency,
    Sourced<long> RowActive, Sourced<long> RefreshCycle, Sourced<long> RefreshInterval, Sourced<long> RowToRow, Sourced<long> FourRows)
{
    /// <summary>Bytes of one access.</summary>
    public int BurstBytes => BusBits.Value * BurstLength.Value / 8;

    /// <summary>Time that the bus is busy with one access.</summary>
    public long BurstPicoseconds => (long)Math.Round(BurstLength.Value * 1e12 / TransfersPerSecond.Value);

    /// <summary>Most bytes a second.</summary>
    public double PeakBytesPerSecond => BusBits.Value / 8.0 * TransfersPerSecond.Value;

    /// <summary>What a refresh takes from the data: rows close, all banks refresh, a row opens again.</summary>
    public long RefreshPause => Precharge.Value + RefreshCycle.Value + RowToColumn.Value;

    /// <summary>From a request for a closed row to its first data.</summary>
    public long FirstDataPicoseconds => RowToColumn.Value + ColumnLatency.Value;
}
