using System.Security.Cryptography;

namespace Sim.Workloads.Onnx;

/// <summary>
/// A message of ONNX without the data of its tensors: for those, where they lie (field, offset and length of each piece, in
/// TensorProto.elsewhere). Every length is checked against the message around it, fields that nothing here reads are left out. What remains
/// is small and safe to parse.
/// </summary>
internal sealed class SlimMessage
{
    internal enum Kind { Model, OperatorSet, Graph, Node, Attribute, Tensor, Entry, Value, Type, TensorType, TensorShape, Dimension }

    /// <summary>TensorProto.elsewhere: the largest field number that there is, so that no version of ONNX has it.</summary>
    private const int Elsewhere = 536870911;

    // Fields that are messages; fields that are copied as they are; fields of tensors that hold data (packed lists and raw bytes, wire type
    // 2).
    private static readonly Dictionary<(Kind, int), Kind> Messages = new()
    {
        [(Kind.Model, 7)] = Kind.Graph, [(Kind.Model, 8)] = Kind.OperatorSet, [(Kind.Graph, 1)] = Kind.Node,
            [(Kind.Graph, 5)] = Kind.Tensor,
        [(Kind.Graph, 11)] = Kind.Value, [(Kind.Graph, 12)] = Kind.Value, [(Kind.Node, 5)] = Kind.Attribute,
            [(Kind.Attribute, 5)] = Kind.Tensor,
        [(Kind.Tensor, 13)] = Kind.Entry, [(Kind.Value, 2)] = Kind.Type, [(Kind.Type, 1)] = Kind.TensorType,
            [(Kind.TensorType, 2)] = Kind.TensorShape,
        [(Kind.TensorShape, 1)] = Kind.Dimension,
    };

    private static readonly Dictionary<Kind, int[]> Copied = new()
    {
        [Kind.Model] = [1, 25], [Kind.OperatorSet] = [1, 2], [Kind.Graph] = [2, 15], [Kind.Node] = [1, 2, 3, 4, 7],
            [Kind.Attribute] = [1, 2, 3, 4, 6, 7, 8, 9, 20],
        [Kind.Tensor] = [1, 2, 4, 5, 7, 8, 10, 11, 14], [Kind.Entry] = [1, 2], [Kind.Value] = [1], [Kind.Type] = [],
            [Kind.TensorType] = [1], [Kind.TensorShape] = [],
        [Kind.Dimension] = [1, 2],
    };

    private static readonly int[] Data = [4, 5, 7, 9, 10, 11];

    private readonly WireReader _reader;

    private SlimMessage(WireReader reader) => _reader = reader;

    /// <summary>The message of a source, slimmed; all bytes enter the digest.</summary>
    /// <exception cref="InvalidDataException">It is damaged; the message says where.</exception>
    internal static byte[] Of(ModelSource source, Kind kind, IncrementalHash? digest = null)
    {
        var reader = new WireReader(source, digest);
        var to = new MemoryStream();
        new SlimMessage(reader).Message(kind, source.Length, to);
        return to.ToArray();
    }

    private void Message(Kind kind, long end, MemoryStream to)
    {
        while (_reader.Position < end)
        {
            (int field, int wire) = _reader.Tag(end);
            if (wire == 2) Block(kind, field, _reader.Length(end), to);
            else
            {
                bool copied = Array.IndexOf(Copied[kind], field) >= 0;
                if (copied) Varint(to, (ulong)field << 3 | (uint)wire);
                if (wire != 0) Fixed(wire == 1 ? 8 : 4, end, copied ? to : null);
                else if (_reader.Varint(end) is var value && copied) Varint(to, value);
            }
        }
    }

    private void Block(Kind kind, int field, long length, MemoryStream to)
    {
        long start = _reader.Position;
        if (kind == Kind.Tensor && Array.IndexOf(Data, field) >= 0)
        {
            foreach (long number in (ReadOnlySpan<long>)[field, start, length])
            {
                Varint(to, (ulong)Elsewhere << 3);
                Varint(to, (ulong)number);
            }
            _reader.Pass(length);
        }
        else if (Messages.TryGetValue((kind, field), out Kind inner))
        {
            var content = new MemoryStream();
            Message(inner, start + length, content);
            Varint(to, (ulong)field << 3 | 2);
            Varint(to, (ulong)content.Length);
            content.WriteTo(to);
        }
        else if (Array.IndexOf(Copied[kind], field) >= 0)
        {
            Varint(to, (ulong)field << 3 | 2);
            Varint(to, (ulong)length);
            _reader.Pass(length, to);
        }
        else
        {
            _reader.Pass(length);
        }
    }

    private void Fixed(int bytes, long end, MemoryStream? to)
    {
        for (int i = 0; i < bytes; i++)
        {
            byte b = _reader.Next(end);
            to?.WriteByte(b);
        }
    }

    private static void Varint(MemoryStream to, ulong value)
    {
        for (; value >= 0x80; value >>= 7) to.WriteByte((byte)(value & 0x7F | 0x80));
        to.WriteByte((byte)value);
    }
}
