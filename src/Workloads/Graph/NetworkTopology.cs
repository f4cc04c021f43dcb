using System.Collections.Immutable;
using QuikGraph;
using QuikGraph.Algorithms;

namespace Sim.Workloads.Graph;

/// <summary>
/// The network as a directed graph of its nodes (QuikGraph): an edge for every value that one node makes and another uses, tagged with the
/// value's name. A source feeds graph inputs and nodes that only constants feed; a sink takes graph outputs and what nothing uses.
/// </summary>
public sealed class NetworkTopology
{
    private readonly BidirectionalGraph<int, TaggedEdge<int, string>> _graph = new(allowParallelEdges: true);

    /// <summary>The topology of nodes, which need not be in order yet.</summary>
    public NetworkTopology(IReadOnlyList<Node> nodes, IEnumerable<string> outputs)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        ArgumentNullException.ThrowIfNull(outputs);
        Count = nodes.Count;
        var producer = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < Count; i++)
            foreach (string name in nodes[i].Outputs.Where(o => o.Length > 0)) producer.TryAdd(name, i);
        _graph.AddVertexRange(Enumerable.Range(-1, Count + 2));
        for (int i = 0; i < Count; i++)
            foreach (string name in nodes[i].Inputs.Where(n => n.Length > 0)
                .Distinct()) _graph.AddEdge(new(producer.GetValueOrDefault(name, Source), i, name));
        foreach (string name in outputs.Distinct()) _graph.AddEdge(new(producer.GetValueOrDefault(name, Source), Sink, name));
        for (int i = 0; i < Count; i++)
        {
            if (_graph.InDegree(i) == 0) _graph.AddEdge(new(Source, i, ""));
            if (_graph.OutDegree(i) == 0) _graph.AddEdge(new(i, Sink, ""));
        }
    }

    /// <summary>The vertex before every node.</summary>
    public const int Source = -1;

    /// <summary>The vertex behind every node.</summary>
    public int Sink => Count;

    /// <summary>Number of nodes; they are the vertices 0 to Count − 1.</summary>
    public int Count { get; }

    /// <summary>Nodes that use a value of a node, each once, in ascending order; the sink among them where a value is an output or
    /// unused.</summary>
    public IEnumerable<int> Consumers(int node) => _graph.OutEdges(node).Select(e => e.Target).Distinct().Order();

    /// <summary>Nodes whose values a node uses, each once, in ascending order; the source among them where it uses inputs or
    /// constants.</summary>
    public IEnumerable<int> Producers(int node) => _graph.InEdges(node).Select(e => e.Source).Distinct().Order();

    /// <summary>The values that a vertex makes, with the vertices that use each.</summary>
    public IEnumerable<IGrouping<string, int>> Values(int node) =>
        _graph.OutEdges(node).Where(e => e.Tag.Length > 0).GroupBy(e => e.Tag, e => e.Target, StringComparer.Ordinal);

    /// <summary>
    /// Nodes in an order that has every value made before it is used, the lowest number first where several could come: QuikGraph's own
    /// order is depth-first and would change with the order of edges. Nodes on a cycle or behind one are left out.
    /// </summary>
    public ImmutableArray<int> Order()
    {
        int[] waiting = [.. Enumerable.Range(0, Count).Select(i => Producers(i).Count(p => p != Source))];
        var ready = new PriorityQueue<int, int>(Enumerable.Range(0, Count).Where(i => waiting[i] == 0).Select(i => (i, i)));
        var order = ImmutableArray.CreateBuilder<int>(Count);
        while (ready.TryDequeue(out int i, out _))
        {
            order.Add(i);
            foreach (int user in Consumers(i).Where(u => u != Sink))
                if (--waiting[user] == 0) ready.Enqueue(user, user);
        }
        return order.ToImmutable();
    }

    /// <summary>Nodes that lie on a cycle, in ascending order.</summary>
    public ImmutableArray<int> Cyclic()
    {
        var components = new Dictionary<int, int>();
        _graph.StronglyConnectedComponents(components);
        HashSet<int> large = [.. components.GroupBy(c => c.Value).Where(g => g.Count() > 1).Select(g => g.Key)];
        return [.. Enumerable.Range(0, Count).Where(i => large.Contains(components[i]) || _graph.OutEdges(i).Any(e => e.Target == i))];
    }

    /// <summary>For each node in order and the sink: the last vertex that every path from the source to it passes (Cooper, Harvey and
    /// Kennedy 2001).</summary>
    public IReadOnlyDictionary<int, int> ImmediateDominators()
    {
        int[] order = [.. Order(), Sink];
        var rank = new Dictionary<int, int> { [Source] = -1 };
        for (int i = 0; i < order.Length; i++) rank[order[i]] = i;
        var dominator = new Dictionary<int, int> { [Source] = Source };
        // In topological order all predecessors are done, so one pass is enough.
        foreach (int vertex in order)
        {
            int common = int.MinValue;
            foreach (int from in Producers(vertex).Where(dominator.ContainsKey))
            {
                int other = from;
                while (common != int.MinValue && common != other)
                    if (rank[other] > rank[common]) other = dominator[other];
                    else common = dominator[common];
                common = other;
            }
            if (common != int.MinValue) dominator[vertex] = common;
        }
        dominator.Remove(Source);
        return dominator;
    }

    /// <summary>Nodes that every path from inputs or constants to outputs passes, from the first to the last: where the network can be cut
    /// in two.</summary>
    public ImmutableArray<int> Bottlenecks()
    {
        IReadOnlyDictionary<int, int> dominators = ImmediateDominators();
        var found = new Stack<int>();
        for (int at = dominators.GetValueOrDefault(Sink, Source); at != Source; at = dominators[at]) found.Push(at);
        return [.. found];
    }
}
