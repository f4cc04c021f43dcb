using Sim.ArchModel;
using Sim.ArchModel.Hierarchies;
using Sim.ArchModel.Hierarchies.Costs;
using Sim.Workloads.Graph;

namespace Sim.Mapper.Networks;

/// <summary>Costs of vector layers: operations on the lanes, and elements read from and written to the memory beside them.</summary>
public sealed class VectorCosts
{
    private readonly int _lanes;
    private readonly double _operation, _read, _write;

    /// <summary>Costs on an accelerator whose activations lie in the memory at <paramref name="level"/>.</summary>
    public VectorCosts(HierarchyCost cost, int level)
    {
        ArgumentNullException.ThrowIfNull(cost);
        HierarchicalArchitecture architecture = cost.Architecture;
        Packing packing = architecture.PackingOf(Operand.Activations);
        _lanes = architecture.Vector.Lanes;
        _operation = cost.Actions.First(a => a.Component == ActionNames.Vector && a.Action == ActionNames.VectorOp).Price.Picojoules;
        _read = cost.Element(level, Operand.Activations, AccessKind.Read, packing);
        _write = cost.Element(level, Operand.Activations, AccessKind.Write, packing);
    }

    /// <summary>Cost of a vector layer.</summary>
    public LayerCost Of(VectorLayer layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        double work = layer.IsMove ? 0 : layer.Operations * _operation;
        return new((layer.Operations + _lanes - 1) / _lanes, work + (layer.InputElements * _read) + (layer.OutputElements * _write),
            work + (Math.Max(0, layer.InputElements - layer.OutputElements) * _read));
    }
}
