using Sim.Workloads.Execution;
using Sim.Workloads.Graph;

namespace Sim.Simulator.Execution;

/// <summary>
/// Runs the float network (or the integer network's own arithmetic) over samples and keeps what later steps need: the inputs of chosen
/// nodes, the outputs of chosen nodes, the network's first output. Batches run on several threads; results are in sample order whatever
/// their number.
/// </summary>
internal sealed class NetworkRecording
{
    /// <summary>Samples a batch where the network leaves the batch open.</summary>
    internal const int BatchSamples = 25;

    private NetworkRecording(Tensor[] outputs, Dictionary<string, IReadOnlyList<Tensor?>> firstInputs, Dictionary<string, float[]> inputs,
        Dictionary<string, float[]> results)
    {
        Outputs = outputs;
        FirstInputs = firstInputs;
        Inputs = inputs;
        Results = results;
    }

    /// <summary>The network's first output, one tensor a batch.</summary>
    internal Tensor[] Outputs { get; }

    /// <summary>All inputs of a chosen node in the first batch.</summary>
    internal Dictionary<string, IReadOnlyList<Tensor?>> FirstInputs { get; }

    /// <summary>Values of the first input of a chosen node, samples in order.</summary>
    internal Dictionary<string, float[]> Inputs { get; }

    /// <summary>Values of the first output of a chosen node, samples in order.</summary>
    internal Dictionary<string, float[]> Results { get; }

    /// <summary>
    /// The batch that the graph's input asks for: its fixed first dimension; of open ones 1 where a scale is found at run time, so that no
    /// sample changes another's, else <see cref="BatchSamples"/>.
    /// </summary>
    internal static int BatchOf(NetworkGraph graph) => graph.Inputs[0].Shape is [> 0, ..] ? graph.Inputs[0].Shape[0]
        : graph.Nodes.Any(n => n.OpType == "DynamicQuantizeLinear") ? 1 : BatchSamples;

    /// <summary>So many samples or, of a fixed batch, as few more as fill it.</summary>
    internal static int WholeBatches(NetworkGraph graph, int samples, int available)
    {
        int batch = graph.Inputs[0].Shape is [> 0, ..] ? graph.Inputs[0].Shape[0] : 1;
        return Math.Min(available, (samples + batch - 1) / batch * batch);
    }

    internal static NetworkRecording Of(NetworkGraph graph, Tensor samples, IReadOnlySet<string> nodes, bool keepInputs, bool keepResults,
        int threads)
    {
        int batch = BatchOf(graph), total = samples.Shape[0], batches = (total + batch - 1) / batch;
        var parts = new Batch[batches];
        BatchLoop.Run(batches, threads,
            i => parts[i] = Run(graph, EvaluationData.Slice(samples, i * batch, Math.Min(batch, total - i * batch)), nodes, keepInputs,
            keepResults, i == 0));
        return new([.. parts.Select(p => p.Output)], parts[0].FirstInputs, Joined(parts, p => p.Inputs), Joined(parts, p => p.Results));
    }

    private static Batch Run(NetworkGraph graph, Tensor samples, IReadOnlySet<string> nodes, bool keepInputs, bool keepResults, bool first)
    {
        var batch = new Batch();
        var recorder = new Recorder(nodes, batch, keepInputs, first);
        Dictionary<string, string> outputNames = keepResults ? graph.Nodes.Where(n => nodes.Contains(n.Name))
            .ToDictionary(n => n.Outputs[0], n => n.Name) : [];
        IReadOnlyDictionary<string, Tensor> outputs = GraphExecutor.Run(graph, new Dictionary<string,
            Tensor> { [graph.Inputs[0].Name] = samples }, recorder,
            (name, value) =>
            {
                if (outputNames.TryGetValue(name, out string? node)) batch.Results[node] = Values(value);
            });
        batch.Output = outputs[graph.Outputs[0].Name];
        return batch;
    }

    /// <summary>Values of any tensor as float32.</summary>
    internal static float[] Values(Tensor tensor) => tensor.ToFloats();

    private static Dictionary<string, float[]> Joined(Batch[] parts, Func<Batch, Dictionary<string, float[]>> of) =>
        of(parts[0]).Keys.ToDictionary(name => name, name => parts.Length == 1 ? of(parts[0])[name] : parts.SelectMany(p => of(p)[name])
            .ToArray());

    private sealed class Batch
    {
        internal Tensor Output { get; set; } = null!;
        internal Dictionary<string, IReadOnlyList<Tensor?>> FirstInputs { get; } = [];
        internal Dictionary<string, float[]> Inputs { get; } = [];
        internal Dictionary<string, float[]> Results { get; } = [];
    }

    private sealed class Recorder(IReadOnlySet<string> nodes, Batch batch, bool keepInputs, bool keepAll) : ILayerEngine
    {
        public Tensor[]? Execute(Node node, IReadOnlyList<Tensor?> inputs)
        {
            if (!nodes.Contains(node.Name)) return null;
            if (keepAll) batch.FirstInputs[node.Name] = [.. inputs];
            if (keepInputs) batch.Inputs[node.Name] = Values(inputs[0]!);
            return null;
        }
    }
}
