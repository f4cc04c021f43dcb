using Google.Protobuf;
using Sim.Workloads.Graph;
using Sim.Workloads.Onnx.Messages;

namespace Sim.Workloads.Onnx;

/// <summary>A constant input of a node, and what it shall be.</summary>
/// <param name="Position">The node's number in the file, from 1.</param>
/// <param name="Input">Index among its inputs.</param>
/// <param name="Value">Of the same element type, or another that the operator takes.</param>
public sealed record ConstantReplacement(int Position, int Input, Tensor Value);

/// <summary>How a Conv, Gemm or MatMul of float operands is quantized.</summary>
/// <param name="Position">The node's number in the file, from 1.</param>
/// <param name="InputType">Int8 or UInt8.</param>
/// <param name="Weights">Integers in the shape of the float weights.</param>
/// <param name="WeightScales">One an output channel.</param>
/// <param name="WeightAxis">Dimension of the output channels.</param>
public sealed record LayerQuantization(int Position, float InputScale, int InputZeroPoint, ElementType InputType, Tensor Weights,
    float[] WeightScales, int WeightAxis);

/// <summary>Changes constants of an ONNX model and leaves everything else in it as it was, messages that this project does not read
/// included.</summary>
public static class OnnxEditor
{
    /// <summary>The model with constants replaced and entries of metadata_props added (those of the same key replaced).</summary>
    /// <exception cref="NotSupportedException">The model keeps tensors in files beside it, or an input is no initializer or Constant
    /// node.</exception>
    public static byte[] Replace(ReadOnlySpan<byte> model, IEnumerable<ConstantReplacement> replacements, IEnumerable<KeyValuePair<string,
        string>> metadata)
    {
        ArgumentNullException.ThrowIfNull(replacements);
        ArgumentNullException.ThrowIfNull(metadata);
        ModelProto proto = ModelProto.Parser.ParseFrom(model);
        if (proto.Graph.Initializer.Any(i =>
            i.DataLocation == 1)) throw new NotSupportedException("the model keeps tensors in files beside it; allowed are models of one file");
        Dictionary<string, TensorProto> initializers = proto.Graph.Initializer.ToDictionary(i => i.Name, StringComparer.Ordinal);
        HashSet<string> constants = [.. initializers.Keys, .. proto.Graph.Node.Where(n => n.OpType == "Constant")
            .SelectMany(n => n.Output)];
        Dictionary<string, int> uses = proto.Graph.Node.SelectMany(n => n.Input).Concat(proto.Graph.Output.Select(o => o.Name))
            .GroupBy(n => n, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal);
        HashSet<string> names = [.. proto.Graph.Node.SelectMany(n => n.Input.Concat(n.Output)), .. initializers.Keys];
        foreach (ConstantReplacement change in replacements)
        {
            NodeProto node = proto.Graph.Node[change.Position - 1];
            string name = node.Input[change.Input];
            // What others use too, and what a node makes, stays: this input gets a tensor of its own.
            if (initializers.TryGetValue(name, out TensorProto? tensor) && uses[name] == 1)
            {
                Write(tensor, change.Value);
                continue;
            }
            if (!constants.Contains(name)) throw new NotSupportedException($"input '{name}' of node '{node.Name}' is computed, so that it cannot be replaced");
            string fresh = name + "_own";
            while (!names.Add(fresh)) fresh += "_";
            node.Input[change.Input] = fresh;
            var added = new TensorProto { Name = fresh };
            Write(added, change.Value);
            proto.Graph.Initializer.Add(added);
        }
        foreach ((string key, string value) in metadata)
        {
            foreach (StringStringEntryProto old in proto.MetadataProps.Where(m => m.Key == key).ToList()) proto.MetadataProps.Remove(old);
            proto.MetadataProps.Add(new StringStringEntryProto { Key = key, Value = value });
        }
        return proto.ToByteArray();
    }

    /// <summary>The model with layers in QDQ form: QuantizeLinear and DequantizeLinear before their input, DequantizeLinear after integer
    /// weights. Before opset 13 weights have one scale, before 10 there is no such form.</summary>
    /// <exception cref="NotSupportedException">The model keeps tensors in files beside it, or its opset has no scales for each
    /// channel.</exception>
    public static byte[] InQdqForm(ReadOnlySpan<byte> model, IEnumerable<LayerQuantization> layers)
    {
        ArgumentNullException.ThrowIfNull(layers);
        ModelProto proto = ModelProto.Parser.ParseFrom(model);
        if (proto.Graph.Initializer.Any(i =>
            i.DataLocation == 1)) throw new NotSupportedException("the model keeps tensors in files beside it; allowed are models of one file");
        long opset = proto.OpsetImport.FirstOrDefault(o => o.Domain is "" or "ai.onnx")?.Version ?? 13;
        if (opset < 10) throw new NotSupportedException($"opset {opset} has no QuantizeLinear; allowed are opset 10 and later");
        var replaced = new HashSet<string>(StringComparer.Ordinal);
        // The last layer first, so that positions stay those of the file.
        foreach (LayerQuantization layer in layers.OrderByDescending(l => l.Position))
        {
            NodeProto node = proto.Graph.Node[layer.Position - 1];
            string name = node.Name.Length > 0 ? node.Name : node.Output[0];
            string Constant(string suffix, Tensor value)
            {
                var tensor = new TensorProto { Name = $"{name}/{suffix}" };
                Write(tensor, value);
                proto.Graph.Initializer.Add(tensor);
                return tensor.Name;
            }
            NodeProto Made(string op, string suffix, params string[] inputs)
            {
                var made = new NodeProto { Name = $"{name}/{suffix}", OpType = op };
                made.Input.AddRange(inputs);
                made.Output.Add($"{name}/{suffix}_out");
                return made;
            }
            string scale = Constant("x_scale", Tensor.OfFloats([layer.InputScale])),
                zero = Constant("x_zero", Tensor.OfIntegers(layer.InputType, [layer.InputZeroPoint]));
            NodeProto quantize = Made("QuantizeLinear", "x_quantize", node.Input[0], scale, zero),
                dequantize = Made("DequantizeLinear", "x_dequantize", quantize.Output[0], scale, zero);
            NodeProto weights = Made("DequantizeLinear", "w_dequantize", Constant("w_integers", layer.Weights),
                Constant("w_scale", layer.WeightScales.Length == 1 ? Tensor.OfFloats(layer.WeightScales)
                : Tensor.OfFloats(layer.WeightScales, layer.WeightScales.Length)));
            if (layer.WeightScales.Length > 1)
            {
                if (opset < 13) throw new NotSupportedException("scales for each output channel need opset 13 or later");
                weights.Attribute.Add(new AttributeProto { Name = "axis", I = layer.WeightAxis, Type = 2 });
            }
            replaced.Add(node.Input[1]);
            (node.Input[0], node.Input[1]) = (dequantize.Output[0], weights.Output[0]);
            foreach (NodeProto made in (NodeProto[])[weights, dequantize, quantize]) proto.Graph.Node.Insert(layer.Position - 1, made);
        }
        // Quantizers of weights and float weights that nothing uses any more.
        HashSet<string> used = [.. proto.Graph.Node.SelectMany(n => n.Input), .. proto.Graph.Output.Select(o => o.Name)];
        foreach (NodeProto unused in proto.Graph.Node.Where(n => n.Output.Any(replaced.Contains) && !n.Output.Any(used.Contains))
            .ToList()) proto.Graph.Node.Remove(unused);
        used = [.. proto.Graph.Node.SelectMany(n => n.Input), .. proto.Graph.Output.Select(o => o.Name)];
        foreach (TensorProto unused in proto.Graph.Initializer.Where(i => !used.Contains(i.Name))
            .ToList()) proto.Graph.Initializer.Remove(unused);
        return proto.ToByteArray();
    }

    private static void Write(TensorProto tensor, Tensor value)
    {
        tensor.Dims.Clear();
        tensor.Dims.AddRange(value.Shape.Select(d => (long)d));
        tensor.DataType = value.Type.OnnxCode();
        tensor.FloatData.Clear();
        tensor.DoubleData.Clear();
        tensor.Int32Data.Clear();
        tensor.Int64Data.Clear();
        tensor.Uint64Data.Clear();
        tensor.RawData = UnsafeByteOperations.UnsafeWrap(ElementBytes.Write(value));
    }
}
