using System.Collections.Immutable;
using Sim.Workloads.Graph;

namespace Sim.Workloads.Onnx;

/// <summary>Orders nodes so that every value is produced before it is used, keeping file order where free; reports values of no origin, of two origins, and cycles.</summary>
internal sealed class TopologicalOrder(OnnxProblems problems, List<(int Index, Node Node)> nodes, ImmutableArray<GraphValue> inputs,
    ImmutableArray<GraphValue> outputs, Func<string, bool> isConstant)
{
    internal ImmutableArray<Node> Sort()
    {
        Dictionary<string, int> producer = Producers();
        var waiting = new int[nodes.Count];
        var users = new List<int>[nodes.Count];
        for (int i = 0; i < users.Length; i++) users[i] = [];
        for (int i = 0; i < nodes.Count; i++)
        {
            foreach (string input in nodes[i].Node.Inputs.Where(n => n.Length > 0).Distinct())
            {
                if (!producer.TryGetValue(input, out int p))
                    Report(i, "ONX031", $"input '{input}' is neither a graph input, an initializer nor the output of a node");
                else if (p >= 0)
                {
                    users[p].Add(i);
                    waiting[i]++;
                }
            }
        }
        foreach (GraphValue output in outputs.Where(o => !producer.ContainsKey(o.Name)))
            problems.File("ONX032", $"output '{output.Name}' is produced by no node");
        return Order(waiting, users);
    }

    private ImmutableArray<Node> Order(int[] waiting, List<int>[] users)
    {
        var ready = new PriorityQueue<int, int>();
        for (int i = 0; i < waiting.Length; i++)
            if (waiting[i] == 0) ready.Enqueue(i, i);
        var order = ImmutableArray.CreateBuilder<Node>();
        var done = new bool[waiting.Length];
        while (ready.TryDequeue(out int i, out _))
        {
            order.Add(nodes[i].Node);
            done[i] = true;
            foreach (int user in users[i])
                if (--waiting[user] == 0) ready.Enqueue(user, user);
        }
        for (int i = 0; i < done.Length; i++)
            if (!done[i]) Report(i, "ONX033", "is part of a cycle or fed by one");
        return order.ToImmutable();
    }

    // Index of the producing node; -1 for graph inputs and constants.
    private Dictionary<string, int> Producers()
    {
        var producer = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (GraphValue input in inputs)
            if (!producer.TryAdd(input.Name, -1)) problems.File("ONX013", $"input '{input.Name}' occurs twice");
        for (int i = 0; i < nodes.Count; i++)
            foreach (string output in nodes[i].Node.Outputs.Where(o => o.Length > 0))
                if (isConstant(output) || !producer.TryAdd(output, i)) Report(i, "ONX013", $"value '{output}' is produced twice");
        foreach (string name in nodes.SelectMany(n => n.Node.Inputs).Concat(outputs.Select(o => o.Name)))
            if (isConstant(name)) producer.TryAdd(name, -1);
        return producer;
    }

    private void Report(int i, string code, string message) => problems.Node(nodes[i].Index, nodes[i].Node.Name, nodes[i].Node.OpType, code, message);
}
