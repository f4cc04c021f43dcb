using System.Collections.Immutable;
using Sim.Foundation.Diagnostics;
using Sim.Workloads.Execution.Operators;
using Sim.Workloads.Graph;
using Sim.Workloads.Quantization;

namespace Sim.Workloads.Execution;

/// <summary>Every operator that is supported, one line each: name, least and most inputs, most outputs, attributes understood, body.</summary>
public static class OperatorCatalogue
{
    private const int Any = int.MaxValue;

    private static readonly ImmutableArray<Operator> List =
    [
        new("Conv", 2, 3, 1, "auto_pad dilations group kernel_shape pads strides", Convolution.Conv),
        new("Gemm", 2, 3, 1, "alpha beta transA transB", MatrixProducts.Gemm),
        new("MatMul", 2, 2, 1, "", MatrixProducts.MatMul),
        new("QLinearConv", 8, 9, 1, "auto_pad dilations group kernel_shape pads strides", QuantizedProducts.Conv),
        new("QLinearMatMul", 8, 8, 1, "", QuantizedProducts.MatMul),
        new("ConvInteger", 2, 4, 1, "auto_pad dilations group kernel_shape pads strides", QuantizedProducts.ConvInteger),
        new("MatMulInteger", 2, 4, 1, "", QuantizedProducts.MatMulInteger),
        new("QuantizeLinear", 2, 3, 1, "axis block_size output_dtype saturate precision", QuantizationOperators.Quantize) { TakesStored = true },
        new("DequantizeLinear", 2, 3, 1, "axis block_size output_dtype", QuantizationOperators.Dequantize) { TakesStored = true },
        new("DynamicQuantizeLinear", 1, 1, 3, "", QuantizationOperators.Dynamic),
        new("Quant", 4, 4, 1, "narrow rounding_mode signed", QonnxOperators.Quant) { Domains = QonnxQuantizer.Domains },
        new("IntQuant", 4, 4, 1, "narrow rounding_mode signed", QonnxOperators.Quant) { Domains = QonnxQuantizer.Domains },
        new("BipolarQuant", 2, 2, 1, "", QonnxOperators.Bipolar) { Domains = QonnxQuantizer.Domains },
        new("Trunc", 5, 6, 1, "narrow rounding_mode signed", QonnxOperators.Trunc) { Domains = QonnxQuantizer.Domains },
        new("Add", 2, 2, 1, "", BinaryOperators.Add),
        new("Sub", 2, 2, 1, "", BinaryOperators.Sub),
        new("Mul", 2, 2, 1, "", BinaryOperators.Mul),
        new("Div", 2, 2, 1, "", BinaryOperators.Div),
        new("Mod", 2, 2, 1, "fmod", BinaryOperators.Mod),
        new("Pow", 2, 2, 1, "", BinaryOperators.Pow),
        new("Min", 1, Any, 1, "", BinaryOperators.Min),
        new("Max", 1, Any, 1, "", BinaryOperators.Max),
        new("Sum", 1, Any, 1, "", BinaryOperators.Sum),
        new("Mean", 1, Any, 1, "", BinaryOperators.Mean),
        new("Equal", 2, 2, 1, "", LogicOperators.Equal),
        new("Greater", 2, 2, 1, "", LogicOperators.Greater),
        new("GreaterOrEqual", 2, 2, 1, "", LogicOperators.GreaterOrEqual),
        new("Less", 2, 2, 1, "", LogicOperators.Less),
        new("LessOrEqual", 2, 2, 1, "", LogicOperators.LessOrEqual),
        new("And", 2, 2, 1, "", LogicOperators.And),
        new("Or", 2, 2, 1, "", LogicOperators.Or),
        new("Xor", 2, 2, 1, "", LogicOperators.Xor),
        new("BitwiseAnd", 2, 2, 1, "", LogicOperators.BitwiseAnd),
        new("BitwiseOr", 2, 2, 1, "", LogicOperators.BitwiseOr),
        new("BitwiseXor", 2, 2, 1, "", LogicOperators.BitwiseXor),
        new("Not", 1, 1, 1, "", LogicOperators.Not),
        new("Where", 3, 3, 1, "", LogicOperators.Where),
        new("Relu", 1, 1, 1, "", Activations.Relu),
        new("Clip", 1, 3, 1, "min max", Activations.Clip),
        new("PRelu", 2, 2, 1, "", Activations.PRelu),
        new("Sigmoid", 1, 1, 1, "", UnaryOperators.Of(Activations.Sigmoid)),
        new("Tanh", 1, 1, 1, "", UnaryOperators.Of(Math.Tanh)),
        new("LeakyRelu", 1, 1, 1, "alpha", UnaryOperators.With(Activations.LeakyRelu)),
        new("Elu", 1, 1, 1, "alpha", UnaryOperators.With(Activations.Elu)),
        new("Selu", 1, 1, 1, "alpha gamma", UnaryOperators.With(Activations.Selu)),
        new("Gelu", 1, 1, 1, "approximate", UnaryOperators.With(Activations.Gelu)),
        new("HardSigmoid", 1, 1, 1, "alpha beta", UnaryOperators.With(Activations.HardSigmoid)),
        new("ThresholdedRelu", 1, 1, 1, "alpha", UnaryOperators.With(Activations.ThresholdedRelu)),
        new("HardSwish", 1, 1, 1, "", UnaryOperators.Of(Activations.HardSwish)),
        new("Mish", 1, 1, 1, "", UnaryOperators.Of(Activations.Mish)),
        new("Softplus", 1, 1, 1, "", UnaryOperators.Of(Activations.Softplus)),
        new("Softsign", 1, 1, 1, "", UnaryOperators.Of(x => x / (1 + Math.Abs(x)))),
        new("Abs", 1, 1, 1, "", UnaryOperators.Of(Math.Abs, v => v < 0 ? unchecked(-v) : v)),
        new("Neg", 1, 1, 1, "", UnaryOperators.Of(x => -x, v => unchecked(-v))),
        new("Sign", 1, 1, 1, "", UnaryOperators.Of(x => double.IsNaN(x) ? x : Math.Sign(x), v => Math.Sign(v))),
        new("Floor", 1, 1, 1, "", UnaryOperators.Of(Math.Floor)),
        new("Ceil", 1, 1, 1, "", UnaryOperators.Of(Math.Ceiling)),
        new("Round", 1, 1, 1, "", UnaryOperators.Of(x => Math.Round(x, MidpointRounding.ToEven))),
        new("Sqrt", 1, 1, 1, "", UnaryOperators.Of(Math.Sqrt)),
        new("Reciprocal", 1, 1, 1, "", UnaryOperators.Of(x => 1 / x)),
        new("Exp", 1, 1, 1, "", UnaryOperators.Of(Math.Exp)),
        new("Log", 1, 1, 1, "", UnaryOperators.Of(Math.Log)),
        new("Erf", 1, 1, 1, "", UnaryOperators.Of(ErrorFunction.Erf)),
        new("Sin", 1, 1, 1, "", UnaryOperators.Of(Math.Sin)),
        new("Cos", 1, 1, 1, "", UnaryOperators.Of(Math.Cos)),
        new("Softmax", 1, 1, 1, "axis", Normalization.Softmax),
        new("LogSoftmax", 1, 1, 1, "axis", Normalization.LogSoftmax),
        new("BatchNormalization", 5, 5, 1, "epsilon momentum training_mode spatial", Normalization.Batch),
        new("InstanceNormalization", 3, 3, 1, "epsilon", Normalization.Instance),
        new("LayerNormalization", 2, 3, 3, "axis epsilon stash_type", Normalization.Layer),
        new("MaxPool", 1, 1, 2, "auto_pad ceil_mode dilations kernel_shape pads storage_order strides", Pooling.MaxPool),
        new("AveragePool", 1, 1, 1, "auto_pad ceil_mode count_include_pad dilations kernel_shape pads strides", Pooling.AveragePool),
        new("GlobalAveragePool", 1, 1, 1, "", Pooling.GlobalAveragePool),
        new("GlobalMaxPool", 1, 1, 1, "", Pooling.GlobalMaxPool),
        new("Identity", 1, 1, 1, "", ShapeOperators.Identity) { TakesStored = true },
        new("Dropout", 1, 3, 2, "ratio seed", ShapeOperators.Dropout),
        new("Flatten", 1, 1, 1, "axis", ShapeOperators.Flatten) { TakesStored = true },
        new("Reshape", 2, 2, 1, "allowzero", ShapeOperators.Reshape) { TakesStored = true },
        new("Squeeze", 1, 2, 1, "axes", ShapeOperators.Squeeze) { TakesStored = true },
        new("Unsqueeze", 1, 2, 1, "axes", ShapeOperators.Unsqueeze) { TakesStored = true },
        new("Shape", 1, 1, 1, "start end", ShapeOperators.Shape) { TakesStored = true },
        new("Size", 1, 1, 1, "", ShapeOperators.Size) { TakesStored = true },
        new("ConstantOfShape", 1, 1, 1, "value", ShapeOperators.ConstantOfShape),
        new("Range", 3, 3, 1, "", ShapeOperators.Range),
        new("Cast", 1, 1, 1, "to saturate round_mode", Casting.Cast) { TakesStored = true },
        new("CastLike", 2, 2, 1, "saturate round_mode", Casting.CastLike) { TakesStored = true },
        new("Transpose", 1, 1, 1, "perm", Movement.Transpose) { TakesStored = true },
        new("Concat", 1, Any, 1, "axis", Movement.Concat) { TakesStored = true },
        new("Split", 1, 2, Any, "axis num_outputs split", Movement.Split) { TakesStored = true },
        new("Slice", 1, 5, 1, "axes ends starts", Movement.Slice) { TakesStored = true },
        new("Gather", 2, 2, 1, "axis", Movement.Gather) { TakesStored = true },
        new("Expand", 2, 2, 1, "", Movement.Expand) { TakesStored = true },
        new("Tile", 2, 2, 1, "", Movement.Tile) { TakesStored = true },
        new("DepthToSpace", 1, 1, 1, "blocksize mode", Movement.DepthToSpace) { TakesStored = true },
        new("SpaceToDepth", 1, 1, 1, "blocksize", Movement.SpaceToDepth) { TakesStored = true },
        new("Pad", 1, 4, 1, "mode pads value", Padding.Pad) { TakesStored = true },
        new("ReduceMean", 1, 2, 1, "axes keepdims noop_with_empty_axes", Reductions.Of(0, (s, x) => s + x, (s, n) => s / n)),
        new("ReduceSum", 1, 2, 1, "axes keepdims noop_with_empty_axes", Reductions.Of(0, (s, x) => s + x)),
        new("ReduceMax", 1, 2, 1, "axes keepdims noop_with_empty_axes", Reductions.Of(double.NegativeInfinity, Math.Max)),
        new("ReduceMin", 1, 2, 1, "axes keepdims noop_with_empty_axes", Reductions.Of(double.PositiveInfinity, Math.Min)),
        new("ReduceProd", 1, 2, 1, "axes keepdims noop_with_empty_axes", Reductions.Of(1, (s, x) => s * x)),
        new("ReduceL1", 1, 2, 1, "axes keepdims noop_with_empty_axes", Reductions.Of(0, (s, x) => s + Math.Abs(x))),
        new("ReduceL2", 1, 2, 1, "axes keepdims noop_with_empty_axes", Reductions.Of(0, (s, x) => s + x * x, (s, _) => Math.Sqrt(s))),
        new("ReduceSumSquare", 1, 2, 1, "axes keepdims noop_with_empty_axes", Reductions.Of(0, (s, x) => s + x * x)),
        new("ArgMax", 1, 1, 1, "axis keepdims select_last_index", Reductions.ArgMax),
        new("ArgMin", 1, 1, 1, "axis keepdims select_last_index", Reductions.ArgMin),
    ];

    private static readonly Dictionary<string, Operator> ByName = List.ToDictionary(o => o.OpType);

    /// <summary>Names of the supported operators in alphabetical order; Constant nodes are read as constants.</summary>
    public static ImmutableArray<string> Names { get; } = [.. List.Select(o => o.OpType).Append("Constant").Order(StringComparer.Ordinal)];

    /// <summary>Whether a node's operator is in the catalogue.</summary>
    public static bool Supports(Node node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return Find(node) is not null;
    }

    internal static Operator? Find(Node node) => ByName.TryGetValue(node.OpType, out Operator? op) && op.Domains.Contains(node.Domain) ? op : null;

    /// <summary>Says that a node's operator is not supported and, unless that has been said before, what is.</summary>
    internal static string Unsupported(Node node, bool listNames = true)
    {
        // A name of the standard is no typing error.
        string hint = node.Domain.Length > 0 ? $" (domain '{PlainText.Of(node.Domain)}')"
            : OnnxSchema.IsStandard(node.OpType) || node.OpType.Length > 100 ? "" : NearestName.Hint(node.OpType, Names);
        return $"operator {PlainText.Of(node.OpType)} is not supported{hint}" + (listNames ? $"; supported are {string.Join(", ", Names)}" : "");
    }
}
