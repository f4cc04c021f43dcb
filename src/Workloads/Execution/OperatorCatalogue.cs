using System.Collections.Frozen;
using System.Collections.Immutable;
using Sim.Foundation.Diagnostics;
using Sim.Workloads.Execution.Operators;
using Sim.Workloads.Graph;
using Sim.Workloads.Quantization;

namespace Sim.Workloads.Execution;

/// <summary>Every operator that is supported, one line each: name, least and most inputs, most outputs, attributes understood, body, rule
/// of shapes.</summary>
public static class OperatorCatalogue
{
    private const int Any = int.MaxValue;

    // What onnxruntime's quantizer writes beyond the standard.
    private static IEnumerable<Operator> QuantizedOfMicrosoft => new Operator[]
    {
        new("QuantizeLinear", 2, 3, 1, "axis block_size", QuantizationOperators.Quantize, QuantizationOperators.QuantizeShape),
        new("DequantizeLinear", 2, 3, 1, "axis block_size", QuantizationOperators.Dequantize, QuantizationOperators.DequantizeShape),
        new("QLinearAdd", 7, 8, 1, "", QLinearOperators.Add, QLinearOperators.BinaryShape),
        new("QLinearMul", 7, 8, 1, "", QLinearOperators.Mul, QLinearOperators.BinaryShape),
        new("QLinearConcat", 5, Any, 1, "axis", QLinearOperators.Concat, QLinearOperators.ConcatShape),
        new("QLinearAveragePool", 4, 5, 1, "auto_pad ceil_mode channels_last count_include_pad kernel_shape pads strides",
            QLinearOperators.AveragePool, QLinearOperators.PoolShape),
        new("QLinearGlobalAveragePool", 5, 5, 1, "channels_last", QLinearOperators.GlobalAveragePool, QLinearOperators.GlobalShape),
        new("QLinearSigmoid", 4, 5, 1, "", QLinearOperators.Sigmoid, ShapeRules.Same),
        new("QLinearLeakyRelu", 4, 5, 1, "alpha", QLinearOperators.LeakyRelu, ShapeRules.Same),
        new("QLinearSoftmax", 5, 5, 1, "axis opset", QLinearOperators.Softmax, ShapeRules.Same),
        new("QGemm", 6, 9, 1, "alpha transA transB", QuantizedProducts.Gemm, QuantizedProducts.GemmShape),
        new("MatMulNBits", 3, 6, 1, "K N accuracy_level bits block_size", MatMulNBits.Run, MatMulNBits.Shape),
    }.Select(o => o with { Domains = [QLinearOperators.Domain], TakesStored = true });

    private static readonly ImmutableArray<Operator> List =
    [
        new("Conv", 2, 3, 1, "auto_pad dilations group kernel_shape pads strides", Convolution.Conv, Convolution.Shape),
        new("Gemm", 2, 3, 1, "alpha beta transA transB", MatrixProducts.Gemm, MatrixProducts.GemmShape),
        new("MatMul", 2, 2, 1, "", MatrixProducts.MatMul, MatrixProducts.MatMulShape),
        new("QLinearConv", 8, 9, 1, "auto_pad dilations group kernel_shape pads strides", QuantizedProducts.Conv,
            QuantizedProducts.ConvShape),
        new("QLinearMatMul", 8, 8, 1, "", QuantizedProducts.MatMul, QuantizedProducts.MatMulShape),
        new("ConvInteger", 2, 4, 1, "auto_pad dilations group kernel_shape pads strides", QuantizedProducts.ConvInteger,
            QuantizedProducts.ConvIntegerShape),
        new("MatMulInteger", 2, 4, 1, "", QuantizedProducts.MatMulInteger, QuantizedProducts.MatMulIntegerShape),
        new("QuantizeLinear", 2, 3, 1, "axis block_size output_dtype saturate precision", QuantizationOperators.Quantize,
            QuantizationOperators.QuantizeShape) { TakesStored = true },
        new("DequantizeLinear", 2, 3, 1, "axis block_size output_dtype", QuantizationOperators.Dequantize,
            QuantizationOperators.DequantizeShape) { TakesStored = true },
        new("DynamicQuantizeLinear", 1, 1, 3, "", QuantizationOperators.Dynamic, QuantizationOperators.DynamicShape),
        new("Quant", 4, 4, 1, "narrow rounding_mode signed", QonnxOperators.Quant, ShapeRules.SameFloat)
            { Domains = QonnxQuantizer.Domains },
        new("IntQuant", 4, 4, 1, "narrow rounding_mode signed", QonnxOperators.Quant, ShapeRules.SameFloat)
            { Domains = QonnxQuantizer.Domains },
        new("BipolarQuant", 2, 2, 1, "", QonnxOperators.Bipolar, ShapeRules.SameFloat) { Domains = QonnxQuantizer.Domains },
        new("Trunc", 5, 6, 1, "narrow rounding_mode signed", QonnxOperators.Trunc, ShapeRules.SameFloat)
            { Domains = QonnxQuantizer.Domains },
        new("Add", 2, 2, 1, "", BinaryOperators.Add, ShapeRules.Broadcast),
        new("Sub", 2, 2, 1, "", BinaryOperators.Sub, ShapeRules.Broadcast),
        new("Mul", 2, 2, 1, "", BinaryOperators.Mul, ShapeRules.Broadcast),
        new("Div", 2, 2, 1, "", BinaryOperators.Div, ShapeRules.Broadcast),
        new("Mod", 2, 2, 1, "fmod", BinaryOperators.Mod, ShapeRules.Broadcast),
        new("Pow", 2, 2, 1, "", BinaryOperators.Pow, BinaryOperators.PowShape),
        new("Min", 1, Any, 1, "", BinaryOperators.Min, ShapeRules.Broadcast),
        new("Max", 1, Any, 1, "", BinaryOperators.Max, ShapeRules.Broadcast),
        new("Sum", 1, Any, 1, "", BinaryOperators.Sum, ShapeRules.Broadcast),
        new("Mean", 1, Any, 1, "", BinaryOperators.Mean, ShapeRules.Broadcast),
        new("Equal", 2, 2, 1, "", LogicOperators.Equal, ShapeRules.Compare),
        new("Greater", 2, 2, 1, "", LogicOperators.Greater, ShapeRules.Compare),
        new("GreaterOrEqual", 2, 2, 1, "", LogicOperators.GreaterOrEqual, ShapeRules.Compare),
        new("Less", 2, 2, 1, "", LogicOperators.Less, ShapeRules.Compare),
        new("LessOrEqual", 2, 2, 1, "", LogicOperators.LessOrEqual, ShapeRules.Compare),
        new("And", 2, 2, 1, "", LogicOperators.And, LogicOperators.BoolShape),
        new("Or", 2, 2, 1, "", LogicOperators.Or, LogicOperators.BoolShape),
        new("Xor", 2, 2, 1, "", LogicOperators.Xor, LogicOperators.BoolShape),
        new("BitwiseAnd", 2, 2, 1, "", LogicOperators.BitwiseAnd, LogicOperators.IntegerShape),
        new("BitwiseOr", 2, 2, 1, "", LogicOperators.BitwiseOr, LogicOperators.IntegerShape),
        new("BitwiseXor", 2, 2, 1, "", LogicOperators.BitwiseXor, LogicOperators.IntegerShape),
        new("Not", 1, 1, 1, "", LogicOperators.Not, LogicOperators.NotShape),
        new("Where", 3, 3, 1, "", LogicOperators.Where, LogicOperators.WhereShape),
        new("Relu", 1, 1, 1, "", Activations.Relu, ShapeRules.Same),
        new("Clip", 1, 3, 1, "min max", Activations.Clip, ShapeRules.Same),
        new("PRelu", 2, 2, 1, "", Activations.PRelu, Activations.PReluShape),
        new("Sigmoid", 1, 1, 1, "", UnaryOperators.Of(Activations.Sigmoid), ShapeRules.SameReal),
        new("Tanh", 1, 1, 1, "", UnaryOperators.Of(Math.Tanh), ShapeRules.SameReal),
        new("LeakyRelu", 1, 1, 1, "alpha", UnaryOperators.With(Activations.LeakyRelu), ShapeRules.SameReal),
        new("Elu", 1, 1, 1, "alpha", UnaryOperators.With(Activations.Elu), ShapeRules.SameReal),
        new("Selu", 1, 1, 1, "alpha gamma", UnaryOperators.With(Activations.Selu), ShapeRules.SameReal),
        new("Gelu", 1, 1, 1, "approximate", UnaryOperators.With(Activations.Gelu), Activations.GeluShape),
        new("HardSigmoid", 1, 1, 1, "alpha beta", UnaryOperators.With(Activations.HardSigmoid), ShapeRules.SameReal),
        new("ThresholdedRelu", 1, 1, 1, "alpha", UnaryOperators.With(Activations.ThresholdedRelu), ShapeRules.SameReal),
        new("HardSwish", 1, 1, 1, "", UnaryOperators.Of(Activations.HardSwish), ShapeRules.SameReal),
        new("Mish", 1, 1, 1, "", UnaryOperators.Of(Activations.Mish), ShapeRules.SameReal),
        new("Softplus", 1, 1, 1, "", UnaryOperators.Of(Activations.Softplus), ShapeRules.SameReal),
        new("Softsign", 1, 1, 1, "", UnaryOperators.Of(x => x / (1 + Math.Abs(x))), ShapeRules.SameReal),
        new("Abs", 1, 1, 1, "", UnaryOperators.Of(Math.Abs, v => v < 0 ? unchecked(-v) : v), ShapeRules.Same),
        new("Neg", 1, 1, 1, "", UnaryOperators.Of(x => -x, v => unchecked(-v)), ShapeRules.Same),
        new("Sign", 1, 1, 1, "", UnaryOperators.Of(x => double.IsNaN(x) ? x : Math.Sign(x), v => Math.Sign(v)), ShapeRules.Same),
        new("Floor", 1, 1, 1, "", UnaryOperators.Of(Math.Floor), ShapeRules.SameReal),
        new("Ceil", 1, 1, 1, "", UnaryOperators.Of(Math.Ceiling), ShapeRules.SameReal),
        new("Round", 1, 1, 1, "", UnaryOperators.Of(x => Math.Round(x, MidpointRounding.ToEven)), ShapeRules.SameReal),
        new("Sqrt", 1, 1, 1, "", UnaryOperators.Of(Math.Sqrt), ShapeRules.SameReal),
        new("Reciprocal", 1, 1, 1, "", UnaryOperators.Of(x => 1 / x), ShapeRules.SameReal),
        new("Exp", 1, 1, 1, "", UnaryOperators.Of(Math.Exp), ShapeRules.SameReal),
        new("Log", 1, 1, 1, "", UnaryOperators.Of(Math.Log), ShapeRules.SameReal),
        new("Erf", 1, 1, 1, "", UnaryOperators.Of(ErrorFunction.Erf), ShapeRules.SameReal),
        new("Sin", 1, 1, 1, "", UnaryOperators.Of(Math.Sin), ShapeRules.SameReal),
        new("Cos", 1, 1, 1, "", UnaryOperators.Of(Math.Cos), ShapeRules.SameReal),
        new("Softmax", 1, 1, 1, "axis", Normalization.Softmax, ShapeRules.SameFloat),
        new("LogSoftmax", 1, 1, 1, "axis", Normalization.LogSoftmax, ShapeRules.SameFloat),
        new("BatchNormalization", 5, 5, 1, "epsilon momentum training_mode spatial", Normalization.Batch, Normalization.ChannelShape(4)),
        new("InstanceNormalization", 3, 3, 1, "epsilon", Normalization.Instance, Normalization.ChannelShape(2)),
        new("LayerNormalization", 2, 3, 3, "axis epsilon stash_type", Normalization.Layer, Normalization.LayerShape),
        new("MaxPool", 1, 1, 2, "auto_pad ceil_mode dilations kernel_shape pads storage_order strides", Pooling.MaxPool, Pooling.Shape),
        new("AveragePool", 1, 1, 1, "auto_pad ceil_mode count_include_pad dilations kernel_shape pads strides", Pooling.AveragePool,
            Pooling.Shape),
        new("GlobalAveragePool", 1, 1, 1, "", Pooling.GlobalAveragePool, Pooling.GlobalShape),
        new("GlobalMaxPool", 1, 1, 1, "", Pooling.GlobalMaxPool, Pooling.GlobalShape),
        new("Identity", 1, 1, 1, "", ShapeOperators.Identity, ShapeRules.Same) { TakesStored = true },
        new("Dropout", 1, 3, 2, "ratio seed", ShapeOperators.Dropout, ShapeOperators.DropoutShape),
        new("Flatten", 1, 1, 1, "axis", ShapeOperators.Of(ShapeOperators.Flatten), ShapeOperators.Rule(ShapeOperators.Flatten))
            { TakesStored = true },
        new("Reshape", 2, 2, 1, "allowzero", ShapeOperators.Of(ShapeOperators.Reshape), ShapeOperators.Rule(ShapeOperators.Reshape))
            { TakesStored = true },
        new("Squeeze", 1, 2, 1, "axes", ShapeOperators.Of(ShapeOperators.Squeeze), ShapeOperators.Rule(ShapeOperators.Squeeze))
            { TakesStored = true },
        new("Unsqueeze", 1, 2, 1, "axes", ShapeOperators.Of(ShapeOperators.Unsqueeze), ShapeOperators.Rule(ShapeOperators.Unsqueeze))
            { TakesStored = true },
        new("Shape", 1, 1, 1, "start end", ShapeOperators.Shape, ShapeOperators.ShapeShape) { TakesStored = true },
        new("Size", 1, 1, 1, "", ShapeOperators.Size, ShapeOperators.SizeShape) { TakesStored = true },
        new("ConstantOfShape", 1, 1, 1, "value", ShapeOperators.ConstantOfShape, ShapeOperators.ConstantShape),
        new("Range", 3, 3, 1, "", ShapeOperators.Range, ShapeOperators.RangeShape),
        new("Cast", 1, 1, 1, "to saturate round_mode", Casting.Cast, Casting.CastShape) { TakesStored = true },
        new("CastLike", 2, 2, 1, "saturate round_mode", Casting.CastLike, ShapeRules.SameShape(call => call.In(1).Type))
            { TakesStored = true },
        new("Transpose", 1, 1, 1, "perm", Movement.Transpose, Movement.TransposeShape) { TakesStored = true },
        new("Concat", 1, Any, 1, "axis", Movement.Concat, Movement.ConcatShape) { TakesStored = true },
        new("Split", 1, 2, Any, "axis num_outputs split", Movement.Split, Movement.SplitShape) { TakesStored = true },
        new("Slice", 1, 5, 1, "axes ends starts", Movement.Slice, Movement.SliceShape) { TakesStored = true },
        new("Gather", 2, 2, 1, "axis", Movement.Gather, Movement.GatherShape) { TakesStored = true },
        new("Expand", 2, 2, 1, "", Movement.Expand, Movement.ExpandShape) { TakesStored = true },
        new("Tile", 2, 2, 1, "", Movement.Tile, Movement.TileShape) { TakesStored = true },
        new("DepthToSpace", 1, 1, 1, "blocksize mode", Movement.DepthToSpace, Movement.DepthToSpaceShape) { TakesStored = true },
        new("SpaceToDepth", 1, 1, 1, "blocksize", Movement.SpaceToDepth, Movement.SpaceToDepthShape) { TakesStored = true },
        new("Pad", 1, 4, 1, "mode pads value", Padding.Pad, Padding.Shape) { TakesStored = true },
        new("ReduceMean", 1, 2, 1, "axes keepdims noop_with_empty_axes", Reductions.Of(0, (s, x) => s + x, (s, n) => s / n),
            Reductions.Shape),
        new("ReduceSum", 1, 2, 1, "axes keepdims noop_with_empty_axes", Reductions.Of(0, (s, x) => s + x), Reductions.Shape),
        new("ReduceMax", 1, 2, 1, "axes keepdims noop_with_empty_axes", Reductions.Of(double.NegativeInfinity, Math.Max), Reductions.Shape),
        new("ReduceMin", 1, 2, 1, "axes keepdims noop_with_empty_axes", Reductions.Of(double.PositiveInfinity, Math.Min), Reductions.Shape),
        new("ReduceProd", 1, 2, 1, "axes keepdims noop_with_empty_axes", Reductions.Of(1, (s, x) => s * x), Reductions.Shape),
        new("ReduceL1", 1, 2, 1, "axes keepdims noop_with_empty_axes", Reductions.Of(0, (s, x) => s + Math.Abs(x)), Reductions.Shape),
        new("ReduceL2", 1, 2, 1, "axes keepdims noop_with_empty_axes", Reductions.Of(0, (s, x) => s + x * x, (s, _) => Math.Sqrt(s)),
            Reductions.Shape),
        new("ReduceSumSquare", 1, 2, 1, "axes keepdims noop_with_empty_axes", Reductions.Of(0, (s, x) => s + x * x), Reductions.Shape),
        new("ArgMax", 1, 1, 1, "axis keepdims select_last_index", Reductions.ArgMax, Reductions.ArgShape),
        new("ArgMin", 1, 1, 1, "axis keepdims select_last_index", Reductions.ArgMin, Reductions.ArgShape),
        new("Resize", 1, 4, 1, "antialias axes coordinate_transformation_mode cubic_coeff_a exclude_outside extrapolation_value keep_aspect_ratio_policy mode nearest_mode",
            Resizing.Resize, Resizing.ResizeShape),
        new("Upsample", 1, 2, 1, "mode scales", Resizing.Upsample, Resizing.UpsampleShape),
        new("OneHot", 3, 3, 1, "axis", OneHotOperator.Run, OneHotOperator.Shape),
        .. QuantizedOfMicrosoft,
    ];

    private static readonly FrozenDictionary<(string Domain, string OpType), Operator> ByName =
        List.SelectMany(o => o.Domains.Select(d => ((d, o.OpType), o))).ToFrozenDictionary(p => p.Item1, p => p.o);

    /// <summary>Names of the supported operators in alphabetical order; Constant nodes are read as constants.</summary>
    public static ImmutableArray<string> Names
        { get; } = [.. List.Select(o => o.OpType).Append("Constant").Distinct().Order(StringComparer.Ordinal)];

    /// <summary>Every attribute that is understood, by operator; one of com.microsoft that shares its name with the standard is
    /// "com.microsoft:NAME".</summary>
    public static IEnumerable<(string Operator, string Attribute)> UnderstoodAttributes => List.SelectMany(o => o.AttributeNames.Select(a =>
        (o.Domains.Contains("") || !OnnxSchema.IsStandard(o.OpType) ? o.OpType : $"{o.Domains[0]}:{o.OpType}", a)));

    /// <summary>Whether a node's operator is in the catalogue.</summary>
    public static bool Supports(Node node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return Find(node) is not null;
    }

    internal static Operator? Find(Node node) => ByName.GetValueOrDefault((node.Domain, node.OpType));

    /// <summary>Says that a node's operator is not supported and, unless that has been said before, what is.</summary>
    internal static string Unsupported(Node node, bool listNames = true)
    {
        // A name of the standard is no typing error.
        string hint = node.Domain.Length > 0 ? $" (domain '{PlainText.Of(node.Domain)}')"
            : OnnxSchema.IsStandard(node.OpType) || node.OpType.Length > 100 ? "" : NearestName.Hint(node.OpType, Names);
        return $"operator {PlainText.Of(node.OpType)} is not supported{hint}"
            + (listNames ? $"; supported are {string.Join(", ", Names)}" : "");
    }
}
