using System.Collections.Immutable;
using Sim.Workloads.Graph;

namespace Sim.Workloads.Integers.Reading;

/// <summary>What each operator means for integers, one line each. Of an operator that is not here, only the data type of its output is known.</summary>
internal static class NodeReaderCatalogue
{
    private static readonly ImmutableArray<(string Operators, bool OfConstants, Action<GraphReading, Node> Read)> List =
    [
        ("QLinearConv QLinearMatMul ConvInteger MatMulInteger", false, IntegerProducts.Read),
        ("Conv Gemm MatMul", false, FloatProducts.Read),
        ("QuantizeLinear", false, Quantizers.Quantize),
        ("DequantizeLinear", true, Quantizers.Dequantize),
        ("DynamicQuantizeLinear", false, Quantizers.Dynamic),
        ("Quant IntQuant", true, QonnxQuantizers.Quant),
        ("BipolarQuant", true, QonnxQuantizers.Bipolar),
        ("Trunc", false, QonnxQuantizers.Trunc),
        ("Identity Dropout Flatten Reshape Squeeze Unsqueeze", true, Views.Same),
        ("Transpose Slice Gather Split Expand Tile DepthToSpace SpaceToDepth", true, Views.Moved),
        ("MaxPool GlobalMaxPool", false, Views.Chosen),
        ("Relu", false, Elementwise.Relu),
        ("Clip", false, Elementwise.Clip),
        ("Cast", false, Elementwise.Cast),
        ("Mul Div", false, Elementwise.Scaled),
        ("Add Sub", false, SumOperators.Residual),
        ("AveragePool", false, SumOperators.Window),
        ("GlobalAveragePool", false, SumOperators.Plane),
        ("ReduceMean ReduceSum", false, SumOperators.Reduced),
        ("Sigmoid Tanh Exp Softplus HardSigmoid Floor Ceil Round Sqrt Erf", false, Elementwise.Rising),
        ("BatchNormalization", false, Elementwise.Normalized),
        ("Softmax", false, Elementwise.Share),
    ];

    private static readonly Dictionary<string, (bool OfConstants, Action<GraphReading, Node> Read)> ByName =
        List.SelectMany(r => r.Operators.Split(' ').Select(o => (Name: o, r.OfConstants, r.Read))).ToDictionary(r => r.Name, r => (r.OfConstants, r.Read));

    /// <summary>Reads a node; of one that depends on constants alone, only the integers that its constants stand for.</summary>
    internal static void Read(GraphReading reading, Node node, bool isConstant)
    {
        if (ByName.TryGetValue(node.OpType, out (bool OfConstants, Action<GraphReading, Node> Read) reader) && (reader.OfConstants || !isConstant)) reader.Read(reading, node);
    }
}
