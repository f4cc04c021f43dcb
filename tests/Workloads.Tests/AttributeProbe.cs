using System.Collections.Immutable;
using Sim.Workloads.Execution;
using Sim.Workloads.Graph;
using static Sim.Tests.OracleData;

namespace Sim.Tests;

/// <summary>One attribute of one operator: inputs, the other attributes, the value to try, and what refuses it when it is not
/// supported.</summary>
internal sealed record AttributeProbe(string OpType, NodeAttribute Tried, Tensor?[] Inputs, NodeAttribute[] Others, int Opset = 21,
    string Domain = "", int Outputs = 1, string? Refusal = null)
{
    internal string Key => $"{(Domain.Length == 0 || !OnnxSchema.IsStandard(OpType) ? "" : Domain + ":")}{OpType}.{Tried.Name}";

    /// <summary>The results with the value tried, or with what <see cref="Others"/> says of it, or without.</summary>
    internal Tensor[] Run(bool with)
    {
        IEnumerable<NodeAttribute> attributes = with ? Others.Where(a => a.Name != Tried.Name).Append(Tried) : Others;
        var node = new Node("n", Domain, OpType, [.. Inputs.Select((t, i) => t is null ? "" : $"i{i}")],
            [.. Enumerable.Range(0, Outputs).Select(i => $"y{i}")], attributes.ToImmutableDictionary(a => a.Name));
        return GraphExecutor.Apply(node, Opset, Inputs);
    }

    /// <summary>Infers the shapes of a graph of the one node with the value tried; its first input is the graph's, the others are
    /// constants.</summary>
    internal void Import()
    {
        var node = new Node("n", Domain, OpType, [.. Inputs.Select((t, i) => t is null ? "" : $"i{i}")],
            [.. Enumerable.Range(0, Outputs).Select(i => $"y{i}")],
            Others.Where(a => a.Name != Tried.Name).Append(Tried).ToImmutableDictionary(a => a.Name));
        var constants = Inputs.Select((t, i) => (Name: $"i{i}", Value: t)).Skip(1).Where(c => c.Value is not null)
            .ToImmutableDictionary(c => c.Name, c => c.Value!);
        ShapeInference.Values(new NetworkGraph("g", Opset, [new GraphValue("i0", Inputs[0]!.Type, [.. Inputs[0]!.Shape])],
            [new GraphValue("y0", ElementType.Float32, [])], [node], constants, ""));
    }

    private const string Contributed = "com.microsoft";

    internal static IEnumerable<AttributeProbe> All(OracleData d) =>
        [.. Windows(d), .. Quantizers(d), .. Elementwise(d), .. Moving(d), .. Resizing(d)];

    private static IEnumerable<AttributeProbe> Windows(OracleData d)
    {
        Tensor x = d.Floats(1, 2, 6, 6), w = d.Floats(2, 2, 3, 2), g = d.Floats(2, 1, 3, 2);
        Tensor xq = d.Integers(ElementType.UInt8, 1, 2, 6, 6), wq = d.Integers(ElementType.Int8, 2, 2, 3, 2),
            gq = d.Integers(ElementType.Int8, 2, 1, 3, 2);
        Tensor?[] q = [xq, Scalar(0.02f), Scalar(ElementType.UInt8, 3), wq, Scalar(0.01f), Scalar(ElementType.Int8, 0), Scalar(0.2f),
            Scalar(ElementType.UInt8, 100)];
        foreach ((string op, Tensor?[] inputs, Tensor?[] grouped) in new[] { ("Conv", new Tensor?[] { x, w }, new Tensor?[] { x, g }),
            ("ConvInteger", [xq, wq], [xq, gq]), ("QLinearConv", q, [.. q[..3], gq, .. q[4..]]) })
        {
            foreach (NodeAttribute a in new[] { S("auto_pad", "SAME_UPPER"), Ints("dilations", 2, 2), Ints("pads", 1, 1, 0, 0),
                Ints("strides", 2, 1) }) yield return new(op, a, inputs, []);
            // Another number of groups needs other weights.
            yield return new(op, I("group", 1), grouped, [I("group", 2)], Refusal: "expects 1 input channels a group");
        }
        foreach (NodeAttribute a in new[] { S("auto_pad", "SAME_UPPER"), I("ceil_mode", 1), Ints("dilations", 2, 2),
            Ints("kernel_shape", 2, 2), Ints("pads", 1, 1, 0, 0), Ints("strides", 1, 1) })
        {
            yield return new("MaxPool", a, [x], [Ints("kernel_shape", 3, 2), Ints("strides", 2, 3)], 22);
            yield return new("AveragePool", a, [x], [Ints("kernel_shape", 3, 2), Ints("strides", 2, 3)], 22);
        }
        yield return new("MaxPool", I("storage_order", 1), [x], [Ints("kernel_shape", 3, 2)], Outputs: 2);
        yield return new("AveragePool", I("count_include_pad", 1), [x], [Ints("kernel_shape", 3, 2), Ints("pads", 1, 1, 1, 1)]);
        Tensor?[] pool = [xq, Scalar(0.02f), Scalar(ElementType.UInt8, 3), Scalar(0.02f), Scalar(ElementType.UInt8, 100)];
        foreach (NodeAttribute a in new[] { S("auto_pad", "SAME_UPPER"), I("ceil_mode", 1), Ints("kernel_shape", 2, 2),
            Ints("pads", 1, 1, 0, 0), Ints("strides", 1, 1) })
            yield return new("QLinearAveragePool", a, pool, [Ints("kernel_shape", 3, 2), Ints("strides", 2, 3)], Domain: Contributed);
        yield return new("QLinearAveragePool", I("count_include_pad", 1), pool, [Ints("kernel_shape", 3, 2), Ints("pads", 1, 1, 1, 1)],
            Domain: Contributed);
        yield return new("QLinearAveragePool", I("channels_last", 1), pool, [Ints("kernel_shape", 2, 2)], Domain: Contributed);
        yield return new("QLinearGlobalAveragePool", I("channels_last", 1), pool, [I("channels_last", 0)], Domain: Contributed);
    }

    private static IEnumerable<AttributeProbe> Quantizers(OracleData d)
    {
        Tensor x = d.Floats(3, 3), scales = F(0.5f, 0.01f, 0.1f), huge = F(1e6f), codes = d.Integers(ElementType.Int8, 3, 3),
            half = Scalar(0.3f);
        yield return new("QuantizeLinear", I("axis", 0), [x, scales], []);
        yield return new("QuantizeLinear", I("block_size", 2), [x, Tensor.OfFloats([0.5f, 0.1f, 0.2f], 1, 3)],
            [I("axis", 0), I("block_size", 3)], Refusal: "need scales and zero points of shape");
        yield return new("QuantizeLinear", I("output_dtype", ElementType.Int16.OnnxCode()), [x, half], []);
        yield return new("QuantizeLinear", I("precision", ElementType.Float16.OnnxCode()), [F(1000.4f, 2001.3f, 3000.7f), Scalar(0.9999f)],
            [I("output_dtype", ElementType.Int16.OnnxCode())], 23);
        yield return new("QuantizeLinear", I("saturate", 0), [huge, Scalar(1)], [I("output_dtype", ElementType.Float8E4M3FN.OnnxCode())]);
        yield return new("DequantizeLinear", I("axis", 0), [codes, scales], []);
        yield return new("DequantizeLinear", I("block_size", 2), [codes, Tensor.OfFloats([0.5f, 0.1f, 0.2f], 1, 3)],
            [I("axis", 0), I("block_size", 3)], Refusal: "need scales and zero points of shape");
        yield return new("DequantizeLinear", I("output_dtype", ElementType.Float16.OnnxCode()), [codes, scales], [], 23);
        foreach (string op in new[] { "QuantizeLinear", "DequantizeLinear" })
        {
            Tensor input = op == "QuantizeLinear" ? x : codes;
            yield return new(op, I("axis", 0), [input, scales], [I("axis", 1)], Domain: Contributed);
            yield return new(op, I("block_size", 2), [input, Tensor.OfFloats([0.5f, 0.1f, 0.2f], 1, 3)],
                [I("axis", 0), I("block_size", 3)], Domain: Contributed, Refusal: "need scales and zero points of shape");
        }
        foreach (string op in new[] { "Quant", "IntQuant" })
        {
            Tensor?[] inputs = [F(-9, -2.5f, 0.6f, 1.2f, 9), Scalar(1), Scalar(0), Scalar(3)];
            yield return new(op, I("narrow", 1), inputs, [], Domain: "qonnx.custom_op.general");
            yield return new(op, S("rounding_mode", "CEIL"), inputs, [], Domain: "qonnx.custom_op.general");
            yield return new(op, I("signed", 0), inputs, [], Domain: "qonnx.custom_op.general");
        }
        Tensor?[] trunc = [F(-31, -8.5f, 3, 31), Scalar(0.5f), Scalar(0), Scalar(7), Scalar(4), Scalar(4)];
        yield return new("Trunc", I("narrow", 1), trunc, [I("signed", 1)], Domain: "qonnx.custom_op.general");
        yield return new("Trunc", I("signed", 0), trunc, [I("signed", 1)], Domain: "qonnx.custom_op.general");
        yield return new("Trunc", S("rounding_mode", "CEIL"), trunc, [], Domain: "qonnx.custom_op.general");
        Tensor u = d.Integers(ElementType.UInt8, 2, 3, 4), zero = Scalar(ElementType.UInt8, 9);
        yield return new("QLinearConcat", I("axis", 2), [Scalar(0.1f), zero, u, Scalar(0.1f), zero, u, Scalar(0.2f), zero], [I("axis", 1)],
            Domain: Contributed);
        yield return new("QLinearLeakyRelu", R("alpha", 0.5f),
            [u, Scalar(0.1f), Scalar(ElementType.UInt8, 200), Scalar(0.1f), Scalar(ElementType.UInt8, 200)], [], Domain: Contributed);
        Tensor?[] soft = [u, Scalar(0.02f), zero, Scalar(1 / 256f), Scalar(ElementType.UInt8, 0)];
        yield return new("QLinearSoftmax", I("axis", 1), soft, [I("opset", 13)], Domain: Contributed);
        yield return new("QLinearSoftmax", I("opset", 11), soft, [I("opset", 13), I("axis", 1)], Domain: Contributed);
        Tensor a = d.Integers(ElementType.UInt8, 4, 4), b = d.Integers(ElementType.Int8, 4, 4),
            c = d.Between(ElementType.Int32, -99, 99, 4);
        foreach (NodeAttribute tried in new[] { R("alpha", 0.5f), I("transA", 1), I("transB", 1) })
            yield return new("QGemm", tried,
                [a, Scalar(0.1f), Scalar(ElementType.UInt8, 3), b, Scalar(0.1f), Scalar(ElementType.Int8, 0), c], [], Domain: Contributed);
        Tensor?[] bits = [d.Floats(2, 32), d.Integers(ElementType.UInt8, 3, 2, 8), d.Floats(3, 2)];
        NodeAttribute[] sizes = [I("K", 32), I("N", 3), I("bits", 4), I("block_size", 16)];
        foreach ((NodeAttribute tried, string refusal) in new[] { (I("K", 31), "must have K = 31 columns"), (I("N", 4), "B must be UInt8"),
            (I("bits", 8), "B must be UInt8"), (I("block_size", 32), "3 scales are needed") })
            yield return new("MatMulNBits", tried, bits, sizes, Domain: Contributed, Refusal: refusal);
    }

    private static IEnumerable<AttributeProbe> Elementwise(OracleData d)
    {
        Tensor x = d.Floats(4, 6), wide = Tensor.OfFloats([-5, -0.4f, 0.1f, 0.6f, 2, 4], 6);
        foreach (string op in new[] { "LeakyRelu", "Elu", "Selu", "ThresholdedRelu", "HardSigmoid" }) yield return new(op,
            R("alpha", 0.35f), [wide], []);
        yield return new("Selu", R("gamma", 2), [wide], []);
        yield return new("HardSigmoid", R("beta", 0.1f), [wide], []);
        yield return new("Gelu", S("approximate", "tanh"), [wide], []);
        yield return new("Clip", R("min", -1), [wide], [], 9);
        yield return new("Clip", R("max", 1), [wide], [], 9);
        yield return new("Mod", I("fmod", 1), [L(-5, 7), L(3, -3)], []);
        foreach (NodeAttribute a in new[] { R("alpha", 0.5f), R("beta", 0.5f), I("transA", 1), I("transB", 1) }) yield return new("Gemm",
            a, [d.Floats(4, 4), d.Floats(4, 4), d.Floats(4)], []);
        foreach (string op in new[] { "Softmax", "LogSoftmax" }) yield return new(op, I("axis", 0), [x], []);
        Tensor?[] norm = [d.Floats(2, 3, 4), d.Floats(3), d.Floats(3), d.Floats(3), F(0.5f, 1, 2)];
        yield return new("BatchNormalization", R("epsilon", 1), norm, []);
        yield return new("BatchNormalization", I("training_mode", 1), norm, [], Refusal: "only inference");
        yield return new("BatchNormalization", I("spatial", 0), norm, [], 7, Refusal: "spatial = 0 is not supported");
        yield return new("InstanceNormalization", R("epsilon", 1), norm[..3], []);
        yield return new("LayerNormalization", R("epsilon", 1), [x, d.Floats(6)], []);
        yield return new("LayerNormalization", I("axis", 0), [x, d.Floats(1)], []);
        yield return new("LayerNormalization", I("stash_type", 11), [x, d.Floats(6)], [], Refusal: "stash_type must be 1");
        foreach (string op in new[] { "ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2",
            "ReduceSumSquare" })
        {
            yield return new(op, Ints("axes", 0), [x], [], 11);
            yield return new(op, I("keepdims", 0), [x], []);
        }
        yield return new("ReduceSum", I("noop_with_empty_axes", 1), [x], []);
        foreach (string op in new[] { "ArgMax", "ArgMin" })
        {
            yield return new(op, I("axis", 1), [x], []);
            yield return new(op, I("keepdims", 0), [x], []);
            yield return new(op, I("select_last_index", 1), [L(1, 1)], []);
        }
        yield return new("Cast", I("to", ElementType.Int32.OnnxCode()), [wide], [I("to", ElementType.Float16.OnnxCode())]);
        yield return new("Cast", I("saturate", 0), [F(1e6f)], [I("to", ElementType.Float8E5M2.OnnxCode())]);
        yield return new("Cast", S("round_mode", "down"), [F(5)], [I("to", ElementType.Float8E8M0.OnnxCode())], 24);
        Tensor e5 = new(ElementType.Float8E5M2, [1], new byte[1]), e8 = new(ElementType.Float8E8M0, [1], new byte[1]);
        yield return new("CastLike", I("saturate", 0), [F(1e6f), e5], []);
        yield return new("CastLike", S("round_mode", "down"), [F(5), e8], [], 24);
    }

    private static IEnumerable<AttributeProbe> Moving(OracleData d)
    {
        Tensor x = d.Floats(4, 6), ones = d.Floats(1, 1, 4);
        yield return new("Flatten", I("axis", 0), [x], []);
        yield return new("Reshape", I("allowzero", 1), [Tensor.OfFloats([], 3, 0), L(0, -1)], [I("allowzero", 0)],
            Refusal: "does not divide");
        yield return new("Squeeze", Ints("axes", 0), [ones], [], 11);
        yield return new("Unsqueeze", Ints("axes", 0), [x], [Ints("axes", 1)], 11);
        yield return new("Shape", I("start", 1), [x], []);
        yield return new("Shape", I("end", 1), [x], []);
        yield return new("ConstantOfShape", new NodeAttribute("value", Tensor: L(7)), [L(2)], []);
        yield return new("Transpose", Ints("perm", 0, 1), [x], []);
        yield return new("Concat", I("axis", 1), [x, x], [I("axis", 0)]);
        yield return new("Split", I("axis", 1), [x], [], Outputs: 2);
        yield return new("Split", I("num_outputs", 3), [x], [], Outputs: 2, Refusal: "is not the number of outputs");
        yield return new("Split", Ints("split", 1, 3), [x], [], 11, Outputs: 2);
        yield return new("Slice", Ints("axes", 1), [x], [Ints("starts", 1), Ints("ends", 3)], 9);
        yield return new("Slice", Ints("starts", 2), [x], [Ints("starts", 1), Ints("ends", 3)], 9);
        yield return new("Slice", Ints("ends", long.MaxValue), [x], [Ints("starts", 1), Ints("ends", 3)], 9);
        yield return new("Gather", I("axis", 1), [x, L(0, 1)], []);
        yield return new("OneHot", I("axis", 0), [L(0, 1), L(3), F(0, 1)], []);
        yield return new("DepthToSpace", I("blocksize", 1), [d.Floats(1, 8, 2, 2)], [I("blocksize", 2)]);
        yield return new("DepthToSpace", S("mode", "CRD"), [d.Floats(1, 8, 2, 2)], [I("blocksize", 2)]);
        yield return new("SpaceToDepth", I("blocksize", 1), [d.Floats(1, 2, 4, 4)], [I("blocksize", 2)]);
        yield return new("Pad", S("mode", "edge"), [x, L(1, 0, 0, 1)], []);
        yield return new("Pad", Ints("pads", 0, 0, 1, 1), [x], [Ints("pads", 1, 0, 0, 0)], 10);
        yield return new("Pad", R("value", 5), [x], [Ints("pads", 1, 0, 0, 0)], 10);
    }

    private static IEnumerable<AttributeProbe> Resizing(OracleData d)
    {
        Tensor x = d.Floats(1, 1, 5, 6), scales = F(1, 1, 0.6f, 1.5f);
        yield return new("Upsample", S("mode", "linear"), [x, F(1, 1, 2, 2)], [], 9);
        yield return new("Upsample", new NodeAttribute("scales", Reals: [1, 1, 3, 2]), [x],
            [new NodeAttribute("scales", Reals: [1, 1, 2, 2])], 7);
        NodeAttribute linear = S("mode", "linear"), cubic = S("mode", "cubic"),
            crop = S("coordinate_transformation_mode", "tf_crop_and_resize");
        yield return new("Resize", linear, [x, null, scales], []);
        yield return new("Resize", S("nearest_mode", "ceil"), [x, null, scales], []);
        yield return new("Resize", S("coordinate_transformation_mode", "asymmetric"), [x, null, scales], [linear]);
        yield return new("Resize", R("cubic_coeff_a", -0.5f), [x, null, scales], [cubic]);
        yield return new("Resize", I("exclude_outside", 1), [x, null, scales], [cubic]);
        yield return new("Resize", I("antialias", 1), [x, null, scales], [linear]);
        yield return new("Resize", R("extrapolation_value", 9), [x, F(0, 0, -0.5f, 0, 1, 1, 1.5f, 1), scales], [crop]);
        yield return new("Resize", Ints("axes", 3, 2), [x, null, null, L(4, 3)], [Ints("axes", 2, 3)]);
        yield return new("Resize", S("keep_aspect_ratio_policy", "not_larger"), [x, null, null, L(4, 9)], [Ints("axes", 2, 3)]);
    }
}
