using Sim.Foundation.Diagnostics;
using Sim.Simulator.Execution;
using Sim.Workloads.Graph;
using Sim.Workloads.Quantization;
using Sim.Workloads.Topologies;

namespace Sim.Simulator.Inputs;

/// <summary>What is done to every input value before the network sees it, in float32: (x + Offset) · Scale.</summary>
public sealed record InputTransform(double Offset, double Scale);

/// <summary>A network with its data. Paths are relative to the working directory; null: not given. An empty name stands for that in a
/// file of shapes. Place is where the user names it.</summary>
public sealed record WorkloadFiles(string Name, string ModelPath, string? DataPath, string? LabelsPath, string? CalibrationPath,
    InputTransform? Input, Location Place);

/// <summary>
/// A workload's files, read and checked against each other: a network with weights and perhaps data, or shapes alone. Calibration null
/// means the data itself.
/// </summary>
public sealed class LoadedWorkload
{
    private readonly NetworkGraph? _graph;
    private readonly NetworkLayers? _shapes;

    private LoadedWorkload(string networkDigest, NetworkGraph? graph, NetworkLayers? shapes, EvaluationData? data,
        EvaluationData? calibration, WorkloadFiles source)
    {
        (NetworkDigest, _graph, _shapes, Data, Calibration, Source) = (networkDigest, graph, shapes, data, calibration, source);
    }

    /// <summary>A network with weights.</summary>
    public static LoadedWorkload Of(WorkloadFiles source, NetworkGraph graph, EvaluationData? data = null,
        EvaluationData? calibration = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(graph);
        return new(graph.Digest, graph, null, data, calibration, source);
    }

    /// <summary>A network that was not read from files.</summary>
    public static LoadedWorkload Of(string name, NetworkGraph graph, EvaluationData? data = null, EvaluationData? calibration = null) =>
        Of(new WorkloadFiles(name, name, null, null, null, null, new Location(name)), graph, data, calibration);

    /// <summary>Shapes without weights.</summary>
    public static LoadedWorkload Of(WorkloadFiles source, ShapeNetwork shapes)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(shapes);
        return new(shapes.Digest, null, shapes.Layers, null, null, source);
    }

    /// <summary>Name in tables.</summary>
    public string Name => Source.Name;

    /// <summary>Digest of the network's file.</summary>
    public string NetworkDigest { get; }

    /// <summary>The files.</summary>
    public WorkloadFiles Source { get; }

    /// <summary>Whether there are no weights, so no values either: time, energy and area only.</summary>
    public bool IsShapeOnly => _graph is null;

    /// <summary>The network. InvalidOperationException when there are shapes alone.</summary>
    public NetworkGraph Graph => _graph ?? throw new InvalidOperationException($"'{Name}' holds shapes without weights");

    /// <summary>The samples that accuracy is measured on, or null.</summary>
    public EvaluationData? Data { get; }

    /// <summary>The samples that activations are calibrated on; null: the data.</summary>
    public EvaluationData? Calibration { get; }

    /// <summary>Digest of the network, the data with labels, and the calibration samples.</summary>
    public string Digest => $"{NetworkDigest} {Data?.Digest} {Calibration?.Digest}";

    /// <summary>The work of one run, with batch normalization folded into the layers before it or not.</summary>
    public NetworkLayers Layers(bool foldBatchNormalization) =>
        _shapes ?? LayerExtraction.Layers(foldBatchNormalization ? BatchNormFolding.Fold(Graph) : Graph);
}
