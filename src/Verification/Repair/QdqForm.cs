using System.Collections.Immutable;
using Sim.Datapath.Formats;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;
using Sim.Workloads.Onnx;
using Sim.Workloads.Quantization;

namespace Sim.Verification.Repair;

/// <summary>A float network after post-training quantization of 8 bits as a QDQ graph, so that its integers can be kept in a file and repaired there.</summary>
public static class QdqForm
{
    /// <summary>The quantization: weights and activations of 8 bits, calibrated on samples. Batch normalization stays where it is.</summary>
    public static PostTraining Rule(Tensor samples) => new(8, 8) { Calibration = samples, Recipe = Recipe.Default with { FoldBatchNormalization = false } };

    /// <summary>The network's file with every layer of constant float weights in QDQ form.</summary>
    /// <param name="model">The file's bytes.</param>
    /// <param name="network">The same network, read with <paramref name="rule"/>.</param>
    /// <exception cref="NotSupportedException">The file's form does not allow it.</exception>
    public static byte[] Write(ReadOnlySpan<byte> model, IntegerNetwork network, PostTraining rule)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(rule);
        var encoder = new ElementEncoder(new FixedFormat("int8", rule.WeightBits, 0, true));
        var layers = ImmutableArray.CreateBuilder<LayerQuantization>();
        for (int i = 0; i < network.Layers.Length; i++)
        {
            IntegerLayer layer = network.Layers[i];
            Node node = network.Graph.Nodes.Single(n => n.Name == layer.Name);
            if (node.OpType is not ("Conv" or "Gemm" or "MatMul") || !network.Graph.Constants.TryGetValue(node.Inputs[1], out Tensor? floats) || floats.Type != ElementType.Float32) continue;
            if (floats.Count != layer.Shape.WeightElements) continue;
            float[] rows = LayerWeights.Rows(node, layer.Shape, floats.Floats);
            var tensor = new TensorEncoder(encoder, rule.Recipe.WeightRounding, rule.Recipe.Seed, TensorEncoder.NameOfWeights(node.Name));
            QuantizedWeights weights = QuantizedWeights.From(rows, layer.Rows, layer.K, tensor, rule.Recipe);
            long[] integers = [.. weights.Codes.Select(c => (long)encoder.Decode(c))];
            LayerInput input = network.Inputs[i];
            layers.Add(new(node.Position, input.Scale!.Value, input.ZeroPoint, input.Type.Low < 0 ? ElementType.Int8 : ElementType.UInt8,
                new Tensor(ElementType.Int8, floats.Shape, LayerWeights.FromRows(node, layer.Shape, integers)), [.. weights.Scales], LayerWeights.RowsFirst(node, layer.Shape) ? 0 : floats.Shape.Length - 1));
        }
        return OnnxEditor.InQdqForm(model, layers);
    }
}
