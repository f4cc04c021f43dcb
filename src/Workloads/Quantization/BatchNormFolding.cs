using System.Collections.Immutable;
using Sim.Workloads.Graph;

namespace Sim.Workloads.Quantization;

/// <summary>
/// Folds BatchNormalization into the Conv or Gemm (transB = 1, alpha = beta = 1) that alone feeds it: w' = w·γ/√(σ²+ε), b' = (b-μ)·γ/√(σ²+ε)+β, computed in
/// double and stored as float32. Everything else stays. A batch normalisation that cannot be folded remains a node of its own.
/// </summary>
public static class BatchNormFolding
{
    /// <summary>The same function with fewer nodes; the graph itself when there is nothing to fold. The digest stays that of the file.</summary>
    public static NetworkGraph Fold(NetworkGraph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        Dictionary<string, int> producers = [], uses = [];
        for (int i = 0; i < graph.Nodes.Length; i++)
        {
            foreach (string output in graph.Nodes[i].Outputs) producers[output] = i;
            foreach (string input in graph.Nodes[i].Inputs) uses[input] = uses.GetValueOrDefault(input) + 1;
        }
        foreach (GraphValue output in graph.Outputs) uses[output.Name] = uses.GetValueOrDefault(output.Name) + 1;
        Node?[] nodes = [.. graph.Nodes];
        ImmutableDictionary<string, Tensor> constants = graph.Constants;
        for (int i = 0; i < nodes.Length; i++)
        {
            if (nodes[i] is not { OpType: "BatchNormalization" } norm || !producers.TryGetValue(norm.Inputs[0], out int from) || uses[norm.Inputs[0]] != 1) continue;
            if (nodes[from] is not { } layer || Folded(graph.Nodes[i], layer, constants) is not { } folded) continue;
            string weightName = $"{layer.Name}/folded_weight", biasName = $"{layer.Name}/folded_bias";
            constants = constants.SetItem(weightName, folded.Weight).SetItem(biasName, folded.Bias);
            nodes[from] = layer with { Inputs = [layer.Inputs[0], weightName, biasName], Outputs = [norm.Outputs[0]] };
            nodes[i] = null;
        }
        return graph with { Nodes = [.. nodes.OfType<Node>()], Constants = constants };
    }

    private static (Tensor Weight, Tensor Bias)? Folded(Node norm, Node layer, ImmutableDictionary<string, Tensor> constants)
    {
        bool suits = layer.OpType == "Conv" || (layer.OpType == "Gemm" && layer.Attributes.GetValueOrDefault("transB")?.Integer == 1
            && layer.Attributes.GetValueOrDefault("alpha")?.Real is null or 1 && layer.Attributes.GetValueOrDefault("beta")?.Real is null or 1);
        if (!suits || Floats(norm, 1) is not { } gamma || Floats(norm, 2) is not { } beta || Floats(norm, 3) is not { } mean
            || Floats(norm, 4) is not { } variance || layer.Inputs.Length < 2 || !constants.TryGetValue(layer.Inputs[1], out Tensor? weight)
            || weight.Type != ElementType.Float32) return null;
        int channels = weight.Shape[0];
        float[] bias = new float[channels];
        if (layer.Inputs.Length > 2 && layer.Inputs[2].Length > 0)
        {
            if (Floats(layer, 2) is not { } given || given.Length != channels) return null;
            bias = given;
        }
        if (gamma.Length != channels || beta.Length != channels || mean.Length != channels || variance.Length != channels) return null;
        double epsilon = norm.Attributes.GetValueOrDefault("epsilon")?.Real ?? 1e-5f;
        float[] from = weight.Floats, w = new float[from.Length], b = new float[channels];
        int size = from.Length / channels;
        for (int c = 0; c < channels; c++)
        {
            double factor = gamma[c] / Math.Sqrt(variance[c] + epsilon);
            for (int i = c * size; i < (c + 1) * size; i++) w[i] = (float)(from[i] * factor);
            b[c] = (float)(((double)bias[c] - mean[c]) * factor + beta[c]);
        }
        return (Tensor.OfFloats(w, weight.Shape), Tensor.OfFloats(b, channels));

        float[]? Floats(Node node, int index) =>
            index < node.Inputs.Length && constants.TryGetValue(node.Inputs[index], out Tensor? t) && t.Type == ElementType.Float32 ? t.Floats : null;
    }
}
