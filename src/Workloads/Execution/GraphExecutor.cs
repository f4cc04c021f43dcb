using Sim.Workloads.Graph;

namespace Sim.Workloads.Execution;

/// <summary>Runs a network in float32 (and the integer types of quantized ONNX operators), node by node in topological order.</summary>
public static class GraphExecutor
{
    private const string Beyond = "sizes or values are beyond the range of integers";

    /// <summary>
    /// Computes the graph's outputs by name. <paramref name="engine"/> may take over nodes; <paramref name="observer"/> sees every computed
    /// value by name, in order.
    /// Intermediate values are dropped after their last use. Results do not depend on the number of threads.
    /// Throws <see cref="NetworkException"/> when the inputs do not fit the graph or a node cannot be computed.
    /// </summary>
    public static IReadOnlyDictionary<string, Tensor> Run(NetworkGraph graph, IReadOnlyDictionary<string, Tensor> inputs,
        ILayerEngine? engine = null, Action<string, Tensor>? observer = null)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(inputs);
        var values = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (GraphValue expected in graph.Inputs) values.Add(expected.Name, Checked(expected, inputs));
        Liveness liveness = Liveness.Of(graph);
        for (int i = 0; i < graph.Nodes.Length; i++)
        {
            Node node = graph.Nodes[i];
            Tensor[] results = RunNode(graph, node, values, engine);
            for (int o = 0; o < node.Outputs.Length && o < results.Length; o++)
            {
                if (node.Outputs[o].Length == 0) continue;
                values[node.Outputs[o]] = results[o];
                observer?.Invoke(node.Outputs[o], results[o]);
            }
            foreach (string name in liveness.DeadAfter[i]) values.Remove(name);
        }
        return graph.Outputs.ToDictionary(o => o.Name, o => Output(graph, values, o));
    }

    private static Tensor Output(NetworkGraph graph, Dictionary<string, Tensor> values, GraphValue declared)
    {
        Tensor t = Value(graph, values, declared.Name) ?? throw new NetworkException($"output '{declared.Name}' was not computed");
        return t.Type == declared.Type ? t
            : throw new NetworkException($"output '{declared.Name}' is declared {declared.Type}, computed {t.Type}");
    }

    private static Tensor[] RunNode(NetworkGraph graph, Node node, Dictionary<string, Tensor> values, ILayerEngine? engine)
    {
        var inputs = new Tensor?[node.Inputs.Length];
        for (int i = 0; i < inputs.Length; i++)
        {
            if (node.Inputs[i].Length == 0) continue;
            inputs[i] = Value(graph, values, node.Inputs[i]) ?? throw new NetworkException(node, $"input '{node.Inputs[i]}' has no value");
        }
        if (engine?.Execute(node, inputs) is { } taken) return taken;
        return Apply(node, graph.Opset, inputs);
    }

    /// <summary>One operator on given inputs: what the executor does for a node that no engine takes.</summary>
    public static Tensor[] Apply(Node node, int opset, Tensor?[] inputs)
    {
        ArgumentNullException.ThrowIfNull(node);
        Operator op = OperatorCatalogue.Find(node) ?? throw new NetworkException(node, OperatorCatalogue.Unsupported(node));
        var call = new OperatorCall(node, opset, inputs);
        if (!op.TakesStored && Array.Find(inputs, t => t?.Type.IsStorageOnly() == true) is { } stored) throw Stored(call, stored.Type);
        Tensor[] results;
        try
        {
            results = op.Body(call);
        }
        catch (OverflowException)
        {
            throw call.Fail(Beyond);
        }
        // What a part of a parallel loop met.
        catch (AggregateException e) when (e.Flatten().InnerExceptions.All(i => i is OverflowException or NetworkException))
        {
            throw e.Flatten().InnerExceptions.OfType<NetworkException>().FirstOrDefault() ?? call.Fail(Beyond);
        }
        catch (NetworkException e) when (e.Node is null)
        {
            throw call.Fail(e.Message);
        }
        for (int o = results.Length; o < node.Outputs.Length; o++)
            if (node.Outputs[o].Length > 0) throw call.Fail($"output {o} is not supported");
        return results;
    }

    /// <summary>An operator is given a type that ONNX has for storage alone.</summary>
    internal static NetworkException Stored(OperatorCall call, ElementType type) =>
        call.Fail($"does not compute with {ElementTypes.OnnxName(type.OnnxCode())}, a type for storage; DequantizeLinear and Cast convert it");

    private static Tensor? Value(NetworkGraph graph, Dictionary<string, Tensor> values, string name) =>
        values.TryGetValue(name, out Tensor? t) || graph.Constants.TryGetValue(name, out t) ? t : null;

    private static Tensor Checked(GraphValue expected, IReadOnlyDictionary<string, Tensor> inputs)
    {
        if (!inputs.TryGetValue(expected.Name, out Tensor? t)) throw new NetworkException($"input '{expected.Name}' is not given");
        if (t.Type != expected.Type) throw new NetworkException($"input '{expected.Name}' must be {expected.Type}, found {t.Type}");
        bool fits = t.Shape.Length == expected.Shape.Length;
        for (int i = 0; fits && i < t.Shape.Length; i++) fits = expected.Shape[i] < 0 || expected.Shape[i] == t.Shape[i];
        string wanted = $"[{string.Join(',', expected.Shape.Select(d => d < 0 ? "?" : d.ToString(System.Globalization.CultureInfo.InvariantCulture)))}]";
        return fits ? t : throw new NetworkException($"input '{expected.Name}' must have shape {wanted}, found {Shapes.Text(t.Shape)}");
    }
}
