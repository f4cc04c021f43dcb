using System.Collections.Immutable;
using Sim.Datapath.Nonlinear;
using Sim.Datapath.Specs;
using Sim.Datapath.Structures;

namespace Sim.ArchModel.Costs;

/// <summary>The logic of an accelerator, priced once: parts of a PE, the accumulators below the array, output converters, vector lanes.</summary>
internal sealed class PricedPe
{
    public PricedPe(Architecture architecture, CostModel model)
    {
        DatapathSpec datapath = architecture.Datapath;
        PeArray array = architecture.Array;
        Pes = (long)array.Rows * array.Columns;
        MacUnits = Pes / datapath.Lanes;
        MacsPerStep = datapath.Lanes;
        MacLogic = model.Price(datapath.MacLogic);
        MacRegisters = model.Price(datapath.MacRegisters);
        StreamRegisters = model.Price(PeStructure.StreamRegisters(datapath, array.Dataflow));
        StationaryRegisters = model.Price(PeStructure.StationaryRegisters(datapath, array));
        ResultPath = model.Price(PeStructure.ResultPath(datapath, array));
        Accumulator = model.Price(PeStructure.ColumnAccumulator(datapath));
        Accumulators = array.Dataflow == Dataflow.OutputStationary ? 0 : array.Columns;
        Converter = model.Price(datapath.Accumulator.OutputConverter(datapath.Product));
        Converters = array.Columns;
        Lane = model.Price(VectorLane.Whole);
        Lanes = architecture.Vector.Lanes;
        VectorProgram program = architecture.Vector.Program;
        Functions = [.. program.Functions.Where(f => f.Structure is not null).Select(f => (VectorFunctionCatalogue.NameOf(f.Kind), model.Price(f.Structure!)))];
        Requantizer = model.Price(program.DyadicBits == 0 ? Structure.Empty : DyadicScale.Hardware(datapath.AccumulatorBits, program.DyadicBits, datapath.Activation.Bits));
        MacDelayNanoseconds = MacLogic.DelayNanoseconds / (datapath.PipelineStages + 1);
    }

    public long Pes { get; }

    /// <summary>Multiply-accumulate units: one a PE, or one for as many PEs as a dot unit has lanes.</summary>
    public long MacUnits { get; }

    /// <summary>Products that one operation of such a unit takes.</summary>
    public int MacsPerStep { get; }
    public StructureCost MacLogic { get; }
    public StructureCost MacRegisters { get; }
    public StructureCost StreamRegisters { get; }
    public StructureCost StationaryRegisters { get; }
    public StructureCost ResultPath { get; }
    public StructureCost Accumulator { get; }
    public int Accumulators { get; }
    public StructureCost Converter { get; }
    public int Converters { get; }
    public StructureCost Lane { get; }
    public int Lanes { get; }

    /// <summary>The vector unit's functions, one lane each.</summary>
    public ImmutableArray<(string Name, StructureCost Lane)> Functions { get; }

    /// <summary>The dyadic multiplier of one lane; empty without.</summary>
    public StructureCost Requantizer { get; }
    public double MacDelayNanoseconds { get; }

    /// <summary>Every unit with its component and number of copies.</summary>
    public IEnumerable<(string Component, StructureCost Unit, long Copies)> Units =>
    [
        (ActionNames.Pe, MacLogic, MacUnits), (ActionNames.Pe, MacRegisters, MacUnits), (ActionNames.Pe, StreamRegisters, Pes),
        (ActionNames.Pe, StationaryRegisters, Pes), (ActionNames.Pe, ResultPath, MacUnits),
        (ActionNames.Accumulator, Accumulator, Accumulators), ("output_converter", Converter, Converters), (ActionNames.Vector, Lane, Lanes),
        .. Functions.Select(f => ($"{ActionNames.Vector}.{f.Name}", f.Lane, (long)Lanes)), (ActionNames.Vector, Requantizer, Lanes),
    ];

    public double LeakageNanowatts => Units.Sum(u => u.Unit.LeakageNanowatts * u.Copies);
}
