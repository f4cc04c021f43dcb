namespace Sim.Workloads.Integers;

/// <summary>A node with a sum or register of which nothing is claimed, and why: no answer about the network may cover it.</summary>
/// <param name="Name">The node's name.</param>
/// <param name="Operator">Its operator.</param>
/// <param name="Reason">Why nothing is claimed, as the rest of a sentence about the node.</param>
public sealed record UnjudgedNode(string Name, string Operator, string Reason)
{
    /// <inheritdoc/>
    public override string ToString() => $"node '{Name}' ({Operator}) {Reason}";
}
