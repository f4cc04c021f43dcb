using System.Collections.Immutable;

namespace Sim.Workloads.Graph;

/// <summary>Chains of nodes that can run as one: a matrix layer or a pointwise node, and the pointwise nodes that follow it, each the only
/// user of the one before.</summary>
public static class FusionGroups
{
    // One result element from one element of the chain's value; other operands are constants.
    private static readonly HashSet<string> Pointwise =
    [
        "Abs", "Add", "BatchNormalization", "BipolarQuant", "Cast", "Ceil", "Clip", "Cos", "DequantizeLinear", "Div", "Elu", "Erf", "Exp",
            "Floor", "Gelu", "HardSigmoid",
        "HardSwish", "Identity", "IntQuant", "LeakyRelu", "Log", "Max", "Min", "Mish", "Mul", "Neg", "PRelu", "Quant", "QuantizeLinear",
            "Reciprocal", "Relu", "Round", "Selu",
        "Sigmoid", "Sign", "Sin", "Softplus", "Softsign", "Sqrt", "Sub", "Swish", "Tanh", "ThresholdedRelu", "Trunc",
    ];

    /// <summary>Whether an operator makes each result element from one element of its only computed operand.</summary>
    public static bool IsPointwise(string opType) => Pointwise.Contains(opType);

    /// <summary>Groups of at least two nodes, as indices of nodes in the order in which they run.</summary>
    public static ImmutableArray<ImmutableArray<int>> Of(NetworkGraph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        var topology = new NetworkTopology(graph.Nodes, graph.Outputs.Select(o => o.Name));
        HashSet<string> constants = [.. graph.Constants.Keys];
        var taken = new bool[topology.Count];
        var groups = ImmutableArray.CreateBuilder<ImmutableArray<int>>();
        for (int i = 0; i < taken.Length; i++)
        {
            if (taken[i] || !(LayerExtraction.IsMatrixOperator(graph.Nodes[i].OpType)
                || Pointwise.Contains(graph.Nodes[i].OpType))) continue;
            List<int> chain = [i];
            while (Next(graph, topology, chain[^1], constants) is { } next && !taken[next]) chain.Add(next);
            foreach (int node in chain) taken[node] = true;
            if (chain.Count > 1) groups.Add([.. chain]);
        }
        return groups.ToImmutable();
    }

    private static int? Next(NetworkGraph graph, NetworkTopology topology, int node, HashSet<string> constants)
    {
        int[] users = [.. topology.Consumers(node)];
        if (users.Length != 1 || users[0] == topology.Sink || graph.Nodes[node].Outputs.Count(o => o.Length > 0) != 1) return null;
        Node user = graph.Nodes[users[0]];
        return Pointwise.Contains(user.OpType) && user.Inputs.Count(n => n.Length > 0 && !constants.Contains(n)) == 1 ? users[0] : null;
    }
}
