namespace Sim.Workloads.Graph;

/// <summary>A network or its data is at fault, not this program: the message names the node and says what is wrong.</summary>
public sealed class NetworkException : Exception
{
    /// <summary>A fault with a message alone.</summary>
    public NetworkException(string message) : base(message) { }

    /// <summary>A fault of no further description.</summary>
    public NetworkException() { }

    /// <summary>A fault that another exception caused.</summary>
    public NetworkException(string message, Exception inner) : base(message, inner) { }

    /// <summary>A fault of one node: "node 'name' (OpType): what is wrong".</summary>
    public NetworkException(Node node, string what) : base($"node '{node?.Name}' ({node?.OpType}): {what}") => Node = node;

    /// <summary>The node at fault; null when the fault lies in the graph's inputs.</summary>
    public Node? Node { get; }
}
