using Sim.Workloads.Graph;
using Sim.Workloads.Integers;
using Sim.Workloads.Onnx;
using Sim.Workloads.Quantization;

namespace Sim.Verification.Repair;

/// <summary>Where the weights of an integer layer, their scales and its bias stand in the graph: what a repaired layer replaces.</summary>
internal sealed class LayerPlaces
{
    private readonly NetworkGraph _graph;
    private readonly Node _node, _weights;
    private readonly int _weightInput, _scaleInput;
    private readonly LayerInput _input;

    private LayerPlaces(NetworkGraph graph, Node node, Node weights, int weightInput, int scaleInput, LayerInput input) =>
        (_graph, _node, _weights, _weightInput, _scaleInput, _input) = (graph, node, weights, weightInput, scaleInput, input);

    /// <summary>How far scales may change there.</summary>
    internal ScaleFreedom Freedom(IntegerLayer layer)
    {
        if (_scaleInput < 0 || !HasFreeBias) return ScaleFreedom.Kept;
        int scales = _graph.Constants[_weights.Inputs[_scaleInput]].Count;
        return scales == layer.Rows ? ScaleFreedom.OfRow : scales == 1 ? ScaleFreedom.OfLayer : ScaleFreedom.Kept;
    }

    /// <summary>The places of a layer.</summary>
    /// <exception cref="NotSupportedException">Its integers are no constants of the file as they stand.</exception>
    internal static LayerPlaces Of(IntegerNetwork network, int index)
    {
        IntegerLayer layer = network.Layers[index];
        NetworkGraph graph = network.Graph;
        Node node = graph.Nodes.Single(n => n.Name == layer.Name);
        if (node.OpType is "QLinearConv" or "QLinearMatMul" or "ConvInteger" or "MatMulInteger")
        {
            int weights = LayerWeights.WeightIndex(node);
            Demand(graph, node, weights);
            return new(graph, node, node, weights, LayerWeights.IsQLinear(node) ? 4 : -1, network.Inputs[index]);
        }
        if (Maker(graph, node.Inputs[1]) is not { OpType: "DequantizeLinear" } maker)
            throw new NotSupportedException("its weights are not the integers of a DequantizeLinear node; allowed are QLinear operators and QDQ graphs");
        Demand(graph, maker, 0);
        if (graph.Constants.TryGetValue(maker.Inputs[1], out Tensor? scales) && !Array.TrueForAll(scales.Floats, v => v > 0))
            throw new NotSupportedException("a scale of its weights is 0 or negative, so that its integers are not those of the file; allowed are positive scales");
        foreach (string factor in (string[])["alpha", "beta"])
            if (node.Attributes.GetValueOrDefault(factor)?.Real is { } value
                && value != 1) throw new NotSupportedException(FormattableString.Invariant($"{factor} = {value}; repair takes 1"));
        return new(graph, node, maker, 0, 1, network.Inputs[index]);
    }

    /// <summary>What a repaired layer changes in the file.</summary>
    internal IEnumerable<ConstantReplacement> Replacements(RepairedLayer repaired)
    {
        IntegerLayer layer = repaired.Layer;
        long[] rows = new long[layer.Weights.Length];
        for (int r = 0; r < layer.Rows; r++)
            for (int k = 0; k < layer.K; k++)
                rows[r * layer.K + k] = repaired.Rows[r].Weights[k] + (layer.WeightZeroPoints.Length == 0 ? 0 : layer.WeightZeroPoints[r]);
        Tensor weights = _graph.Constants[_weights.Inputs[_weightInput]];
        yield return new(_weights.Position, _weightInput,
            new Tensor(weights.Type, weights.Shape, LayerWeights.FromRows(_node, layer.Shape, rows)));
        float[] scales = [];
        if (_scaleInput >= 0)
        {
            Tensor stated = _graph.Constants[_weights.Inputs[_scaleInput]];
            scales = [.. stated.Floats.Select((s, i) => stated.Count == 1 || stated.Count == layer.Rows
                ? (float)(s * repaired.Rows[i].Factor) : s)];
            yield return new(_weights.Position, _scaleInput, Tensor.OfFloats(scales, stated.Shape));
        }
        if (Bias(layer, repaired, scales) is { } bias) yield return bias;
    }

    // The place of the bias of a layer in float form, or of the integers of a QLinear one.
    private ConstantReplacement? Bias(IntegerLayer layer, RepairedLayer repaired, float[] scales)
    {
        int index = LayerWeights.BiasIndex(_node);
        if (layer.Bias.Length == 0 || index < 0) return null;
        long[] values = [.. repaired.Rows.Select(r => r.Bias)];
        if (LayerWeights.IsQLinear(_node)) return new(_node.Position, index, Tensor.OfIntegers(ElementType.Int32, values, layer.Rows));
        float Product(int row) => (_input.Scale ?? 1) * scales[scales.Length == 1 ? 0 : row];
        Tensor floats = Tensor.OfFloats([.. values.Select((b, r) => (float)((double)b * Product(r)))], layer.Rows);
        if (Maker(_graph, _node.Inputs[index]) is not { OpType: "DequantizeLinear" } maker) return new(_node.Position, index, floats);
        if (!_graph.Constants.TryGetValue(maker.Inputs[0], out Tensor? stored)
            || stored.Count != layer.Rows) throw new NotSupportedException("its bias is not one constant integer an output channel");
        return new(maker.Position, 0, new Tensor(stored.Type, stored.Shape, values));
    }

    // Integers of a bias with a scale of its own keep the unit of the products, so that the weights have to keep theirs.
    private bool HasFreeBias => LayerWeights.IsQLinear(_node) || LayerWeights.BiasIndex(_node) is var i
        && (i < 0 || i >= _node.Inputs.Length || Maker(_graph, _node.Inputs[i]) is null);

    private static void Demand(NetworkGraph graph, Node node, int input)
    {
        if (!graph.Constants.ContainsKey(node.Inputs[input])) throw new NotSupportedException($"its weights '{node.Inputs[input]}' are no constant of the file");
    }

    private static Node? Maker(NetworkGraph graph, string value) => graph.Nodes.FirstOrDefault(n => n.Outputs.Contains(value));
}
