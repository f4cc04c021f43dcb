using Sim.Workloads.Graph;

namespace Sim.Workloads.Integers.Reading;

/// <summary>Values that no input can make negative.</summary>
internal static class Signs
{
    private static readonly HashSet<string> Always = ["Relu", "Sigmoid", "Softmax", "Exp", "Abs", "HardSigmoid", "Softplus", "ReduceL1",
        "ReduceL2", "ReduceSumSquare", "Sqrt"];

    private static readonly HashSet<string> OfFirst = ["Identity", "Dropout", "Flatten", "Reshape", "Squeeze", "Unsqueeze", "Transpose",
        "Slice", "Gather", "Split", "Expand", "Tile", "Pad",
        "DepthToSpace", "SpaceToDepth", "MaxPool", "AveragePool", "GlobalMaxPool", "GlobalAveragePool", "ReduceMean", "ReduceSum",
            "ReduceMax", "ReduceMin", "Cast"];

    private static readonly HashSet<string> OfAll = ["Add", "Mul", "Div", "Concat", "Max", "Min", "Sum", "Mean"];

    /// <summary>Names of the values that are never negative. Padding with another value than 0 is left out.</summary>
    internal static HashSet<string> NeverNegative(NetworkGraph graph)
    {
        HashSet<string> names = [.. graph.Constants.Where(c => c.Value.Type == ElementType.Float32 && c.Value.Floats.All(v => v >= 0))
            .Select(c => c.Key)];
        foreach (Node node in graph.Nodes)
        {
            string[] inputs = [.. node.Inputs.Where(i => i.Length > 0)];
            bool isSo = Always.Contains(node.OpType)
                || OfFirst.Contains(node.OpType) && names.Contains(node.Inputs[0])
                    && (node.OpType != "Pad" || inputs.Length < 3 && !node.Attributes.ContainsKey("value"))
                || OfAll.Contains(node.OpType) && inputs.All(names.Contains)
                || node.OpType == "Clip" && Low(graph, node) >= 0;
            if (isSo) names.UnionWith(node.Outputs);
        }
        return names;
    }

    private static float Low(NetworkGraph graph, Node node)
    {
        if (node.Attributes.GetValueOrDefault("min")?.Real is { } attribute) return attribute;
        return node.Inputs.Length > 1 && graph.Constants.GetValueOrDefault(node.Inputs[1]) is { Type: ElementType.Float32, Count: 1 } t
            ? t.Floats[0] : float.NegativeInfinity;
    }
}
