using Sim.Datapath.Specs;
using Sim.Datapath.Structures;

namespace Sim.ArchModel.Costs;

/// <summary>The registers that a processing element has beside its MAC, by dataflow, and the unit that adds partial sums below the
/// array.</summary>
public static class PeStructure
{
    /// <summary>Registers that pass streamed operands on: both operands when output-stationary, else the one that is not kept.</summary>
    public static Structure StreamRegisters(DatapathSpec datapath, Dataflow dataflow) => Structure.Empty
        .With("activation register", PrimitiveKind.Register, dataflow == Dataflow.InputStationary ? 0 : datapath.Activation.Bits)
        .With("weight register", PrimitiveKind.Register, dataflow == Dataflow.WeightStationary ? 0 : datapath.Weight.Bits);

    /// <summary>Registers that keep the stationary operand; twice when the next one is loaded meanwhile. Output-stationary has none (the
    /// accumulator stays).</summary>
    public static Structure StationaryRegisters(DatapathSpec datapath, PeArray array) =>
        array.Dataflow == Dataflow.OutputStationary ? Structure.Empty
        : Structure.Empty.With("stationary register", PrimitiveKind.Register, StationaryBits(datapath, array.Dataflow),
            count: array.OverlapWeightLoad ? 2 : 1);

    /// <summary>
    /// Output-stationary: results leave through the accumulators of the PEs below, which needs a multiplexer; when the drain overlaps the
    /// next fold, a second register.
    /// </summary>
    public static Structure ResultPath(DatapathSpec datapath, PeArray array) =>
        array.Dataflow != Dataflow.OutputStationary ? Structure.Empty
        : Structure.Empty.With("drain multiplexer", PrimitiveKind.Mux, datapath.AccumulatorBits)
            .With("drain register", PrimitiveKind.Register, array.OverlapDrain ? datapath.AccumulatorBits : 0);

    /// <summary>Everything in one PE.</summary>
    public static Structure Whole(DatapathSpec datapath, PeArray array) =>
        datapath.MacLogic + datapath.MacRegisters + StreamRegisters(datapath, array.Dataflow) + StationaryRegisters(datapath, array)
            + ResultPath(datapath, array);

    /// <summary>One accumulator below a column: adds a partial sum of a K fold to the running one.</summary>
    public static Structure ColumnAccumulator(DatapathSpec datapath) =>
        datapath.Accumulator.Combine(datapath.Product).With("partial sum register", PrimitiveKind.Register, datapath.AccumulatorBits);

    private static int StationaryBits(DatapathSpec datapath, Dataflow dataflow) =>
        dataflow == Dataflow.WeightStationary ? datapath.Weight.Bits : datapath.Activation.Bits;
}
