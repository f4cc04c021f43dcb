using System.Collections.Immutable;
using Sim.Workloads.Graph;

namespace Sim.Verification.Layers;

/// <summary>The integer layers of a network in execution order, and the graph that they came from.</summary>
/// <param name="Notes">Layers that have no integer semantics, and why: one line each.</param>
public sealed record IntegerNetwork(NetworkGraph Graph, ImmutableArray<IntegerLayer> Layers, ImmutableArray<string> Notes)
{
    /// <summary>Of each layer: where its inputs are in the graph. As many as layers, or none when the layers came from elsewhere.</summary>
    public ImmutableArray<LayerInput> Inputs { get; init; } = [];
}

/// <summary>The value of the graph that feeds a layer.</summary>
/// <param name="Value">Name of the value.</param>
/// <param name="Scale">null: the value holds the stored integers. Else it holds float32 numbers and stored = clamp(round-half-even(value / Scale) + ZeroPoint, type); NaN: not known without calibration data.</param>
/// <param name="Type">What the stored integers' type holds.</param>
public sealed record LayerInput(string Value, float? Scale, int ZeroPoint, Interval Type);
