using System.Collections.Immutable;

namespace Sim.Workloads.Graph;

/// <summary>One attribute of a node; exactly one member is set.</summary>
public sealed record NodeAttribute(string Name, long? Integer = null, float? Real = null, string? Text = null,
    ImmutableArray<long> Integers = default, ImmutableArray<float> Reals = default, ImmutableArray<string> Texts = default, Tensor? Tensor = null);

/// <summary>
/// One operator application. Name is unique in the graph (made from the first output when the file gives none). An absent optional input is "".
/// Position is the node's number in the file, from 1; 0 when a transformation made the node.
/// </summary>
public sealed record Node(string Name, string Domain, string OpType, ImmutableArray<string> Inputs, ImmutableArray<string> Outputs,
    ImmutableDictionary<string, NodeAttribute> Attributes, int Position = 0);

/// <summary>A graph input or output: name, type and shape; -1 for a dimension that the file leaves open (batch).</summary>
public sealed record GraphValue(string Name, ElementType Type, ImmutableArray<int> Shape)
{
    /// <summary>False when the file gives an output no shape, not even its rank.</summary>
    public bool HasShape { get; init; } = true;

    /// <summary>The file's names of open dimensions, "" where it gives none; empty when not known.</summary>
    public ImmutableArray<string> Names { get; init; } = [];

    /// <summary>Whether a dimension is open.</summary>
    public bool IsOpen => Shape.Any(d => d < 0);
}

/// <summary>A network as read: nodes in topological order, constants by name.</summary>
public sealed record NetworkGraph(string Name, int Opset, ImmutableArray<GraphValue> Inputs, ImmutableArray<GraphValue> Outputs,
    ImmutableArray<Node> Nodes, ImmutableDictionary<string, Tensor> Constants, string Digest);
