using System.Collections.Immutable;
using Sim.Datapath.Formats;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;
using Sim.Workloads.Onnx;
using Sim.Workloads.Quantization;

namespace Sim.Verification.Repair;

/// <summary>A float network after post-training quantization of 8 bits as a QDQ graph, so that its integers can be kept in a file and
/// repaired there.</summary>
public static class QdqForm
{
    /// <summary>
    /// The quantization: weights and activations of 8 bits, calibrated on samples; one scale a layer where the opset has none for each
    /// output channel. Batch normalization stays where it is.
    /// </summary>
    public static PostTraining Rule(Tensor samples, int opset) => new(8, 8)
    {
        Calibration = samples, Recipe = Recipe.Default with { FoldBatchNormalization = false, WeightGranularity = HasChannelScales(opset)
            ? Granularity.PerChannel : Granularity.PerTensor },
    };

    /// <summary>Whether DequantizeLinear takes a scale for each output channel.</summary>
    public static bool HasChannelScales(int opset) => opset >= 13;

    /// <summary>Layers whose integer weights QONNX's quantizers state, by name.</summary>
    public static ImmutableArray<string> QonnxLayers(IntegerNetwork network)
    {
        ArgumentNullException.ThrowIfNull(network);
        return [.. network.Layers.Where(l => Weights(network, l) is { OpType: "Quant" or "IntQuant" or "BipolarQuant" })
            .Select(l => l.Name)];
    }

    /// <summary>The network's file with the weights of QONNX's quantizers as int8 constants, whose values are the same.</summary>
    /// <exception cref="NotSupportedException">Its integers or scales have no such form.</exception>
    public static byte[] OfQonnx(ReadOnlySpan<byte> model, IntegerNetwork network)
    {
        ArgumentNullException.ThrowIfNull(network);
        IReadOnlyDictionary<string, StatedLayer> stated = StatedIntegers.Read(network.Graph);
        ImmutableArray<string> names = QonnxLayers(network);
        var layers = ImmutableArray.CreateBuilder<LayerQuantization>();
        for (int i = 0; i < network.Layers.Length; i++)
        {
            IntegerLayer layer = network.Layers[i];
            if (!names.Contains(layer.Name)) continue;
            Node node = network.Graph.Nodes.Single(n => n.Name == layer.Name);
            NotSupportedException No(string what) =>
                new($"layer '{layer.Name}': {what}; allowed are weights and inputs of at most 8 bits with constant scales");
            (StatedRows? rows, string? reason) = stated[layer.Name].Weights is { Constant: not null } weights
                ? StatedRows.Of(node, layer.Shape, weights) : (null, "its weights are not constant");
            if (rows is null) throw No(reason!);
            long[] integers = [.. rows.Numbers.Select((v, k) => (long)v - (rows.Zeros.Length == 0 ? 0 : rows.Zeros[k / layer.K]))];
            if (integers.Any(v => v is < sbyte.MinValue or > sbyte.MaxValue)) throw No("its weights need more than 8 bits");
            if (!network.Graph.Constants.TryGetValue(Weights(network, layer)!.Inputs[0], out Tensor? floats)
                || floats.Count != layer.Shape.SecondElements) throw No("its weights are no constant of its size");
            LayerInput input = network.Inputs[i];
            ElementType type = input.Type.Low < 0 ? ElementType.Int8 : ElementType.UInt8;
            if (input.Scale is not { } scale || !input.IsKnown || input.Type.Low < type.Range().Minimum
                || input.Type.High > type.Range().Maximum) throw No("its input needs more than 8 bits or has no scale");
            float[] scales = rows.Scales.Distinct().Count() == 1 ? [rows.Scales[0]] : rows.Scales;
            layers.Add(new(node.Position, scale, input.ZeroPoint, type,
                new Tensor(ElementType.Int8, floats.Shape, LayerWeights.FromRows(node, layer.Shape, integers)), scales,
                LayerWeights.RowsFirst(node, layer.Shape) ? 0 : floats.Shape.Length - 1));
        }
        return OnnxEditor.InQdqForm(model, layers);
    }

    private static Node? Weights(IntegerNetwork network, IntegerLayer layer) =>
        network.Graph.Nodes.Single(n => n.Name == layer.Name) is { OpType: "Conv" or "Gemm" or "MatMul" } node
            ? network.Graph.Nodes.FirstOrDefault(n => n.Outputs.Contains(node.Inputs[1])) : null;

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
            if (node.OpType is not ("Conv" or "Gemm" or "MatMul")
                || !network.Graph.Constants.TryGetValue(node.Inputs[1], out Tensor? floats) || floats.Type != ElementType.Float32) continue;
            if (floats.Count != layer.Shape.SecondElements) continue;
            float[] rows = LayerWeights.Rows(node, layer.Shape, floats.Floats);
            var tensor = new TensorEncoder(encoder, rule.Recipe.WeightRounding, rule.Recipe.Seed, TensorEncoder.NameOfWeights(node.Name));
            QuantizedWeights weights = QuantizedWeights.From(rows, layer.Rows, layer.K, tensor, rule.Recipe);
            long[] integers = [.. weights.Codes.Select(c => (long)encoder.Decode(c))];
            LayerInput input = network.Inputs[i];
            layers.Add(new(node.Position, input.Scale!.Value, input.ZeroPoint, input.Type.Low < 0 ? ElementType.Int8 : ElementType.UInt8,
                new Tensor(ElementType.Int8, floats.Shape, LayerWeights.FromRows(node, layer.Shape, integers)),
                    rule.Recipe.WeightGranularity == Granularity.PerTensor ? [weights.Scales[0]] : [.. weights.Scales],
                    LayerWeights.RowsFirst(node, layer.Shape) ? 0 : floats.Shape.Length - 1));
        }
        return OnnxEditor.InQdqForm(model, layers);
    }
}
