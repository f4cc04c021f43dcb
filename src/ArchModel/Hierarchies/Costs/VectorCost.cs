using System.Collections.Immutable;
using Sim.ArchModel.Costs;
using Sim.Datapath.Nonlinear;
using Sim.Datapath.Structures;

namespace Sim.ArchModel.Hierarchies.Costs;

/// <summary>The elementwise unit and the converters of finished sums before it, one a lane.</summary>
internal sealed class VectorCost
{
    private readonly ImmutableArray<(string Component, StructureCost Unit)> _units;
    private readonly int _lanes;

    /// <summary>Prices the unit; <paramref name="tell"/> takes functions without a circuit.</summary>
    public VectorCost(HierarchicalArchitecture architecture, CostModel model, Action<string> tell)
    {
        VectorProgram program = architecture.Vector.Program;
        foreach (VectorFunction function in program.Functions.Where(f => f.Structure is null))
            tell($"the vector unit's {VectorFunctionCatalogue.NameOf(function.Kind)} '{function.Text}' is a definition without a "
                + "circuit, so it "
                + "has no price; formats of at most 16 bits have one (a table), and so have pwl, pade, ibert and ivit");
        _lanes = architecture.Vector.Lanes;
        Lane = model.Price(VectorLane.Whole);
        Functions = [.. program.Functions.Where(f => f.Structure is not null)
            .Select(f => (VectorFunctionCatalogue.NameOf(f.Kind), model.Price(f.Structure!)))];
        StructureCost requantizer = model.Price(program.DyadicBits == 0 ? Structure.Empty
            : DyadicScale.Hardware(architecture.Datapath.AccumulatorBits, program.DyadicBits, architecture.Datapath.Activation.Bits));
        _units =
        [
            ("output_converter", model.Price(architecture.Datapath.Accumulator.OutputConverter(architecture.Datapath.Product))),
            (ActionNames.Vector, Lane), .. Functions.Select(f => ($"{ActionNames.Vector}.{f.Name}", f.Lane)),
            (ActionNames.Vector, requantizer),
        ];
    }

    /// <summary>One lane.</summary>
    public StructureCost Lane { get; }

    /// <summary>Functions that are not float32, one lane each.</summary>
    public ImmutableArray<(string Name, StructureCost Lane)> Functions { get; }

    /// <summary>Leakage of everything.</summary>
    public double LeakageNanowatts => _units.Sum(u => u.Unit.LeakageNanowatts) * _lanes;

    /// <summary>Area lines.</summary>
    public IEnumerable<AreaItem> Area() => _units.SelectMany(u => u.Unit.Items.Select(i => new AreaItem(u.Component, i.Item.Role,
        PrimitiveText.Of(i.Item.Primitive), (long)_lanes * i.Item.Count, i.AreaSquareMicrometres * _lanes, i.Source)));
}
