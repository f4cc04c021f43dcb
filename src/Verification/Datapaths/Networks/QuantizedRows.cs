using System.Collections.Immutable;
using Sim.Datapath.Specs;
using Sim.Workloads.Graph;
using Sim.Workloads.Quantization;

namespace Sim.Verification.Datapaths.Networks;

/// <summary>A layer whose weights are codes of a datapath, as `sim run` makes them: Rows rows (groups · outputs of a group) of K.</summary>
/// <param name="Weights">Row-major codes.</param>
public sealed record QuantizedRows(string Name, string Operator, int Rows, int K, ImmutableArray<uint> Weights)
{
    /// <summary>The codes of one output channel.</summary>
    public ReadOnlySpan<uint> Row(int row) => Weights.AsSpan(row * K, K);

    /// <summary>
    /// Quantizes every Conv, Gemm and MatMul with constant float32 weights into the datapath's weight format. The bias of such a layer is
    /// added behind the register, so it is no part of the sum. Layers that are left out, and why, go to <paramref name="notes"/>.
    /// </summary>
    public static ImmutableArray<QuantizedRows> Of(NetworkGraph graph, DatapathSpec spec, Recipe recipe, ICollection<string> notes)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(notes);
        NetworkGraph executed = recipe.FoldBatchNormalization ? BatchNormFolding.Fold(graph) : graph;
        Dictionary<string, Node> nodes = executed.Nodes.ToDictionary(n => n.Name);
        var encoder = new ElementEncoder(spec.Weight);
        var layers = ImmutableArray.CreateBuilder<QuantizedRows>();
        foreach (GemmLayer shape in LayerExtraction.Layers(executed).Gemms)
        {
            Node node = nodes[shape.Name];
            if (Reason(executed, node, shape, recipe) is { } reason)
            {
                notes.Add($"layer '{node.Name}' ({node.OpType}) is left out: {reason}");
                continue;
            }
            float[] weights = LayerWeights.Rows(node, shape, executed.Constants[node.Inputs[1]].Floats);
            double? peak = recipe.FitAccumulator
                ? Headroom.Peaks(new ElementEncoder(spec.Activation).Range, encoder.Range, spec.Accumulator, shape.K).Weight : null;
            int rows = shape.Groups * shape.N;
            QuantizedWeights codes = QuantizedWeights.From(weights, rows, shape.K,
                new TensorEncoder(encoder, recipe.WeightRounding, recipe.Seed, TensorEncoder.NameOfWeights(node.Name)), recipe, peak);
            layers.Add(new(node.Name, node.OpType, rows, shape.K, codes.Codes));
        }
        return layers.ToImmutable();
    }

    private static string? Reason(NetworkGraph graph, Node node, GemmLayer shape, Recipe recipe)
    {
        if (recipe.FloatLayerNames.Contains(node.Name)) return "the recipe keeps it in float32";
        if (node.OpType is not ("Conv" or "Gemm" or "MatMul")) return "it sums integers already, which --accumulator verifies";
        if (!graph.Constants.TryGetValue(node.Inputs[1], out Tensor? weights)) return "its weights are not constant";
        if (weights.Type != ElementType.Float32) return $"its weights are {weights.Type}";
        if (shape.Conv is null && weights.Shape.Length != 2) return $"its weights have {weights.Shape.Length} dimensions";
        return node.OpType == "Gemm" && LayerWeights.Flag(node, "transA") ? "transA is set" : null;
    }
}
