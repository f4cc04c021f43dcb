using System.Collections.Immutable;
using Sim.Workloads.Execution;
using Sim.Workloads.Graph;

namespace Sim.Verification.Tests.Layers;

/// <summary>Writes small networks node by node.</summary>
internal sealed class Graphs
{
    private readonly List<Node> _nodes = [];
    private readonly Dictionary<string, Tensor> _constants = [];

    internal Graphs Constant(string name, Tensor value)
    {
        _constants[name] = value;
        return this;
    }

    internal Graphs Floats(string name, float[] values, params int[] shape) => Constant(name, Tensor.OfFloats(values, shape));

    internal Graphs Integers(string name, ElementType type, long[] values, params int[] shape) =>
        Constant(name, Tensor.OfIntegers(type, values, shape));

    /// <summary>A node "Op: a, b -> y", named by its output.</summary>
    internal Graphs Node(string text, params NodeAttribute[] attributes)
    {
        string[] parts = text.Split([": ", " -> "], StringSplitOptions.None);
        string[] op = parts[0].Split('/');
        string[] outputs = parts[2].Split(", ");
        _nodes.Add(new(outputs[0], op.Length > 1 ? op[0] : "", op[^1], [.. parts[1].Split(", ")], [.. outputs],
            attributes.ToImmutableDictionary(a => a.Name), _nodes.Count + 1));
        return this;
    }

    /// <summary>The network of one input.</summary>
    internal NetworkGraph Build(ElementType type, params int[] inputShape)
    {
        string last = _nodes[^1].Outputs[0];
        NetworkGraph graph = new("hand", 13, [new GraphValue("x", type, [.. inputShape])], [new GraphValue(last, ElementType.Float32, [])],
            [.. _nodes], _constants.ToImmutableDictionary(), "");
        try
        {
            // The output's type is declared as what the nodes compute.
            return ShapeInference.Values(graph).TryGetValue(last, out StaticValue? value)
                ? graph with { Outputs = [new GraphValue(last, value.Type, [])] } : graph;
        }
        catch (NetworkException)
        {
            // Some tests want a graph that does not fit.
            return graph;
        }
    }

    /// <summary>A network of QLinearConv nodes with each of them as DequantizeLinear, Conv, QuantizeLinear, the Conv with the old
    /// name.</summary>
    internal static NetworkGraph InQdqForm(NetworkGraph graph)
    {
        var nodes = ImmutableArray.CreateBuilder<Node>();
        ImmutableDictionary<string, Tensor>.Builder constants = graph.Constants.ToBuilder();
        foreach (Node n in graph.Nodes)
        {
            if (n.OpType != "QLinearConv")
            {
                nodes.Add(n);
                continue;
            }
            Node Made(string suffix, string op, string[] inputs, string output, params NodeAttribute[] attributes) =>
                new(n.Name + suffix, "", op, [.. inputs], [output], attributes.ToImmutableDictionary(a => a.Name), n.Position);
            string p = n.Name + "/";
            float[] products = Array.ConvertAll(constants[n.Inputs[4]].Floats, w => constants[n.Inputs[1]].Floats[0] * w);
            constants[p + "bs"] = Tensor.OfFloats(products, products.Length == 1 ? [] : [products.Length]);
            nodes.Add(Made("/x", "DequantizeLinear", [n.Inputs[0], n.Inputs[1], n.Inputs[2]], p + "xr"));
            nodes.Add(Made("/w", "DequantizeLinear", [n.Inputs[3], n.Inputs[4], n.Inputs[5]], p + "wr",
                new NodeAttribute("axis", Integer: 0)));
            nodes.Add(Made("/b", "DequantizeLinear", [n.Inputs[8], p + "bs"], p + "br", new NodeAttribute("axis", Integer: 0)));
            nodes.Add(n with { OpType = "Conv", Inputs = [p + "xr", p + "wr", p + "br"], Outputs = [p + "yr"] });
            nodes.Add(Made("/y", "QuantizeLinear", [p + "yr", n.Inputs[6], n.Inputs[7]], n.Outputs[0]));
        }
        return graph with { Nodes = nodes.ToImmutable(), Constants = constants.ToImmutable() };
    }
}
