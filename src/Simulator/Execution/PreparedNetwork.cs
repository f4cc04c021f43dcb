using System.Collections.Concurrent;
using System.Collections.Immutable;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;
using Sim.Foundation.Diagnostics;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;
using Sim.Workloads.Quantization;

namespace Sim.Simulator.Execution;

/// <summary>
/// A network with its data, made once and shared by every design: float reference outputs, calibration statistics, matrix layers with their
/// weights, and the quantized weights and scales of each format and recipe that was asked for. Safe for concurrent use.
/// </summary>
public sealed class PreparedNetwork
{
    private readonly ConcurrentDictionary<string, Lazy<QuantizedWeights>> _weights = new();
    private readonly ConcurrentDictionary<string, Lazy<(StatedCodes?, string?)>> _stated = new();
    private readonly ConcurrentDictionary<string, Lazy<QuantizationParameters>> _activations = new();
    private readonly ConcurrentDictionary<string, ElementEncoder> _encoders = new();
    private readonly Dictionary<string, float[]> _calibration;

    private PreparedNetwork(NetworkGraph graph, NetworkLayers work, EvaluationData data, EvaluationData calibration,
        ImmutableArray<MatrixLayer> layers,
        ImmutableArray<string> warnings, NetworkRecording reference, Dictionary<string, float[]> calibrationInputs)
    {
        Graph = graph;
        Work = work;
        Data = data;
        CalibrationDigest = calibration.Digest;
        Layers = layers;
        Warnings = warnings;
        ReferenceResults = reference.Results;
        ReferenceOutputs = reference.Outputs;
        _calibration = calibrationInputs;
    }

    /// <summary>The network as executed: batch normalisation folded when the recipe says so.</summary>
    public NetworkGraph Graph { get; }

    /// <summary>What one sample costs: matrix layers and vector layers of <see cref="Graph"/>.</summary>
    public NetworkLayers Work { get; }

    /// <summary>The samples that accuracy is measured on.</summary>
    public EvaluationData Data { get; }

    /// <summary>Digest of the samples that activations are calibrated on.</summary>
    public string CalibrationDigest { get; }

    /// <summary>The layers that a datapath executes, in graph order.</summary>
    public ImmutableArray<MatrixLayer> Layers { get; }

    /// <summary>Layers that stay in float32, and why.</summary>
    public ImmutableArray<string> Warnings { get; }

    /// <summary>Whether every layer takes integers already (QLinearConv, QLinearMatMul, ConvInteger, MatMulInteger): recipes then do not
    /// apply.</summary>
    public bool IsInteger => !Layers.IsEmpty && Layers.All(l => l.TakesIntegers);

    internal IReadOnlyDictionary<string, float[]> ReferenceResults { get; }

    internal Tensor[] ReferenceOutputs { get; }

    /// <summary>
    /// Runs the float network over the data and the calibration samples (default: the data itself). Throws <see cref="NetworkException"/>
    /// when the network cannot be run on them.
    /// </summary>
    /// <param name="graph">The network as read.</param>
    /// <param name="recipe">Of it, batch-norm folding and the number of calibration samples matter here.</param>
    /// <param name="threads">Threads to use, at least 1; results do not depend on it.</param>
    public static PreparedNetwork Create(NetworkGraph graph, EvaluationData data, EvaluationData? calibration, Recipe recipe, int threads)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(recipe);
        NetworkGraph executed = recipe.FoldBatchNormalization ? BatchNormFolding.Fold(graph) : graph;
        data = data.In(executed.Inputs[0]);
        NetworkLayers work = LayerExtraction.Layers(executed);
        Dictionary<string, GemmLayer> byName = work.Gemms.ToDictionary(s => s.Name);
        HashSet<string> names = [.. byName.Keys], variable = VariableNames(executed);
        NetworkRecording reference = NetworkRecording.Of(executed, data.Inputs, names, keepInputs: false, keepResults: true, threads);
        int firstSamples = Math.Min(NetworkRecording.BatchOf(executed), data.Samples);
        if (!data.Labels.IsDefault && PredictionShape.Of(reference.Outputs[0].Shape, firstSamples).Positions is > 1 and var predictions)
            throw new NetworkException($"labels are one a sample, but output '{executed.Outputs[0].Name}' [{string.Join(", ", reference.Outputs[0].Shape)}] holds {predictions} predictions a sample; leave the labels out: agreement then counts predictions");
        IReadOnlyDictionary<string, StatedLayer> stated = StatedIntegers.Read(executed);
        var layers = ImmutableArray.CreateBuilder<MatrixLayer>();
        var warnings = ImmutableArray.CreateBuilder<string>();
        foreach (Node node in executed.Nodes.Where(n => names.Contains(n.Name)))
        {
            (MatrixLayer? layer, string? reason) = MatrixLayerFinder.From(node, byName[node.Name], reference.FirstInputs[node.Name],
                i => !variable.Contains(node.Inputs[i]));
            if (layer is not null) layers.Add(WithStated(layer, stated[node.Name]));
            else warnings.Add(Bypass(node, reason!));
        }
        EvaluationData source = calibration?.In(executed.Inputs[0]) ?? data;
        Tensor chosen = EvaluationData.Slice(source.Inputs, 0,
            NetworkRecording.WholeBatches(executed, Math.Min(recipe.CalibrationSamples, source.Samples), source.Samples));
        Dictionary<string, float[]> inputs = layers.All(l => l.TakesIntegers) ? []
            : NetworkRecording.Of(executed, chosen, names, keepInputs: true, keepResults: false, threads).Inputs;
        foreach (MatrixLayer layer in layers)
            if (layer.Integer is { } i && i.OutputZeroPoint != 0 && reference.Results.TryGetValue(layer.Name, out float[]? values))
                for (int v = 0; v < values.Length; v++) values[v] -= i.OutputZeroPoint;
        return new(executed, work, data, source, layers.ToImmutable(), warnings.ToImmutable(), reference, inputs);
    }

    /// <summary>The warning about a matrix layer that the datapath does not execute.</summary>
    internal static string Bypass(Node node, string reason) =>
        $"NET031: layer '{node.Name}' ({node.OpType}) is computed beside the datapath, as ONNX defines it: {reason}";

    private static MatrixLayer WithStated(MatrixLayer layer, StatedLayer stated)
    {
        if (layer.TakesIntegers)
        {
            int[] zeros = layer.Integer?.WeightZeroPoints ?? layer.Sums!.WeightZeroPoints;
            var rows = new StatedRows(Array.ConvertAll(layer.IntegerWeightRows, v => (float)v), layer.Integer?.WeightScales
                ?? [.. Enumerable.Repeat(1f, layer.Rows)],
                Array.TrueForAll(zeros, z => z == 0) ? [] : Array.ConvertAll(zeros, z => (long)z));
            return layer with { Stated = stated, StatedRows = (rows, null) };
        }
        return layer with { Stated = stated, StatedRows = stated.Weights is { Constant: not null } weights
            ? StatedRows.Of(layer.Node, layer.Shape, weights) : (null, stated.WeightReason) };
    }

    internal ElementEncoder Encoder(INumberFormat format) => _encoders.GetOrAdd(format.ToString()!, _ => new ElementEncoder(format));

    internal QuantizedWeights Weights(MatrixLayer layer, INumberFormat format, Recipe recipe, double? peak) =>
        _weights.GetOrAdd(FormattableString.Invariant($"{layer.Name}\n{format}\n{recipe.Canonical}\n{peak:R}"),
        _ => new(() => QuantizedWeights.From(layer.WeightRows, layer.Rows, layer.Shape.K,
            new TensorEncoder(Encoder(format), recipe.WeightRounding, recipe.Seed, TensorEncoder.NameOfWeights(layer.Name)), recipe,
            peak))).Value;

    /// <summary>The codes of a layer's stated weights in a datapath, or null with the reason.</summary>
    internal (StatedCodes? Codes, string? Reason) StatedWeights(MatrixLayer layer, DatapathSpec spec)
    {
        if (layer.StatedRows.Rows is not { } rows) return (null, layer.StatedRows.Reason);
        string kind = layer.Stated?.Weights?.Kind ?? "those numbers";
        return _stated.GetOrAdd(FormattableString.Invariant($"{layer.Name}\n{spec.Weight}\n{spec.InexactMultiplier is null}\n{spec.Dot is { Segment: > 0 }}"), _ => new(() => StatedFit.Weights(spec, rows, kind))).Value;
    }

    /// <summary>Values that reach a layer's input while calibrating.</summary>
    internal float[] Calibration(MatrixLayer layer) => _calibration[layer.Name];

    /// <summary>Largest magnitude that the layer's input reaches while calibrating.</summary>
    internal float ActivationAmax(MatrixLayer layer) => BlockOperands.Largest(_calibration[layer.Name]);

    internal QuantizationParameters Activation(MatrixLayer layer, INumberFormat format, Recipe recipe, double? peak) =>
        _activations.GetOrAdd(FormattableString.Invariant($"{layer.Name}\n{format}\n{recipe.Canonical}\n{peak:R}"),
        _ => new(() => recipe.ActivationSymmetry == Symmetry.Asymmetric
            ? Calibrator.Asymmetric(recipe.Activations, Encoder(format), _calibration[layer.Name])
            : Calibrator.Symmetric(recipe.Activations, Encoder(format), _calibration[layer.Name], recipe.ScaleWideFormats, peak))).Value;

    /// <summary>Names of values that depend on the graph's inputs.</summary>
    private static HashSet<string> VariableNames(NetworkGraph graph)
    {
        HashSet<string> names = [.. graph.Inputs.Select(i => i.Name)];
        foreach (Node node in graph.Nodes)
            if (node.Inputs.Any(names.Contains)) names.UnionWith(node.Outputs);
        return names;
    }
}
