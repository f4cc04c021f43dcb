namespace Sim.Checker.Model;

/// <summary>The attributes that the checker honours, operator by operator. A node with any other one, or with a value that is not honoured,
/// is not understood.</summary>
internal static class Attributes
{
    private const string Windows = "auto_pad dilations kernel_shape pads strides";

    private static readonly Dictionary<string, string> Known = new(StringComparer.Ordinal)
    {
        ["Conv"] = Windows + " group", ["QLinearConv"] = Windows + " group", ["ConvInteger"] = Windows + " group",
        ["Gemm"] = "alpha beta transA transB", ["QGemm"] = "alpha transA transB",
        // saturate is about float types only, which are not understood.
        ["QuantizeLinear"] = "axis block_size output_dtype precision saturate", ["DequantizeLinear"] = "axis block_size output_dtype",
        ["Quant"] = "narrow rounding_mode signed", ["IntQuant"] = "narrow rounding_mode signed",
        ["Dropout"] = "ratio seed", ["Flatten"] = "axis", ["Reshape"] = "allowzero", ["Squeeze"] = "axes", ["Unsqueeze"] = "axes",
            ["Transpose"] = "perm",
        ["MaxPool"] = Windows + " ceil_mode storage_order", ["AveragePool"] = Windows + " ceil_mode count_include_pad",
        ["Clip"] = "min max", ["Cast"] = "to saturate round_mode",
        ["ReduceSum"] = "axes keepdims noop_with_empty_axes", ["ReduceMean"] = "axes keepdims noop_with_empty_axes",
    };

    // Those that must have a value which changes nothing: 0, or float32 where a type is named.
    private static readonly (string Op, string Attribute)[] Neutral =
        [("QuantizeLinear", "block_size"), ("QuantizeLinear", "precision"), ("DequantizeLinear", "output_dtype"), ("Reshape", "allowzero")];

    /// <summary>The first attribute of a node that is not honoured; null: all are.</summary>
    internal static string? Unknown(Node node)
    {
        string[] known = Known.GetValueOrDefault(node.Op, "").Split(' ');
        foreach ((string name, Attribute value) in node.Attributes)
        {
            bool isType = name is "precision" or "output_dtype";
            if (!known.Contains(name) || Neutral.Contains((node.Op, name)) && value.Int != 0 && !(isType && value.Int == 1)) return name;
        }
        return null;
    }
}
