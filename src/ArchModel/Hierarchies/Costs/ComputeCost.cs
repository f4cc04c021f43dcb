using Sim.ArchModel.Costs;
using Sim.ArchModel.Technologies;
using Sim.Datapath.Specs;
using Sim.Datapath.Structures;

namespace Sim.ArchModel.Hierarchies.Costs;

/// <summary>
/// What a compute unit costs: the datapath's logic and registers, once for each lane that the datapath's own dot unit does not hold; its
/// accumulating register once, or not at all where the memory beside the unit always keeps the outputs: that is the register then.
/// </summary>
internal sealed class ComputeCost
{
    private const string AccumulatorRole = "accumulator register";

    private readonly ComputeUnit _unit;
    private readonly double _ownPicojoules;

    /// <summary>Prices the units of an architecture.</summary>
    public ComputeCost(HierarchicalArchitecture architecture, CostModel model)
    {
        DatapathSpec datapath = architecture.Datapath;
        _unit = architecture.Compute;
        Logic = model.Price(datapath.MacLogic);
        bool sumsBeside = BesideUnit(architecture)?.Keeps.Outputs == Keeping.Must;
        Registers = model.Price(new Structure([.. datapath.MacRegisters.Items.Where(i => !sumsBeside || i.Role != AccumulatorRole)]));
        Copies = _unit.Lanes / datapath.Lanes;
        double registers = Registers.Items.Where(i => i.Item.Role == AccumulatorRole).Sum(i => i.EnergyFemtojoules) / Copies
            + Registers.Items.Where(i => i.Item.Role != AccumulatorRole).Sum(i => i.EnergyFemtojoules);
        _ownPicojoules = _unit.Stated.Read
            ?? datapath.CyclesPerMac * (Logic.EnergyFemtojoules + registers) / datapath.Lanes / 1000;
        DelayNanoseconds = Logic.DelayNanoseconds / (datapath.PipelineStages + 1);
        Source = _unit.Stated.Read is null ? $"technology '{model.Technology.Name}': primitives × widths; {model.Technology.Activity}"
            : _unit.Stated.Source;
    }

    // The memory of each compute unit: the innermost one, when no fabric fans out below it but the unit's own lanes.
    private static MemoryLevel? BesideUnit(HierarchicalArchitecture architecture) =>
        architecture.Hierarchy.Levels.LastOrDefault(l => l is not FabricLevel { IsLanes: true }) as MemoryLevel;

    /// <summary>Multipliers and accumulation step of one dot unit of the datapath.</summary>
    public StructureCost Logic { get; }

    /// <summary>Its registers.</summary>
    public StructureCost Registers { get; }

    /// <summary>Such units in a compute unit.</summary>
    public int Copies { get; }

    /// <summary>Delay between two pipeline registers.</summary>
    public double DelayNanoseconds { get; }

    /// <summary>Where the energies come from.</summary>
    public string Source { get; }

    /// <summary>pJ of a product of operands of these widths: a unit works on the narrower for as long as its cycles say. Widths that it
    /// does not take throw.</summary>
    public double Product(int activationBits, int weightBits)
    {
        Rational cycles = _unit.CyclesFor(activationBits, weightBits)
            ?? throw new ArgumentException($"'{_unit.Name}' takes no products of {activationBits} and {weightBits} bits");
        return _ownPicojoules * (cycles.Value / _unit.Cycles.Value);
    }

    /// <summary>Area lines of all units.</summary>
    public IEnumerable<AreaItem> Area(long units)
    {
        if (_unit.Stated.AreaSquareMicrometres is { } area) return [new AreaItem(_unit.Name, "stated",
            "", units, area.Value * units, area.Source)];
        return Logic.Items.Select(i => (Item: i, Each: (long)Copies))
            .Concat(Registers.Items.Select(i => (Item: i, Each: i.Item.Role == AccumulatorRole ? 1L : Copies)))
            .Select(p => new AreaItem(_unit.Name, p.Item.Item.Role, PrimitiveText.Of(p.Item.Item.Primitive),
                checked(units * p.Each * p.Item.Item.Count), p.Item.AreaSquareMicrometres * units * p.Each, p.Item.Source));
    }

    /// <summary>Leakage of one unit.</summary>
    public double LeakageNanowatts => _unit.Stated.LeakageMilliwatts is { } stated ? stated.Value * 1e6
        : (Logic.LeakageNanowatts * Copies)
            + Registers.Items.Sum(i => i.LeakageNanowatts * (i.Item.Role == AccumulatorRole ? 1 : Copies));
}
