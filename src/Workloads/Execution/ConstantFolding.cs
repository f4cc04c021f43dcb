using System.Collections.Immutable;
using Sim.Workloads.Graph;

namespace Sim.Workloads.Execution;

/// <summary>Computes, once, the nodes that depend on constants alone (weights quantized in the graph, say). Outputs of the graph stay bit
/// for bit what they were.</summary>
public static class ConstantFolding
{
    /// <summary>The graph without such nodes; their values, as far as still used, are constants of the new graph.</summary>
    public static NetworkGraph Fold(NetworkGraph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ImmutableDictionary<string, Tensor>.Builder constants = graph.Constants.ToBuilder();
        var left = ImmutableArray.CreateBuilder<Node>();
        foreach (Node node in graph.Nodes)
        {
            if (node.Inputs.Any(i => i.Length > 0 && !constants.ContainsKey(i)) || OperatorCatalogue.Find(node) is null)
            {
                left.Add(node);
                continue;
            }
            Tensor[] results = GraphExecutor.Apply(node, graph.Opset, [.. node.Inputs.Select(i => i.Length == 0 ? null : constants[i])]);
            for (int o = 0; o < Math.Min(results.Length, node.Outputs.Length); o++)
                if (node.Outputs[o].Length > 0) constants[node.Outputs[o]] = results[o];
        }
        HashSet<string> used = [.. left.SelectMany(n => n.Inputs), .. graph.Outputs.Select(o => o.Name)];
        return graph with { Nodes = left.ToImmutable(), Constants = constants.Where(c => used.Contains(c.Key)).ToImmutableDictionary() };
    }
}
