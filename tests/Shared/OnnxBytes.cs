using System.Text;

namespace Sim.Tests;

/// <summary>Writes ONNX messages by hand, field by field of the public definitions, so that tests do not lean on the reader's own message
/// classes.</summary>
internal static class OnnxBytes
{
    internal static byte[] Varint(ulong value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7) bytes.Add((byte)(value & 0x7F | 0x80));
        bytes.Add((byte)value);
        return [.. bytes];
    }

    internal static byte[] Int(int field, long value) => [.. Varint((ulong)field << 3), .. Varint(unchecked((ulong)value))];

    internal static byte[] Block(int field, byte[] content) =>
        [.. Varint((ulong)field << 3 | 2), .. Varint((ulong)content.Length), .. content];

    internal static byte[] Text(int field, string value) => Block(field, Encoding.UTF8.GetBytes(value));

    internal static byte[] Float(int field, float value) => [.. Varint((ulong)field << 3 | 5), .. BitConverter.GetBytes(value)];

    internal static byte[] Join(IEnumerable<byte[]> parts) => [.. parts.SelectMany(p => p)];

    internal static byte[] Model(int opset, params byte[][] graph) =>
        [.. Int(1, 8), .. Block(7, [.. Text(2, "hand"), .. Join(graph)]), .. Block(8, Int(2, opset))];

    internal static byte[] Op(string name, string op, string[] inputs, string[] outputs, params byte[][] attributes) => Block(1,
        [.. Join(inputs.Select(i => Text(1, i))), .. Join(outputs.Select(o => Text(2, o))), .. Text(3, name), .. Text(4, op),
            .. Join(attributes.Select(a => Block(5, a)))]);

    internal static byte[] IntAttribute(string name, long value) => [.. Text(1, name), .. Int(3, value), .. Int(20, 2)];

    internal static byte[] FloatAttribute(string name, float value) => [.. Text(1, name), .. Float(2, value), .. Int(20, 1)];

    internal static byte[] IntsAttribute(string name, params long[] values) =>
        [.. Text(1, name), .. Join(values.Select(v => Int(8, v))), .. Int(20, 7)];

    internal static byte[] Input(string name, int type, params long[] shape) => Block(11, Value(name, type, shape));

    internal static byte[] Output(string name, int type, params long[] shape) => Block(12, Value(name, type, shape));

    private static byte[] Value(string name, int type, long[] shape)
    {
        byte[] dims = Join(shape.Select(d => Block(1, d < 0 ? Text(2, "N") : Int(1, d))));
        return [.. Text(1, name), .. Block(2, Block(1, [.. Int(1, type), .. Block(2, dims)]))];
    }

    /// <summary>A TensorProto with unpacked dims and the given data fields.</summary>
    internal static byte[] TensorBytes(string name, int type, long[] shape, params byte[][] data) =>
        [.. Join(shape.Select(d => Int(1, d))), .. Int(2, type), .. Text(8, name), .. Join(data)];

    internal static byte[] Raw(IEnumerable<float> values) => Block(9, [.. values.SelectMany(BitConverter.GetBytes)]);

    internal static byte[] Initializer(byte[] tensor) => Block(5, tensor);

    internal static byte[] Floats(string name, long[] shape, params float[] values) =>
        Initializer(TensorBytes(name, 1, shape, Raw(values)));
}
