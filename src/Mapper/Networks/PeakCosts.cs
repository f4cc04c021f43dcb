using Sim.ArchModel;
using Sim.ArchModel.Hierarchies;
using Sim.ArchModel.Hierarchies.Costs;
using Sim.Workloads.Graph;

namespace Sim.Mapper.Networks;

/// <summary>Least costs of matrix layers, of which no mapping is known: every unit busy in every cycle, and the energy of products
/// alone.</summary>
public sealed class PeakCosts(HierarchyCost cost, VectorCosts vector, long cores) : ILayerCosts
{
    public string Basis => "every unit busy in every cycle, energy of products alone: lower bounds";

    public LayerCost Of(GemmLayer layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        HierarchicalArchitecture a = cost.Architecture;
        long steps = (layer.Macs + (a.ProductsAtOnce / cores) - 1) / (a.ProductsAtOnce / cores);
        return new(a.Compute.Cycles.Ceiling(steps), layer.Macs * cost.Product());
    }

    public LayerCost Of(VectorLayer layer) => vector.Of(layer);
}
