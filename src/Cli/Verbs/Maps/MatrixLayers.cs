using System.Collections.Immutable;
using Sim.Foundation.Diagnostics;
using Sim.Workloads.Execution;
using Sim.Workloads.Graph;
using Sim.Workloads.Onnx;
using Sim.Workloads.Topologies;

namespace Sim.Cli.Verbs.Maps;

/// <summary>The matrix layers of whatever `sim import` takes.</summary>
internal static class MatrixLayers
{
    /// <summary>Name and layers in network order; null after recording what is wrong.</summary>
    public static (string Network, ImmutableArray<GemmLayer> Layers)? Read(string workload, DiagnosticBag bag)
    {
        if (ShapeFile.IsOne(workload)) return ShapeFile.Read(workload, bag) is { } shapes ? (shapes.Name, shapes.Layers.Gemms) : null;
        if (OnnxReader.Read(workload, bag) is not { } graph || bag.HasErrors) return null;
        return GraphChecks.Operators(graph, workload, bag) && GraphChecks.Shapes(graph, workload, bag)
            ? (graph.Name, LayerExtraction.Layers(graph).Gemms) : null;
    }
}
