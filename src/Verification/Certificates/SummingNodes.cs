using Sim.Workloads.Graph;

namespace Sim.Verification.Certificates;

/// <summary>Nodes of a network that may add numbers which its inputs can change: a certificate covers each, or names it as
/// absent.</summary>
public static class SummingNodes
{
    // Operators without a sum or a product of two operands: quantizers, views, choices, comparisons, functions of one element. All others
    // may have a register.
    private static readonly HashSet<string> WithoutSums =
    [
        .. ("QuantizeLinear DequantizeLinear DynamicQuantizeLinear Quant IntQuant BipolarQuant Trunc Cast CastLike Constant Identity Dropout Flatten Reshape Squeeze "
            + "Unsqueeze Shape Size ConstantOfShape Transpose Slice Gather Split Expand Tile DepthToSpace SpaceToDepth Concat Pad Where MaxPool GlobalMaxPool ReduceMax "
            + "ReduceMin ArgMax ArgMin Max Min Equal Greater GreaterOrEqual Less LessOrEqual And Or Xor BitwiseAnd BitwiseOr BitwiseXor Not Relu Clip PRelu Sigmoid Tanh "
            + "LeakyRelu Elu Selu Gelu HardSigmoid ThresholdedRelu HardSwish Mish Softplus Softsign Abs Neg Sign Floor Ceil Round Sqrt Reciprocal Exp Log Erf Sin Cos Div Mod")
            .Split(' '),
    ];

    // Quantizers of QONNX live in domains of their own; whatever else is in another domain may sum.
    private static readonly string[] Known = ["", "ai.onnx", "onnx.brevitas", "qonnx.custom_op.general", "finn.custom_op.general"];

    /// <summary>Their names, in the order of the network.</summary>
    public static IEnumerable<string> Of(NetworkGraph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        HashSet<string> constants = [.. graph.Constants.Keys];
        foreach (Node node in graph.Nodes)
        {
            int computed = node.Inputs.Count(i => i.Length > 0 && !constants.Contains(i));
            if (computed == 0 || node.OpType is "Shape" or "Size") constants.UnionWith(node.Outputs);
            // A factor or an addend alone is no sum.
            else if (!Known.Contains(node.Domain) || !WithoutSums.Contains(node.OpType)
                && !(node.OpType == "Mul" && computed == 1 || node.OpType is "Sum" or "Mean" && node.Inputs.Length == 1))
                yield return node.Name;
        }
    }
}
