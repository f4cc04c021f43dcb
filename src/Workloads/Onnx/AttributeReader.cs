using System.Collections.Immutable;
using Google.Protobuf;
using Sim.Workloads.Graph;
using Sim.Workloads.Onnx.Messages;

namespace Sim.Workloads.Onnx;

/// <summary>Turns AttributeProto into <see cref="NodeAttribute"/>. A subgraph becomes an attribute with no member set: no supported operator takes one.</summary>
internal static class AttributeReader
{
    internal static NodeAttribute? Read(AttributeProto a, Action<string, string> report)
    {
        switch (a.HasType ? a.Type : Guess(a))
        {
            case 1: return new NodeAttribute(a.Name, Real: a.F);
            case 2: return new NodeAttribute(a.Name, Integer: a.I);
            case 3: return new NodeAttribute(a.Name, Text: a.S.ToStringUtf8());
            case 4:
                return a.T is not null && new OnnxTensorReader(report, null).Read(a.T, $"attribute '{a.Name}'") is { } tensor
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

    /// <summary>The value of a Constant node, or null when it gives none that is supported.</summary>
    internal static Tensor? ConstantValue(Node node)
    {
        foreach (NodeAttribute a in node.Attributes.Values)
        {
            switch (a.Name)
            {
                case "value" when a.Tensor is not null: return a.Tensor;
                case "value_float" when a.Real is { } f: return Tensor.OfFloats([f]);
                case "value_floats" when !a.Reals.IsDefault: return Tensor.OfFloats([.. a.Reals], a.Reals.Length);
                case "value_int" when a.Integer is { } i: return Tensor.OfIntegers(ElementType.Int64, [i]);
                case "value_ints" when !a.Integers.IsDefault: return Tensor.OfIntegers(ElementType.Int64, [.. a.Integers], a.Integers.Length);
            }
        }
        return null;
    }

    // IR versions before 3 did not write the type.
    private static int Guess(AttributeProto a) =>
        a.HasF ? 1 : a.HasI ? 2 : a.HasS ? 3 : a.T is not null ? 4 : a.HasG ? 5 : a.Floats.Count > 0 ? 6 : a.Ints.Count > 0 ? 7 : a.Strings.Count > 0 ? 8 : 0;
}
