using Sim.Datapath.Specs;

namespace Sim.ArchModel.Hierarchies;

/// <summary>
/// A whole accelerator of any memories and fabrics, as one `sim.architecture/2` file describes it. <paramref name="Hierarchy"/> ends above
/// the compute units.
/// </summary>
public sealed record HierarchicalArchitecture(string Name, string TechnologyName, double ClockHertz, DatapathSpec Datapath,
    Hierarchy Hierarchy, ComputeUnit Compute, VectorUnit Vector)
{
    /// <summary>How an operand lies in memories at the datapath's own formats; outputs at the width of a partial sum.</summary>
    public Packing PackingOf(Operand operand)
    {
        (int bits, int elements) = operand switch
        {
            Operand.Activations => Datapath.ActivationStorage,
            Operand.Weights => Datapath.WeightStorage,
            _ => (Datapath.AccumulatorBits, 1),
        };
        return new Packing(bits, elements);
    }

    /// <summary>Multiply-accumulate units: places of all fabrics, lanes of a unit not counted.</summary>
    public long Units => Hierarchy.Instances(Hierarchy.Levels.Length) / Compute.Lanes;

    /// <summary>Products in flight at once: places of all fabrics.</summary>
    public long ProductsAtOnce => Hierarchy.Instances(Hierarchy.Levels.Length);

    /// <summary>Most products a second at the datapath's formats.</summary>
    public double PeakProductsPerSecond => ProductsAtOnce * ClockHertz / Compute.Cycles.Value;
}
