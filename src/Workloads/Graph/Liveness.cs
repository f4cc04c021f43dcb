using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace Sim.Workloads.Graph;

/// <summary>How long values live when nodes run in the network's order: from the node that makes them to the last that uses them.</summary>
public sealed class Liveness
{
    private static readonly ConditionalWeakTable<NetworkGraph, Liveness> Known = [];

    private readonly NetworkGraph _graph;

    private Liveness(NetworkGraph graph)
    {
        _graph = graph;
        var topology = new NetworkTopology(graph.Nodes, graph.Outputs.Select(o => o.Name));
        var dead = new List<string>[graph.Nodes.Length];
        for (int i = 0; i < dead.Length; i++)
        {
            // What nothing uses dies where it is made.
            dead[i] = [.. graph.Nodes[i].Outputs.Where(o => o.Length > 0).Except(topology.Values(i).Select(v => v.Key))];
        }
        for (int i = NetworkTopology.Source; i < dead.Length; i++)
            foreach (IGrouping<string, int> value in topology.Values(i))
                if (!graph.Constants.ContainsKey(value.Key) && value.Max() is var last && last != topology.Sink) dead[last].Add(value.Key);
        DeadAfter = [.. dead.Select(d => d.Order(StringComparer.Ordinal).ToImmutableArray())];
    }

    /// <summary>For each node the values that nothing needs once it has run, in alphabetical order.</summary>
    public ImmutableArray<ImmutableArray<string>> DeadAfter { get; }

    /// <summary>Lifetimes of a network's values; found once for each network.</summary>
    public static Liveness Of(NetworkGraph graph) => Known.GetValue(graph, static g => new Liveness(g));

    /// <summary>The most bytes of computed values and inputs that live at once, and the index of the node at which they do. Values of
    /// unknown size count nothing.</summary>
    public (long Bytes, int Node) Peak(IReadOnlyDictionary<string, Execution.StaticValue> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        long Size(string name) => values.TryGetValue(name, out Execution.StaticValue? v) ? v.Type.StoredBytes(Shapes.Count(v.Shape)) : 0;
        long live = _graph.Inputs.Sum(i => Size(i.Name));
        (long Bytes, int Node) peak = (live, -1);
        for (int i = 0; i < _graph.Nodes.Length; i++)
        {
            live += _graph.Nodes[i].Outputs.Sum(Size);
            if (live > peak.Bytes) peak = (live, i);
            live -= DeadAfter[i].Sum(Size);
        }
        return peak;
    }
}
