using Sim.Workloads.Graph;

namespace Sim.Workloads.Execution;

/// <summary>
/// Finds types and shapes of all values without executing the network: each operator has a rule beside its body. Only what shapes are
/// computed from (small, from constants and shapes alone) is executed. Sizes are judged before anything is allocated.
/// </summary>
public static class ShapeInference
{
    /// <summary>Elements of one computed value, operations of one pass: more is refused, so that a few bytes of a file do not ask for the
    /// whole machine.</summary>
    public const long MostElements = 1 << 28, MostOperations = 1L << 50;

    // Tensors of more elements are no shapes, and are not executed to find one.
    private const int MostFolded = 4096;

    /// <summary>Shapes of all values that are known before the network runs. <paramref name="inputShapes"/> overrides the graph's own; an
    /// open dimension becomes 1.</summary>
    public static IReadOnlyDictionary<string, int[]> Infer(NetworkGraph graph, IReadOnlyDictionary<string, int[]>? inputShapes = null) =>
        Values(graph, inputShapes).ToDictionary(v => v.Key, v => v.Value.Shape, StringComparer.Ordinal);

    /// <summary>Types and shapes of inputs, constants and results. A value is left out whose shape depends on elements of the graph's
    /// inputs.</summary>
    /// <exception cref="NetworkException">Shapes or types do not fit, or sizes are beyond bounds; names the node.</exception>
    public static IReadOnlyDictionary<string,
        StaticValue> Values(NetworkGraph graph, IReadOnlyDictionary<string, int[]>? inputShapes = null) =>
        Values(graph, inputShapes, out _);

    /// <summary>As <see cref="Values(NetworkGraph, IReadOnlyDictionary{string, int[]}?)"/>, with the operations of one pass, as far as
    /// shapes are known.</summary>
    /// <param name="report">Takes what does not fit, so that one pass shows all of it; what follows from such a node is not known. Null: it
    /// is thrown.</param>
    public static IReadOnlyDictionary<string,
        StaticValue> Values(NetworkGraph graph, IReadOnlyDictionary<string, int[]>? inputShapes, out double operations,
        Action<NetworkException>? report = null)
    {
        ArgumentNullException.ThrowIfNull(graph);
        var values = new Dictionary<string, StaticValue>(StringComparer.Ordinal);
        operations = 0;
        foreach ((string name, Tensor t) in graph.Constants) values[name] = StaticValue.Of(t);
        foreach (GraphValue input in graph.Inputs)
        {
            int[] shape = inputShapes is not null && inputShapes.TryGetValue(input.Name, out int[]? given) ? given
                : [.. input.Shape.Select(d => d < 0 ? 1 : d)];
            if (Shapes.Count(shape) > MostElements) throw new NetworkException($"input '{input.Name}' of shape {Shapes.Text(shape)} has more than {MostElements} elements");
            values[input.Name] = new StaticValue(input.Type, shape);
        }
        foreach (Node node in graph.Nodes)
        {
            try
            {
                StaticValue?[] inputs = [.. node.Inputs.Select(i => values.GetValueOrDefault(i))];
                if (Outputs(node, graph.Opset, inputs) is not { } outputs) continue;
                operations += Work(node, inputs, outputs);
                if (operations > MostOperations) throw new NetworkException(node,
                    FormattableString.Invariant($"the network needs more than {MostOperations:0.#e0} operations up to here"));
                for (int o = 0; o < Math.Min(outputs.Length, node.Outputs.Length); o++)
                    if (node.Outputs[o].Length > 0) values[node.Outputs[o]] = outputs[o];
            }
            catch (NetworkException e) when (report is not null)
            {
                report(e);
                if (operations > MostOperations) break;
            }
        }
        return values;
    }

    /// <summary>A tensor of zeros.</summary>
    public static Tensor Zeros(ElementType type, int[] shape) => Tensor.Zeros(type, shape);

    /// <summary>Outputs of one node; null when they depend on elements that are not known.</summary>
    private static StaticValue[]? Outputs(Node node, int opset, StaticValue?[] inputs)
    {
        Operator op = OperatorCatalogue.Find(node) ?? throw new NetworkException(node, OperatorCatalogue.Unsupported(node));
        var call = new ShapeCall(node, opset, inputs);
        try
        {
            if (!op.TakesStored && Array.Find(inputs, i => i?.Type.IsStorageOnly() == true) is { } stored) throw GraphExecutor.Stored(call,
                stored.Type);
            StaticValue[] outputs = op.Shape(call);
            foreach (StaticValue output in outputs)
                if (Shapes.Count(output.Shape) > MostElements) throw call.Fail($"a result of shape {Shapes.Text(output.Shape)} has more than {MostElements} elements");
            return Folded(node, opset, inputs, outputs);
        }
        catch (UnknownValueException)
        {
            return null;
        }
        catch (NetworkException e) when (e.Node is null)
        {
            throw new NetworkException(node, e.Message);
        }
        catch (OverflowException)
        {
            throw call.Fail("sizes are beyond the range of integers");
        }
    }

    private static StaticValue[] Folded(Node node, int opset, StaticValue?[] inputs, StaticValue[] outputs)
    {
        bool isSmall = outputs.Concat(inputs.OfType<StaticValue>()).All(v => Shapes.Count(v.Shape) <= MostFolded);
        bool isKnown = inputs.Zip(node.Inputs).All(i => i.Second.Length == 0 || i.First?.Known is not null);
        if (!isSmall || !isKnown || Array.TrueForAll(outputs, o => o.Known is not null)) return outputs;
        return Array.ConvertAll(GraphExecutor.Apply(node, opset, [.. inputs.Select(i => i?.Known)]), StaticValue.Of);
    }

    // Products where there are some, else elements read and written.
    private static double Work(Node node, StaticValue?[] inputs, StaticValue[] outputs)
    {
        double results = outputs.Sum(o => (double)Shapes.Count(o.Shape)),
            read = inputs.Sum(i => i is null ? 0 : (double)Shapes.Count(i.Shape));
        int[] Of(int i) => i < inputs.Length && inputs[i] is { Shape.Length: > 0 } v ? v.Shape : [1];
        double depth = node.OpType switch
        {
            "Conv" or "ConvInteger" => Shapes.Count(Of(1).AsSpan(1)),
            "QLinearConv" => Shapes.Count(Of(3).AsSpan(1)),
            "MatMul" or "MatMulInteger" or "QLinearMatMul" => Of(0)[^1],
            "MatMulNBits" => Of(0)[^1],
            "Gemm" or "QGemm" => Math.Max(Of(0)[0], Of(0)[^1]),
            "MaxPool" or "AveragePool" or "QLinearAveragePool" => node.Attributes.GetValueOrDefault("kernel_shape")?.Integers is
                { IsDefault: false } k ? k.Aggregate(1.0, (a, b) => a * b) : 1,
            _ => 1,
        };
        return results * depth + read;
    }
}
