using Sim.ArchModel.Costs;
using Sim.ArchModel.Hierarchies.Reading;
using Sim.Datapath.Specs;
using Sim.Datapath.Structures;

namespace Sim.ArchModel.Hierarchies.Costs;

/// <summary>
/// What a fabric costs. A systolic link is a register of the operand in every place. Sums along a chain or tree are added by an adder of
/// the accumulator with its register: in a chain one a place, unless nothing below keeps outputs (then the compute unit's own adder passes
/// the sum on); in a tree of n places n − 1. Lanes of a dot unit are part of it. Wires are not priced unless the file states a hop's energy.
/// </summary>
internal sealed class FabricCost
{
    private readonly FabricLevel _fabric;
    private readonly DatapathSpec _datapath;

    /// <summary>Prices a fabric; <paramref name="sumsStayBelow"/>: a memory below may keep outputs.</summary>
    public FabricCost(FabricLevel fabric, HierarchicalArchitecture architecture, bool sumsStayBelow, CostModel model)
    {
        (_fabric, _datapath) = (fabric, architecture.Datapath);
        Adder = model.Price(PeStructure.ColumnAccumulator(_datapath));
        Links = PerOperand.Of(o => o != Operand.Outputs && fabric.Axes.Any(a => a.Of(o) == Sharing.Systolic)
            ? model.Price(Structure.Empty.With($"{OperandWords.NameOf(o)} link register", PrimitiveKind.Register, BitsOf(o))) : null);
        foreach (FabricAxis axis in fabric.IsLanes ? [] : fabric.Axes)
            Adders += axis.Outputs switch
            {
                Reduction.Chain when sumsStayBelow => fabric.Places,
                Reduction.Tree => fabric.Places / axis.Size * (axis.Size - 1),
                _ => 0,
            };
    }

    /// <summary>The adder of a chain or tree.</summary>
    public StructureCost Adder { get; }

    /// <summary>How many of them one instance has.</summary>
    public long Adders { get; }

    /// <summary>The register of a systolic link in each place, by operand; null: none.</summary>
    public PerOperand<StructureCost?> Links { get; }

    /// <summary>pJ of one element over one hop; null: nothing is priced there.</summary>
    public double? Hop(Operand operand) =>
        _fabric.Stated.Read is { } bit ? bit * BitsOf(operand) : Links[operand]?.EnergyFemtojoules / 1000;

    /// <summary>Whether hops of an operand exist: systolic inputs, sums of chains, and every operand where a hop's energy is
    /// stated.</summary>
    public bool HasHops(Operand operand) => !_fabric.IsLanes && (_fabric.Stated.Read is not null || Links[operand] is not null);

    private int BitsOf(Operand operand) => operand switch
    {
        Operand.Activations => _datapath.Activation.Bits,
        Operand.Weights => _datapath.Weight.Bits,
        _ => _datapath.AccumulatorBits,
    };

    /// <summary>Area lines of <paramref name="instances"/> fabrics.</summary>
    public IEnumerable<AreaItem> Area(long instances)
    {
        if (_fabric.Stated.AreaSquareMicrometres is { } area)
        {
            yield return new AreaItem(_fabric.Name, "stated", "", instances, area.Value * instances, area.Source);
            yield break;
        }
        foreach ((StructureCost? unit, long each) in new[]
            { (Links.Activations, _fabric.Places), (Links.Weights, _fabric.Places), (Adder, Adders) })
            if (unit is not null && each > 0)
                foreach (PricedItem item in unit.Items)
                    yield return new AreaItem(_fabric.Name, item.Item.Role, PrimitiveText.Of(item.Item.Primitive),
                        checked(instances * each * item.Item.Count), item.AreaSquareMicrometres * instances * each, item.Source);
    }

    /// <summary>Leakage of one instance.</summary>
    public double LeakageNanowatts => _fabric.Stated.LeakageMilliwatts is { } stated ? stated.Value * 1e6
        : ((Links.Activations?.LeakageNanowatts ?? 0) + (Links.Weights?.LeakageNanowatts ?? 0)) * _fabric.Places
            + Adder.LeakageNanowatts * Adders;
}
