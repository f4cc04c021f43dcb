using Sim.Workloads.Graph;

namespace Sim.Tests;

/// <summary>Writes graphs of <see cref="Node"/> records as ONNX bytes, field by field, for another runtime to execute.</summary>
internal static class OracleModel
{
    /// <summary>A model whose inputs have their full shapes and whose outputs are the given names and types; constants become
    /// initializers.</summary>
    internal static byte[] Bytes(int opset, IEnumerable<(string Name, Tensor Value)> inputs,
        IEnumerable<(string Name, Tensor Value)> constants, IEnumerable<Node> nodes, IEnumerable<(string Name, ElementType Type)> outputs)
    {
        byte[] graph = OnnxBytes.Join(
        [
            .. nodes.Select(n => OnnxBytes.Block(1, Node(n))),
            OnnxBytes.Text(2, "g"),
            .. constants.Select(c => OnnxBytes.Block(5, Tensor(c.Name, c.Value))),
            .. inputs.Select(i => OnnxBytes.Input(i.Name, i.Value.Type.OnnxCode(), [.. i.Value.Shape.Select(d => (long)d)])),
            .. outputs.Select(o => OnnxBytes.Block(12,
                [.. OnnxBytes.Text(1, o.Name), .. OnnxBytes.Block(2, OnnxBytes.Block(1, OnnxBytes.Int(1, o.Type.OnnxCode())))])),
        ]);
        byte[] Import(string domain, int version) => OnnxBytes.Block(8, [.. OnnxBytes.Text(1, domain), .. OnnxBytes.Int(2, version)]);
        return [.. OnnxBytes.Int(1, opset >= 24 ? 11 : 10), .. OnnxBytes.Block(7, graph), .. Import("", opset),
            .. Import("com.microsoft", 1)];
    }

    private static byte[] Node(Node n) =>
    [
        .. OnnxBytes.Join(n.Inputs.Select(i => OnnxBytes.Text(1, i))), .. OnnxBytes.Join(n.Outputs.Select(o => OnnxBytes.Text(2, o))),
            .. OnnxBytes.Text(3, n.Name), .. OnnxBytes.Text(4, n.OpType),
        .. OnnxBytes.Join(n.Attributes.Values.Select(a => OnnxBytes.Block(5, Attribute(a)))), .. OnnxBytes.Text(7, n.Domain),
    ];

    private static byte[] Attribute(NodeAttribute a)
    {
        (byte[] value, int type) =
            a.Real is { } f ? (OnnxBytes.Float(2, f), 1)
            : a.Integer is { } i ? (OnnxBytes.Int(3, i), 2)
            : a.Text is { } s ? (OnnxBytes.Text(4, s), 3)
            : a.Tensor is { } t ? (OnnxBytes.Block(5, Tensor("", t)), 4)
            : !a.Reals.IsDefault ? (OnnxBytes.Join(a.Reals.Select(v => OnnxBytes.Float(7, v))), 6)
            : !a.Integers.IsDefault ? (OnnxBytes.Join(a.Integers.Select(v => OnnxBytes.Int(8, v))), 7)
            : (OnnxBytes.Join(a.Texts.Select(v => OnnxBytes.Text(9, v))), 8);
        return [.. OnnxBytes.Text(1, a.Name), .. value, .. OnnxBytes.Int(20, type)];
    }

    private static byte[] Tensor(string name, Tensor t) =>
    [
        .. OnnxBytes.Join(t.Shape.Select(d => OnnxBytes.Int(1, d))), .. OnnxBytes.Int(2, t.Type.OnnxCode()), .. OnnxBytes.Text(8, name),
            .. OnnxBytes.Block(9, Raw(t)),
    ];

    private static byte[] Raw(Tensor t) => t.Type switch
    {
        ElementType.Float32 => Each(t, i => BitConverter.GetBytes(t.Floats[i])),
        ElementType.Float64 => Each(t, i => BitConverter.GetBytes(t.Doubles[i])),
        ElementType.Float16 => Each(t, i => BitConverter.GetBytes((Half)t.Floats[i])),
        ElementType.Int8 or ElementType.UInt8 or ElementType.Bool => Each(t, i => [unchecked((byte)t.Integer(i))]),
        ElementType.Int16 or ElementType.UInt16 => Each(t, i => BitConverter.GetBytes(unchecked((short)t.Integer(i)))),
        ElementType.Int32 or ElementType.UInt32 => Each(t, i => BitConverter.GetBytes(unchecked((int)t.Integer(i)))),
        ElementType.Int64 or ElementType.UInt64 => Each(t, i => BitConverter.GetBytes(t.Integer(i))),
        _ => throw new ArgumentOutOfRangeException(nameof(t), t.Type, "not written here"),
    };

    private static byte[] Each(Tensor t, Func<int, byte[]> element) => OnnxBytes.Join(Enumerable.Range(0, t.Count).Select(element));
}
