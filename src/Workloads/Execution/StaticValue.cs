using Sim.Workloads.Graph;

namespace Sim.Workloads.Execution;

/// <summary>What is known of a value before anything runs: type, shape, and its elements where they follow from constants and shapes
/// alone.</summary>
public sealed record StaticValue(ElementType Type, int[] Shape, Tensor? Known = null)
{
    /// <summary>A tensor that is known as a whole.</summary>
    internal static StaticValue Of(Tensor tensor) => new(tensor.Type, tensor.Shape, tensor);
}

/// <summary>The types and shapes of a node's outputs, from those of its inputs. Throws <see cref="NetworkException"/> where they do not
/// fit.</summary>
internal delegate StaticValue[] ShapeRule(ShapeCall call);

/// <summary>A shape depends on elements that are known only when the network runs.</summary>
internal sealed class UnknownValueException : Exception
{
    public UnknownValueException() { }

    public UnknownValueException(string message) : base(message) { }

    public UnknownValueException(string message, Exception inner) : base(message, inner) { }
}

/// <summary>One application of an operator of which only shapes are known: attributes as in a call, inputs by type and shape, elements
/// where they are constant.</summary>
internal sealed class ShapeCall(Node node, int opset, StaticValue?[] inputs) : OperatorCall(node, opset, [.. inputs.Select(i => i?.Known)])
{
    /// <summary>Type and shape of a required input.</summary>
    internal StaticValue In(int index) => InOrNull(index) ?? throw Fail($"input {index} is missing");

    /// <summary>Type and shape of an optional input; null when it is left out.</summary>
    internal StaticValue? InOrNull(int index) => IsGiven(index) ? inputs[index] ?? throw new UnknownValueException() : null;

    /// <summary>An optional input whose elements the shape depends on.</summary>
    internal override Tensor? Optional(int index) => IsGiven(index) ? inputs[index]?.Known ?? throw new UnknownValueException() : null;

    /// <summary>Outputs like the first input.</summary>
    internal StaticValue[] Like(int[] shape) => [new(In(0).Type, shape)];

    private bool IsGiven(int index) => index < inputs.Length && Node.Inputs[index].Length > 0;
}
