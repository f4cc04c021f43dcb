using System.Collections.Immutable;
using Sim.Workloads.Execution;

namespace Sim.Workloads.Graph;

/// <summary>
/// Folds inference batch normalization into the weights and biases of the Conv, Gemm, MatMul or MatMul + Add before it. Computed in
/// float64, stored in float32:
/// outputs agree with the original to rounding. A normalization that nothing can take up stays a node.
/// </summary>
public static class BatchNormFolding
{
    /// <summary>The equivalent graph; names of values and of matrix nodes are kept, folded constants get new names.</summary>
    public static NetworkGraph Fold(NetworkGraph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        Lazy<IReadOnlyDictionary<string, int[]>> shapes = new(() => ShapeInference.Infer(graph));
        List<Node> nodes = [.. graph.Nodes];
        var constants = new Dictionary<string, Tensor>(graph.Constants);
        HashSet<string> outputs = [.. graph.Outputs.Select(o => o.Name)];
        foreach (Node norm in graph.Nodes.Where(n => n is { OpType: "BatchNormalization", Domain: "" }))
        {
            Node? Sole(string value, params string[] types) =>
                outputs.Contains(value) || nodes.Sum(n => n.Inputs.Count(i => i == value)) != 1 ? null
                : nodes.Find(n => n.Outputs.Contains(value) && n.Domain.Length == 0 && types.Contains(n.OpType));
            if (ChannelScale.Of(norm, constants) is not { } scale || Sole(norm.Inputs[0], "Conv", "Gemm", "MatMul", "Add") is not
                { } before) continue;
            Node[]? replacement = before.OpType switch
            {
                "Conv" => Conv(before, norm, scale, constants),
                "Gemm" => Gemm(before, norm, scale, constants),
                _ => MatMul(before, norm, scale, constants, v => Sole(v, "MatMul"), shapes),
            };
            if (replacement is null) continue;
            nodes[nodes.IndexOf(norm)] = replacement[^1];
            if (before.OpType == "Add") nodes[nodes.FindIndex(n => n.OpType == "MatMul" && before.Inputs.Contains(n.Outputs[0]))] =
                replacement[0];
            else if (replacement.Length == 2) nodes[nodes.IndexOf(before)] = replacement[0];
            nodes.Remove(before);
        }
        HashSet<string> used = [.. nodes.SelectMany(n => n.Inputs), .. outputs];
        return graph with { Nodes = [.. nodes], Constants = constants.Where(c => used.Contains(c.Key)).ToImmutableDictionary() };
    }

    private static Node[]? Conv(Node conv, Node norm, ChannelScale scale, Dictionary<string, Tensor> constants)
    {
        if (!constants.TryGetValue(conv.Inputs[1], out Tensor? w) || w.Type != ElementType.Float32
            || w.Shape[0] != scale.Channels) return null;
        double[]? bias = Bias(conv, 2, scale.Channels, constants);
        if (bias is null) return null;
        int per = w.Count / scale.Channels;
        return [Rewritten(conv, norm, constants, scale.Weights(w, i => i / per), scale.Biases(bias), conv.Attributes)];
    }

    private static Node[]? Gemm(Node gemm, Node norm, ChannelScale scale, Dictionary<string, Tensor> constants)
    {
        if (!constants.TryGetValue(gemm.Inputs[1], out Tensor? w) || w.Type != ElementType.Float32 || w.Shape.Length != 2) return null;
        bool transposed = gemm.Attributes.TryGetValue("transB", out NodeAttribute? t) && t.Integer != 0;
        int columns = w.Shape[1];
        if (w.Shape[transposed ? 0 : 1] != scale.Channels || Bias(gemm, 2, scale.Channels, constants) is not { } bias) return null;
        // C is scaled by beta before it is added; folding makes that factor part of the bias.
        double beta = gemm.Attributes.TryGetValue("beta", out NodeAttribute? b) ? b.Real ?? 1 : 1;
        for (int c = 0; c < bias.Length; c++) bias[c] *= beta;
        return [Rewritten(gemm, norm, constants, scale.Weights(w, i => transposed ? i / columns : i % columns), scale.Biases(bias),
            gemm.Attributes.Remove("beta"))];
    }

    private static Node[]? MatMul(Node before, Node norm, ChannelScale scale, Dictionary<string, Tensor> constants, Func<string,
        Node?> sole,
        Lazy<IReadOnlyDictionary<string, int[]>> shapes)
    {
        Node? matmul = before;
        double[]? bias = new double[scale.Channels];
        if (before.OpType == "Add")
        {
            int constant = constants.ContainsKey(before.Inputs[1]) ? 1 : 0;
            matmul = sole(before.Inputs[1 - constant]);
            bias = constants.TryGetValue(before.Inputs[constant], out Tensor? c) ? Vector(c, scale.Channels) : null;
        }
        if (matmul is null || bias is null || !constants.TryGetValue(matmul.Inputs[1], out Tensor? w)) return null;
        // Normalization is over axis 1, the columns of a product only when that is a matrix.
        if (w.Type != ElementType.Float32 || w.Shape.Length != 2 || w.Shape[1] != scale.Channels
            || shapes.Value.GetValueOrDefault(matmul.Outputs[0])?.Length != 2) return null;
        string weight = Add(constants, $"{matmul.Inputs[1]}/{norm.Name}", scale.Weights(w, i => i % scale.Channels));
        string addend = Add(constants, $"{norm.Name}/bias", scale.Biases(bias));
        return
        [
            matmul with { Inputs = [matmul.Inputs[0], weight] },
            new Node(norm.Name, "", "Add", [matmul.Outputs[0], addend], [norm.Outputs[0]], ImmutableDictionary<string,
                NodeAttribute>.Empty, norm.Position),
        ];
    }

    private static Node Rewritten(Node node, Node norm, Dictionary<string, Tensor> constants, Tensor weight, Tensor bias,
        ImmutableDictionary<string, NodeAttribute> attributes)
    {
        string w = Add(constants, $"{node.Inputs[1]}/{norm.Name}", weight), b = Add(constants, $"{norm.Name}/bias", bias);
        return node with { Inputs = [node.Inputs[0], w, b], Outputs = [norm.Outputs[0]], Attributes = attributes };
    }

    private static string Add(Dictionary<string, Tensor> constants, string name, Tensor value)
    {
        while (constants.ContainsKey(name)) name += "'";
        constants.Add(name, value);
        return name;
    }

    private static double[]? Bias(Node node, int index, int channels, Dictionary<string, Tensor> constants) =>
        node.Inputs.Length <= index || node.Inputs[index].Length == 0 ? new double[channels]
        : constants.TryGetValue(node.Inputs[index], out Tensor? b) ? Vector(b, channels) : null;

    // [N], [1,N] or a scalar; anything else differs from row to row.
    private static double[]? Vector(Tensor b, int channels)
    {
        if (b.Type != ElementType.Float32 || b.Count != 1 && (b.Count != channels || b.Shape[^1] != channels)) return null;
        var values = new double[channels];
        for (int c = 0; c < channels; c++) values[c] = b.Floats[b.Count == 1 ? 0 : c];
        return values;
    }

    /// <summary>y = (x − mean)·factor + shift of each channel, in float64.</summary>
    private sealed record ChannelScale(double[] Factor, double[] Mean, double[] Shift)
    {
        internal int Channels => Factor.Length;

        internal static ChannelScale? Of(Node norm, Dictionary<string, Tensor> constants)
        {
            var inputs = new double[4][];
            for (int i = 0; i < 4; i++)
            {
                if (!constants.TryGetValue(norm.Inputs[i + 1], out Tensor? t) || t.Type != ElementType.Float32) return null;
                inputs[i] = Array.ConvertAll(t.Floats, v => (double)v);
            }
            double epsilon = norm.Attributes.TryGetValue("epsilon", out NodeAttribute? e) ? e.Real ?? 1e-5f : 1e-5f;
            return new ChannelScale([.. inputs[0].Select((s, c) => s / Math.Sqrt(inputs[3][c] + epsilon))], inputs[2], inputs[1]);
        }

        internal Tensor Weights(Tensor w, Func<int, int> channel)
        {
            var scaled = new float[w.Count];
            for (int i = 0; i < scaled.Length; i++) scaled[i] = (float)(w.Floats[i] * Factor[channel(i)]);
            return Tensor.OfFloats(scaled, w.Shape);
        }

        internal Tensor Biases(double[] bias) =>
            Tensor.OfFloats([.. bias.Select((b, c) => (float)((b - Mean[c]) * Factor[c] + Shift[c]))], bias.Length);
    }
}
