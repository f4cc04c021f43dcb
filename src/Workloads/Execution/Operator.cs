using Sim.Workloads.Graph;

namespace Sim.Workloads.Execution;

/// <summary>Computes a node's outputs. Throws <see cref="NetworkException"/> when inputs or attributes do not fit.</summary>
internal delegate Tensor[] OperatorBody(OperatorCall call);

/// <summary>
/// One operator, of the standard domain unless Domains says otherwise. Attributes lists every attribute name that is understood, separated
/// by blanks: an unknown one is an error, not a surprise.
/// </summary>
internal sealed record Operator(string OpType, int MinInputs, int MaxInputs, int MaxOutputs, string Attributes, OperatorBody Body,
    ShapeRule Shape)
{
    private readonly HashSet<string> _attributes = [.. Attributes.Split(' ', StringSplitOptions.RemoveEmptyEntries)];

    /// <summary>Domains that the operator lives in; "" is the standard one.</summary>
    internal IReadOnlyList<string> Domains { get; init; } = [""];

    /// <summary>Whether it takes types for storage alone (4 bits, 8-bit floats): it converts them or moves them about.</summary>
    internal bool TakesStored { get; init; }

    internal bool Knows(string attribute) => _attributes.Contains(attribute);

    internal IEnumerable<string> AttributeNames => _attributes;
}
