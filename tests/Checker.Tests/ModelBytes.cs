using System.Buffers.Binary;
using Sim.Tests;
using Sim.Workloads.Graph;

namespace Sim.Checker.Tests;

/// <summary>An ONNX file of a network that a test made in memory; its outputs are UInt8 of any shape.</summary>
internal static class ModelBytes
{
    internal static byte[] Of(NetworkGraph graph)
    {
        var parts = new List<byte[]>();
        foreach (Node n in graph.Nodes)
        {
            byte[] node = [.. OnnxBytes.Join(n.Inputs.Select(i => OnnxBytes.Text(1, i))),
                .. OnnxBytes.Join(n.Outputs.Select(o => OnnxBytes.Text(2, o))),
                .. OnnxBytes.Text(3, n.Name), .. OnnxBytes.Text(4, n.OpType),
                .. OnnxBytes.Join(n.Attributes.Values.Select(a => OnnxBytes.Block(5, Attribute(a))))];
            parts.Add(OnnxBytes.Block(1, n.Domain.Length == 0 ? node : [.. node, .. OnnxBytes.Text(7, n.Domain)]));
        }
        foreach ((string name, Tensor t) in graph.Constants.OrderBy(c => c.Key,
            StringComparer.Ordinal)) parts.Add(OnnxBytes.Initializer(OnnxBytes.TensorBytes(name, Type(t.Type), Shape(t), Data(t))));
        foreach (GraphValue input in graph.Inputs) parts.Add(OnnxBytes.Input(input.Name, Type(input.Type),
            [.. input.Shape.Select(d => (long)d)]));
        foreach (GraphValue output in graph.Outputs) parts.Add(OnnxBytes.Block(12,
            [.. OnnxBytes.Text(1, output.Name), .. OnnxBytes.Block(2, OnnxBytes.Block(1, OnnxBytes.Int(1, 2)))]));
        return OnnxBytes.Model(graph.Opset, [.. parts]);
    }

    private static byte[] Attribute(NodeAttribute a) =>
        a.Integer is { } i ? OnnxBytes.IntAttribute(a.Name, i) : OnnxBytes.IntsAttribute(a.Name, [.. a.Integers]);

    private static long[] Shape(Tensor t) => [.. t.Shape.Select(d => (long)d)];

    private static int Type(ElementType type) => type switch
    {
        ElementType.Float32 => 1, ElementType.UInt8 => 2, ElementType.Int8 =>
            3, ElementType.Int32 => 6, ElementType.Int64 => 7, _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    private static byte[] Data(Tensor t)
    {
        if (t.Type == ElementType.Float32) return OnnxBytes.Raw(t.Floats);
        int width = t.Type.Bytes();
        byte[] bytes = new byte[t.Count * width], wide = new byte[8];
        for (int i = 0; i < t.Count; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(wide, t.Integers[i]);
            wide.AsSpan(0, width).CopyTo(bytes.AsSpan(i * width));
        }
        return OnnxBytes.Block(9, bytes);
    }
}
