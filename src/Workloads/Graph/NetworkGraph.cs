using System.Collections.Immutable;

namespace Sim.Workloads.Graph;

/// <summary>One attribute of a node; exactly one member is set.</summary>
public sealed record NodeAttribute(string Name, long? Integer = null, float? Real = null, string? Text = null,
    ImmutableArray<long> Integers = default, ImmutableArray<float> Reals = default, ImmutableArray<string> Texts = default,
        Tensor? Tensor = null);

/// <summary>
/// One operator application. Name is unique in the graph (made from the first output when the file gives none). An absent optional input is
/// "".
/// Position is the node's number in the file, from 1; 0 when a transformation made the node.
/// </summary>
public sealed record Node(string Name, string Domain, string OpType, ImmutableArray<string> Inputs, ImmutableArray<string> Outputs,
    ImmutableDictionary<string, NodeAttribute> Attributes, int Position = 0);

/// <summary>A graph input or output: name, type and shape; -1 for a dimension that the file leaves open (batch).</summary>
public sealed record GraphValue(string Name, ElementType Type, ImmutableArray<int> Shape)
{
    /// <summary>False when the file gives no shape, or one without dimensions, by which exporters mean the same.</summary>
    public bool HasShape { get; init; } = true;

    /// <summary>The file's names of open dimensions, "" where it gives none; empty when not known.</summary>
    public ImmutableArray<string> Names { get; init; } = [];

    /// <summary>Whether a dimension is open.</summary>
    public bool IsOpen => Shape.Any(d => d < 0);
}

/// <summary>A network as read: nodes in topological order, constants by name.</summary>
public sealed record NetworkGraph(string Name, int Opset, ImmutableArray<GraphValue> Inputs, ImmutableArray<GraphValue> Outputs,
    ImmutableArray<Node> Nodes, ImmutableDictionary<string, Tensor> Constants, string Digest)
{
    /// <summary>The network for samples of a shape: open dimensions of its only input but the first, which counts samples, are those of the
    /// samples.</summary>
    public NetworkGraph ForSamples(IReadOnlyList<int> shape)
    {
        GraphValue input = Inputs[0];
        if (Inputs.Length != 1 || input.Shape.Length != shape.Count) return this;
        return this with { Inputs = [input with { Shape = [.. input.Shape.Select((d, i) => i > 0 && d < 0 ? shape[i] : d)] }] };
    }

    /// <summary>The network with open dimensions set by their names in the file.</summary>
    public NetworkGraph WithDimensions(IReadOnlyDictionary<string, int> sizes) => this with
    {
        Inputs = [.. Inputs.Select(v =>
            v with { Shape = [.. v.Shape.Select((d, i) => d < 0 && i < v.Names.Length && sizes.TryGetValue(v.Names[i], out int size) ? size
            : d)] })],
    };
}
