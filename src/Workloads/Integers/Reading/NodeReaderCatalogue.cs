using System.Collections.Immutable;
using Sim.Workloads.Graph;

namespace Sim.Workloads.Integers.Reading;

/// <summary>What each operator means for integers, one line each. Of an operator that is not here, only the data type of its output is
/// known.</summary>
internal static class NodeReaderCatalogue
{
    private static readonly ImmutableArray<(string Operators, bool OfConstants, Action<GraphReading, Node> Read)> List =
    [
        ("QLinearConv QLinearMatMul ConvInteger MatMulInteger QGemm", false, IntegerProducts.Read),
        ("Conv Gemm MatMul", false, FloatProducts.Read),
        ("QuantizeLinear", false, Quantizers.Quantize),
        ("DequantizeLinear", true, Quantizers.Dequantize),
        ("DynamicQuantizeLinear", false, Quantizers.Dynamic),
        ("Quant IntQuant", true, QonnxQuantizers.Quant),
        ("BipolarQuant", true, QonnxQuantizers.Bipolar),
        ("Trunc", false, QonnxQuantizers.Trunc),
        ("Identity Dropout Flatten Reshape Squeeze Unsqueeze", true, Views.Same),
        ("Transpose Slice Gather Split Expand Tile DepthToSpace SpaceToDepth", true, Views.Moved),
        ("ReduceMax ReduceMin", false, Views.Moved),
        ("MaxPool GlobalMaxPool", false, Views.Chosen),
        ("Concat Max Min Where", false, Joins.Read),
        ("Pad", false, Joins.Pad),
        ("Relu", false, Elementwise.Relu),
        ("Clip", true, Elementwise.Clip),
        ("Cast", false, Elementwise.Cast),
        ("Mul Div", false, Elementwise.Scaled),
        ("Add Sub Sum Mean", false, ElementSums.Read),
        ("AveragePool", false, SumOperators.Window),
        ("GlobalAveragePool", false, SumOperators.Plane),
        ("ReduceMean ReduceSum", false, SumOperators.Reduced),
        ("Sigmoid Tanh Exp Softplus HardSigmoid Floor Ceil Round Sqrt Erf", false, Elementwise.Rising),
        ("BatchNormalization", false, Elementwise.Normalized),
        ("Softmax", false, Elementwise.Share),
    ];

    // Operators without a register of a sum or of a product of two operands: quantizers, views, choices, comparisons, functions of one
    // element. Div and Mod give no sums; Mul has a register only where both factors are operands, which its reader lists. Every other
    // operator is judged or listed as not judged.
    private static readonly HashSet<string> WithoutSums =
    [
        .. ("QuantizeLinear DequantizeLinear DynamicQuantizeLinear Quant IntQuant BipolarQuant Trunc Cast CastLike " +
            "Identity Dropout Flatten Reshape Squeeze Unsqueeze Shape Size ConstantOfShape Transpose Slice Gather Split Expand Tile DepthToSpace SpaceToDepth Concat Pad Where " +
            "MaxPool GlobalMaxPool ReduceMax ReduceMin ArgMax ArgMin Max Min Equal Greater GreaterOrEqual Less LessOrEqual And Or Xor BitwiseAnd BitwiseOr BitwiseXor Not " +
            "Relu Clip PRelu Sigmoid Tanh LeakyRelu Elu Selu Gelu HardSigmoid ThresholdedRelu HardSwish Mish Softplus Softsign Abs Neg Sign Floor Ceil Round Sqrt Reciprocal Exp Log Erf Sin Cos Div Mod").Split(' '),
    ];

    private static readonly Dictionary<string, (bool OfConstants, Action<GraphReading, Node> Read)> ByName =
        List.SelectMany(r => r.Operators.Split(' ').Select(o => (Name: o, r.OfConstants, r.Read)))
            .ToDictionary(r => r.Name, r => (r.OfConstants, r.Read));

    /// <summary>Reads a node; of one that depends on constants alone, only the integers that its constants stand for. A node that may sum
    /// and was not judged is listed as such.</summary>
    internal static void Read(GraphReading reading, Node node, bool isConstant)
    {
        if (!isConstant && reading.IsSize(node)) return;
        if (ByName.TryGetValue(node.OpType, out (bool OfConstants, Action<GraphReading, Node> Read) reader)
            && (reader.OfConstants || !isConstant)) reader.Read(reading, node);
        if (isConstant || WithoutSums.Contains(node.OpType) || IsScaling(reading, node) || reading.IsAccounted(node)) return;
        reading.Leave(node, reading.Type(node.Outputs[0]).IsReal() ? "computes in float32, where no integer register is known"
            : "has registers that no rule here describes");
    }

    private static bool IsScaling(GraphReading reading, Node node) =>
        node.OpType == "Mul" && !ElementProducts.IsProduct(reading, node) || node.OpType is "Sum" or "Mean" && node.Inputs.Length == 1;
}
