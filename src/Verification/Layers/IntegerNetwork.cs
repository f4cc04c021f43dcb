using System.Collections.Immutable;
using Sim.Workloads.Graph;

namespace Sim.Verification.Layers;

/// <summary>The integer layers of a network in execution order, and the graph that they came from.</summary>
/// <param name="Notes">Layers that have no integer semantics, and why: one line each.</param>
public sealed record IntegerNetwork(NetworkGraph Graph, ImmutableArray<IntegerLayer> Layers, ImmutableArray<string> Notes);
