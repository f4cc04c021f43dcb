using System.Collections.Immutable;
using Sim.Workloads.Graph;

namespace Sim.Workloads.Onnx;

/// <summary>Orders nodes so that every value is made before it is used, keeping file order where free; reports values of no origin, of two
/// origins, and cycles.</summary>
internal sealed class NodeOrder(OnnxProblems problems, List<(int Index, Node Node)> nodes, ImmutableArray<GraphValue> inputs,
    ImmutableArray<GraphValue> outputs, Func<string, bool> isConstant)
{
    internal ImmutableArray<Node> Sort()
    {
        HashSet<string> made = Made();
        for (int i = 0; i < nodes.Count; i++)
            foreach (string input in nodes[i].Node.Inputs.Where(n => n.Length > 0 && !made.Contains(n)).Distinct())
                Report(i, "ONX031", $"input '{input}' is neither a graph input, an initializer nor the output of a node");
        foreach (GraphValue output in outputs.Where(o => !made.Contains(o.Name)))
            problems.File("ONX032", $"output '{output.Name}' is produced by no node");
        var topology = new NetworkTopology([.. nodes.Select(n => n.Node)], outputs.Select(o => o.Name));
        ImmutableArray<int> order = topology.Order();
        if (order.Length < nodes.Count)
            foreach (int i in topology.Cyclic()) Report(i, "ONX033", "is part of a cycle");
        return [.. order.Select(i => nodes[i].Node)];
    }

    // Names of all values; those that are made twice are reported.
    private HashSet<string> Made()
    {
        var made = new HashSet<string>(StringComparer.Ordinal);
        foreach (GraphValue input in inputs)
            if (!made.Add(input.Name)) problems.File("ONX013", $"input '{input.Name}' occurs twice");
        for (int i = 0; i < nodes.Count; i++)
            foreach (string output in nodes[i].Node.Outputs.Where(o => o.Length > 0))
                if (isConstant(output) || !made.Add(output)) Report(i, "ONX013", $"value '{output}' is produced twice");
        made.UnionWith(nodes.SelectMany(n => n.Node.Inputs).Concat(outputs.Select(o => o.Name)).Where(isConstant));
        return made;
    }

    private void Report(int i, string code, string message) =>
        problems.Node(nodes[i].Index, nodes[i].Node.Name, nodes[i].Node.OpType, code, message);
}
