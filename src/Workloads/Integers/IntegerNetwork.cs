using System.Collections.Immutable;
using Sim.Workloads.Graph;

namespace Sim.Workloads.Integers;

/// <summary>The integer layers of a network in execution order, and the graph that they came from.</summary>
/// <param name="Notes">Layers that have no integer semantics, and why: one line each.</param>
public sealed record IntegerNetwork(NetworkGraph Graph, ImmutableArray<IntegerLayer> Layers, ImmutableArray<string> Notes)
{
    /// <summary>Of each layer: where its inputs are in the graph. As many as layers, or none when the layers came from elsewhere.</summary>
    public ImmutableArray<LayerInput> Inputs { get; init; } = [];

    /// <summary>Of each layer: how its sums are requantized, <see cref="LayerSource.Layer"/> being the layer itself; null: they are not, or
    /// not in this form.</summary>
    public ImmutableArray<LayerSource?> Outputs { get; init; } = [];

    /// <summary>Nodes with a sum or register of which nothing is claimed: an answer about <see cref="Registers"/> is none about the network
    /// while there are any.</summary>
    public ImmutableArray<UnjudgedNode> NotJudged { get; init; } = [];

    /// <summary>Every register that is judged, in execution order: <see cref="Layers"/> and <see cref="Sums"/>.</summary>
    public ImmutableArray<IntegerLayer> Registers
    {
        get
        {
            Dictionary<string, int> order = Graph.Nodes.Select((n, i) => (n.Name, i)).ToDictionary(n => n.Name, n => n.i);
            return [.. Layers.Concat(Sums).OrderBy(l => order.GetValueOrDefault(l.Name, int.MaxValue))];
        }
    }

    /// <summary>Sums that are no matrix products: windows of average pooling, residual additions, reductions. See
    /// <see cref="OtherRegisters"/>.</summary>
    public ImmutableArray<IntegerLayer> Sums { get; init; } = [];
}
