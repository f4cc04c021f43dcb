using System.Collections.Immutable;
using Google.Protobuf;
using Sim.Workloads.Graph;
using Sim.Workloads.Onnx.Messages;

namespace Sim.Workloads.Onnx;

/// <summary>Turns AttributeProto into <see cref="NodeAttribute"/>. A subgraph becomes an attribute with no member set: no supported
/// operator takes one.</summary>
internal static class AttributeReader
{
    internal static NodeAttribute? Read(AttributeProto a, ModelSource source, Action<string, string> report)
    {
        switch (a.HasType ? a.Type : Guess(a))
        {
            case 1: return new NodeAttribute(a.Name, Real: a.F);
            case 2: return new NodeAttribute(a.Name, Integer: a.I);
            case 3: return new NodeAttribute(a.Name, Text: a.S.ToStringUtf8());
            case 4:
                return a.T is not null && new OnnxTensorReader(report, source, null).Read(a.T, $"attribute '{a.Name}'") is { } tensor
                    ? new NodeAttribute(a.Name, Tensor: tensor) : null;
            case 5: return new NodeAttribute(a.Name);
            case 6: return new NodeAttribute(a.Name, Reals: [.. a.Floats]);
            case 7: return new NodeAttribute(a.Name, Integers: [.. a.Ints]);
            case 8: return new NodeAttribute(a.Name, Texts: [.. a.Strings.Select(s => s.ToStringUtf8())]);
            default:
                report("ONX018", $"attribute '{a.Name}' has a type that is not supported (code {a.Type})");
                return null;
        }
    }

    private static readonly string[] ConstantNames = ["value", "value_float", "value_floats", "value_int", "value_ints"];

    /// <summary>The value of a Constant node, or null and what is wrong; a null problem means that its attribute was reported
    /// already.</summary>
    internal static Tensor? ConstantValue(Node node, out string? problem)
    {
        string[] given = [.. node.Attributes.Keys.Order(StringComparer.Ordinal)], unknown = [.. given.Except(ConstantNames)];
        problem = unknown.Length > 0 ? $"attribute '{unknown[0]}' is not understood; supported are {string.Join(", ", ConstantNames)}"
            : given.Length > 1 ? $"has {given.Length} values ({string.Join(", ", given)}); exactly one is allowed"
            : given.Length == 0 ? $"needs one of {string.Join(", ", ConstantNames)}" : null;
        if (problem is not null) return null;
        NodeAttribute a = node.Attributes[given[0]];
        Tensor? value = a.Name switch
        {
            "value" => a.Tensor,
            "value_float" => a.Real is { } f ? Tensor.OfFloats([f]) : null,
            "value_floats" => a.Reals.IsDefault ? null : Tensor.OfFloats([.. a.Reals], a.Reals.Length),
            "value_int" => a.Integer is { } i ? Tensor.OfIntegers(ElementType.Int64, [i]) : null,
            _ => a.Integers.IsDefault ? null : Tensor.OfIntegers(ElementType.Int64, [.. a.Integers], a.Integers.Length),
        };
        if (value is null) problem = $"attribute '{a.Name}' does not hold what its name says";
        return value;
    }

    // IR versions before 3 did not write the type.
    private static int Guess(AttributeProto a) =>
        a.HasF ? 1 : a.HasI ? 2 : a.HasS ? 3 : a.T is not null ? 4 : a.HasG ? 5 : a.Floats.Count > 0 ? 6 : a.Ints.Count > 0 ? 7
            : a.Strings.Count > 0 ? 8 : 0;
}
