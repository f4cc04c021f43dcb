using Sim.ArchModel;
using Sim.Mapper;

namespace Sim.Simulator.Timing;

/// <summary>
/// Completion time of a layer on a bus of finite bandwidth: a recurrence over units, not over cycles. The bus serves one queue of transfers
/// in program order (<see cref="TransferPorts"/> says how long each); for unit u the queue holds the inputs of unit u + p (stationary tile,
/// row operand, column operand), the results of unit u − 1, the spilled partial sums of unit u, where p = 1 when every input buffer is
/// double and 0 else. Times are those of the corner PE (buffers are read unskewed, triangular registers skew the lanes). With S(u) the
/// start of unit u, T(u) the cycles of its steps, load, gap, tail and result bus as in <see cref="FoldTiming"/>, slots = 2 for a double buffer, 1
/// else:
/// <code>
/// input transfer begins ≥ S(v) + T(v)          v: last unit that reads what is overwritten (slots units, tiles or groups earlier)
/// stationary transfer begins ≥ L(g) + load     g: fold, slots earlier
/// result transfer begins ≥ F(u) = S(u) + T(u) + R + C − 2 + tail
/// L(f) ≥ its tile's arrival; ≥ S(last of f−1) + T + gap, or with OverlapWeightLoad ≥ S(first of f−1) + step − cycles of a product
/// S(u) ≥ arrival of inputs and partial sums; ≥ end of the write-back that frees its result slot; ≥ S(u−1) + T(u−1) [+ gap between folds];
///        ≥ L(f) + load at a fold's first unit; ≥ S(last of f−1) + result bus at an output-stationary fold's last unit
/// </code>
/// A single buffer that keeps outputs has one set of ports, for which bus and array take turns in program order: fills of an input in it
/// begin ≥ F of the last unit with results; loads from it and units that read it begin after the results before them are written.
/// Every right side grows with every duration and gap, so more bandwidth, wider ports or more overlap is never slower.
/// </summary>
internal static class BusRecurrence
{
    /// <summary>Cycles until the last result is computed and written back.</summary>
    public static long TotalCycles(Architecture architecture, Mapping mapping, FoldTiming fold, TransferPlan plan, TransferPorts ports)
    {
        var units = new BusUnits<PlainMoment>(mapping, fold, plan, ports, new BufferSlots(architecture, mapping), new Choices());
        new BusLoops<PlainMoment>(plan, mapping.Grid, units).Run();
        return Math.Max(units.State[When.BusFree].Value, units.State[When.Finished].Value);
    }
}
