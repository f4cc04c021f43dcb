using System.Collections.Immutable;
using Sim.Datapath.Nonlinear;
using Sim.Datapath.Specs;
using Sim.Datapath.Structures;

namespace Sim.ArchModel.Costs;

/// <summary>The logic of an accelerator, priced once: parts of a PE, the accumulators below the array, output converters, vector
/// lanes.</summary>
internal sealed class PricedPe
{
    private const int MostCuts = 16;

    /// <summary>Prices the units of an architecture.</summary>
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
        Structure accumulator = PeStructure.ColumnAccumulator(datapath);
        double whole = model.Price(accumulator).DelayNanoseconds;
        // It only adds what comes down to what the buffer holds: registers inside cost area and a later end, no cycle a sum.
        int cuts = array.Dataflow == Dataflow.OutputStationary ? 0 : ClockCheck.FewestStages(whole, architecture.ClockHertz, MostCuts);
        Accumulator = model.Price(accumulator.With("partial sum pipeline register", PrimitiveKind.Register, datapath.AccumulatorBits,
            count: cuts));
        AccumulatorDelayNanoseconds = whole / (cuts + 1);
        Accumulators = array.Dataflow == Dataflow.OutputStationary ? 0 : array.Columns;
        Converter = model.Price(datapath.Accumulator.OutputConverter(datapath.Product));
        Converters = array.Columns;
        Lane = model.Price(VectorLane.Whole);
        Lanes = architecture.Vector.Lanes;
        VectorProgram program = architecture.Vector.Program;
        Functions = [.. program.Functions.Where(f => f.Structure is not null)
            .Select(f => (VectorFunctionCatalogue.NameOf(f.Kind), model.Price(f.Structure!)))];
        Requantizer = model.Price(program.DyadicBits == 0 ? Structure.Empty
            : DyadicScale.Hardware(datapath.AccumulatorBits, program.DyadicBits, datapath.Activation.Bits));
        MacDelayNanoseconds = MacLogic.DelayNanoseconds / (datapath.PipelineStages + 1);
    }

    /// <summary>Processing elements of the array.</summary>
    public long Pes { get; }

    /// <summary>Multiply-accumulate units: one a PE, or one for as many PEs as a dot unit has lanes.</summary>
    public long MacUnits { get; }

    /// <summary>Products that one operation of such a unit takes.</summary>
    public int MacsPerStep { get; }

    /// <summary>Multipliers and accumulation step of one unit.</summary>
    public StructureCost MacLogic { get; }

    /// <summary>Accumulating and pipeline registers of one unit.</summary>
    public StructureCost MacRegisters { get; }

    /// <summary>Registers of a PE that operands pass through.</summary>
    public StructureCost StreamRegisters { get; }

    /// <summary>Registers of a PE that hold the stationary operand.</summary>
    public StructureCost StationaryRegisters { get; }

    /// <summary>What moves a result out of a unit.</summary>
    public StructureCost ResultPath { get; }

    /// <summary>One accumulator below the array.</summary>
    public StructureCost Accumulator { get; }

    /// <summary>Delay of an accumulator below the array between the registers that the clock needs inside it, in ns.</summary>
    public double AccumulatorDelayNanoseconds { get; }

    /// <summary>How many of those: one a column, none in an output-stationary array.</summary>
    public int Accumulators { get; }

    /// <summary>One converter of finished sums into the output format.</summary>
    public StructureCost Converter { get; }

    /// <summary>How many of those: one a column.</summary>
    public int Converters { get; }

    /// <summary>One lane of the vector unit.</summary>
    public StructureCost Lane { get; }

    /// <summary>Lanes of the vector unit.</summary>
    public int Lanes { get; }

    /// <summary>The vector unit's functions, one lane each.</summary>
    public ImmutableArray<(string Name, StructureCost Lane)> Functions { get; }

    /// <summary>The dyadic multiplier of one lane; empty without.</summary>
    public StructureCost Requantizer { get; }

    /// <summary>Delay of a unit between two pipeline registers, in ns.</summary>
    public double MacDelayNanoseconds { get; }

    /// <summary>Every unit with its component and number of copies.</summary>
    public IEnumerable<(string Component, StructureCost Unit, long Copies)> Units =>
    [
        (ActionNames.Pe, MacLogic, MacUnits), (ActionNames.Pe, MacRegisters, MacUnits), (ActionNames.Pe, StreamRegisters, Pes),
        (ActionNames.Pe, StationaryRegisters, Pes), (ActionNames.Pe, ResultPath, MacUnits),
        (ActionNames.Accumulator, Accumulator, Accumulators), ("output_converter", Converter, Converters),
            (ActionNames.Vector, Lane, Lanes),
        .. Functions.Select(f => ($"{ActionNames.Vector}.{f.Name}", f.Lane, (long)Lanes)), (ActionNames.Vector, Requantizer, Lanes),
    ];

    /// <summary>Leakage of all units, in nW.</summary>
    public double LeakageNanowatts => Units.Sum(u => u.Unit.LeakageNanowatts * u.Copies);
}
