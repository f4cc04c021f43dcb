using System.Buffers.Binary;
using System.Text;

namespace Sim.Checker.Model;

/// <summary>One field of a protocol buffers message: its number, and its value as a whole number or as bytes.</summary>
internal readonly record struct Wire(int Field, ulong Number, ReadOnlyMemory<byte> Bytes, bool IsBytes)
{
    internal string Text => Encoding.UTF8.GetString(Bytes.Span);

    internal long Signed => unchecked((long)Number);

    internal float Real => BitConverter.Int32BitsToSingle(unchecked((int)Number));

    /// <summary>The fields of a message, in order.</summary>
    internal static IEnumerable<Wire> Of(ReadOnlyMemory<byte> message)
    {
        int at = 0;
        while (at < message.Length)
        {
            ulong key = Varint(message.Span, ref at);
            int field = (int)Math.Min(key >> 3, int.MaxValue), kind = (int)(key & 7);
            int length = kind switch { 0 => 0, 1 => 8, 5 => 4, 2 => Length(message.Span, ref at),
                _ => throw new Fault("the model is no ONNX file: unknown wire type") };
            if (length > message.Length - at) throw new Fault("the model is no ONNX file: it ends within a field");
            if (kind == 2) yield return new(field, 0, message.Slice(at, length), true);
            else yield return new(field, kind switch
            {
                0 => Varint(message.Span, ref at),
                1 => BinaryPrimitives.ReadUInt64LittleEndian(message.Span[at..]),
                _ => BinaryPrimitives.ReadUInt32LittleEndian(message.Span[at..]),
            }, default, false);
            at += length;
        }
    }

    /// <summary>The numbers of a repeated field, packed or not.</summary>
    /// <param name="width">Bytes of a number of fixed size; 0: varints.</param>
    internal IEnumerable<ulong> Numbers(int width = 0)
    {
        if (!IsBytes) yield return Number;
        for (int at = 0; at < Bytes.Length;)
        {
            if (width > Bytes.Length - at) throw new Fault("the model is no ONNX file: it ends within a list");
            ulong number = width switch
            {
                0 => Varint(Bytes.Span, ref at),
                4 => BinaryPrimitives.ReadUInt32LittleEndian(Bytes.Span[at..]),
                _ => BinaryPrimitives.ReadUInt64LittleEndian(Bytes.Span[at..]),
            };
            at += width;
            yield return number;
        }
    }

    private static int Length(ReadOnlySpan<byte> bytes, ref int at)
    {
        ulong length = Varint(bytes, ref at);
        return length <= (ulong)(bytes.Length - at) ? (int)length : throw new Fault("the model is no ONNX file: it ends within a field");
    }

    private static ulong Varint(ReadOnlySpan<byte> bytes, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            if (at >= bytes.Length) break;
            byte b = bytes[at++];
            value |= unchecked((ulong)(b & 0x7F) << shift);
            if (b < 0x80) return value;
        }
        throw new Fault("the model is no ONNX file: it ends within a number");
    }
}
