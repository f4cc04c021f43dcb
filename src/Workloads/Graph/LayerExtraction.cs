using System.Collections.Immutable;
using Sim.Workloads.Execution;
using Sim.Workloads.Execution.Operators;
using Sim.Workloads.Quantization;

namespace Sim.Workloads.Graph;

/// <summary>Turns a network into layers: what mapping, timing and pricing see of it.</summary>
public static class LayerExtraction
{
    // They change no values: at run time a shape or a view, not work.
    private static readonly HashSet<string> Free = ["Identity", "Flatten", "Reshape", "Squeeze", "Unsqueeze", "Shape", "Size", "Dropout",
        "Constant"];

    /// <summary>
    /// Layers of one sample. Nodes that depend on constants alone are no work. A MatMul of two computed operands is a layer too, its groups
    /// the batched products.
    /// <paramref name="inputShapes"/> overrides the graph's input shapes; open dimensions are 1. Sizes are divided by the batch (first
    /// dimension of the first input).
    /// </summary>
    public static NetworkLayers Layers(NetworkGraph graph, IReadOnlyDictionary<string, int[]>? inputShapes = null)
    {
        ArgumentNullException.ThrowIfNull(graph);
        IReadOnlyDictionary<string, int[]> shapes = ShapeInference.Infer(graph, inputShapes);
        int batch = graph.Inputs.Length > 0 && shapes[graph.Inputs[0].Name] is { Length: > 0 } first ? Math.Max(1, first[0]) : 1;
        HashSet<string> constants = [.. graph.Constants.Keys];
        var steps = ImmutableArray.CreateBuilder<LayerStep>();
        var tensors = new StepTensors(graph, shapes, batch);
        HashSet<int> fused = [.. FusionGroups.Of(graph).SelectMany(g => g.Skip(1))];
        for (int index = 0; index < graph.Nodes.Length; index++)
        {
            Node node = graph.Nodes[index];
            if (node.OpType is "Shape" or "Size" || node.Inputs.All(i => i.Length == 0 || constants.Contains(i)))
            {
                constants.UnionWith(node.Outputs);
                continue;
            }
            if (node.Inputs.Concat(node.Outputs).FirstOrDefault(n => n.Length > 0 && !shapes.ContainsKey(n)) is { } open)
                throw new NetworkException(node,
                    $"the shape of '{open}' depends on the values of the network's inputs, so that its work is not known before it runs");
            if (MatrixLayer(node, graph.Opset, shapes, batch, constants) is { } gemm)
                steps.Add(tensors.Matrix(gemm, node, LayerWeights.WeightIndex(node), constants));
            else if (Free.Contains(node.OpType)) tensors.Alias(node);
            else
                steps.Add(tensors.Vector(VectorLayer(node, shapes, batch, constants) with { IsFused = fused.Contains(index) }, node,
                    constants));
        }
        return new NetworkLayers(steps.ToImmutable(), tensors.All());
    }

    /// <summary>The matrix layer of a node, or null when it is none.</summary>
    /// <param name="shapes">Shapes of the node's inputs by name.</param>
    /// <param name="batch">Samples in those shapes.</param>
    /// <param name="constants">Names of values that do not depend on the graph's inputs.</param>
    public static GemmLayer? MatrixLayer(Node node, int opset, IReadOnlyDictionary<string, int[]> shapes, int batch,
        IReadOnlySet<string> constants)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(shapes);
        ArgumentNullException.ThrowIfNull(constants);
        int weight = LayerWeights.WeightIndex(node);
        if (!IsMatrixOperator(node.OpType)) return null;
        int[] x = shapes[node.Inputs[0]], w = shapes[node.Inputs[weight]];
        long inputs = Shapes.Count(x) / batch;
        var call = new OperatorCall(node, opset, []);
        if (node.OpType is "Conv" or "QLinearConv" or "ConvInteger")
        {
            ConvPlan plan = ConvPlan.Of(call, x, w);
            return new GemmLayer(node.Name, node.OpType, plan.Groups, plan.Pixels, plan.GroupOutputs, plan.K, inputs, plan.Geometry);
        }
        if (node.OpType == "MatMulNBits")
        {
            int columns = call.Small(call.Int("N", 0), "N");
            return new GemmLayer(node.Name, node.OpType, 1, PerSample(Shapes.Count(x) / Math.Max(1, x[^1]), batch), columns, x[^1], inputs);
        }
        if (node.OpType is "Gemm" or "QGemm")
        {
            int rows = x[call.Flag("transA", false) ? 1 : 0], k = x[call.Flag("transA", false) ? 0 : 1];
            return new GemmLayer(node.Name, node.OpType, 1, PerSample(rows, batch), w[call.Flag("transB", false) ? 0 : 1], k, inputs);
        }
        MatMulPlan product = MatMulPlan.Of(call, x, w);
        if (constants.Contains(node.Inputs[weight]))
        {
            // Each matrix of the weights is a group. Weights with a matrix for each index of the first dimension make it no samples.
            int matrices = ProductRows.MatricesOf(w), rows = matrices == 0 ? 0 : product.Batches / matrices * product.M;
            bool carries = w.Length > 2 && w.Length == x.Length && w[0] > 1;
            return new GemmLayer(node.Name, node.OpType, matrices, carries ? rows : PerSample(rows, batch), product.N, product.K,
                carries ? Shapes.Count(x) : inputs);
        }
        return new GemmLayer(node.Name, node.OpType, PerSample(product.Batches, batch), product.M, product.N, product.K, inputs)
            { Second = SecondOperand.Activations };
    }

    /// <summary>Whether an operator is a matrix product or a convolution.</summary>
    public static bool IsMatrixOperator(string opType) =>
        opType is "Conv" or "QLinearConv" or "ConvInteger" or "Gemm" or "MatMul" or "QLinearMatMul" or "MatMulInteger"
        or "QGemm" or "MatMulNBits";

    // A size that the batch does not divide does not hold the batch.
    private static int PerSample(int size, int batch) => size % batch == 0 ? size / batch : size;

    private static VectorLayer VectorLayer(Node node, IReadOnlyDictionary<string, int[]> shapes, int batch, HashSet<string> constants)
    {
        long inputs = node.Inputs.Where(i => i.Length > 0 && !constants.Contains(i)).Sum(i => (long)Shapes.Count(shapes[i])) / batch;
        long outputs = node.Outputs.Where(o => o.Length > 0).Sum(o => shapes.TryGetValue(o, out int[]? s) ? Shapes.Count(s) : 0L) / batch;
        return new VectorLayer(node.Name, node.OpType, Operations(node, inputs, outputs), inputs, outputs);
    }

    // One operation per element touched: a pooling window costs its elements, a reduction its inputs, the rest its outputs.
    private static long Operations(Node node, long inputs, long outputs)
    {
        if (node.OpType is "MaxPool" or "AveragePool" or "QLinearAveragePool"
            && node.Attributes.TryGetValue("kernel_shape", out NodeAttribute? kernel))
            return outputs * kernel.Integers.Aggregate(1L, (a, b) => a * b);
        if (node.OpType.StartsWith("Reduce", StringComparison.Ordinal)
            || node.OpType.Contains("Global", StringComparison.Ordinal)) return inputs;
        return Math.Max(outputs, 1);
    }
}
