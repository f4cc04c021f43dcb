using System.Runtime.InteropServices;

namespace Sim.Workloads.Graph;

/// <summary>Fills the next bytes of a tensor.</summary>
internal delegate void FillBytes(Span<byte> to);

/// <summary>Tensors from and to the little-endian bytes of files (ONNX raw_data; npy where it has the type). Elements of 2 and 4 bits are
/// packed, the first one lowest.</summary>
public static class ElementBytes
{
    private const int Chunk = 1 << 16;

    /// <summary>A tensor from its bytes, whose number must be right: <see cref="ElementTypes.StoredBytes"/>.</summary>
    public static Tensor Read(ElementType type, int[] shape, ReadOnlySpan<byte> bytes)
    {
        int count = Shapes.Count(shape);
        if (bytes.Length != type.StoredBytes(count)) throw new ArgumentException($"{count} elements of {type} take {type.StoredBytes(count)} bytes, found {bytes.Length}", nameof(bytes));
        Array data = Array.CreateInstance(type.Storage(), count);
        if (IsHeldAsStored(type)) bytes.CopyTo(TensorStorage.Bytes(data));
        else Convert(type, bytes, data, 0);
        return new Tensor(type, shape, data);
    }

    /// <summary>A tensor whose bytes <paramref name="fill"/> gives piece after piece: where the type allows it, straight into the
    /// tensor.</summary>
    internal static Tensor Read(ElementType type, int[] shape, FillBytes fill)
    {
        int count = Shapes.Count(shape);
        Array data = Array.CreateInstance(type.Storage(), count);
        long total = type.StoredBytes(count);
        byte[] piece = IsHeldAsStored(type) ? [] : new byte[Math.Min(total, Chunk)];
        for (long at = 0; at < total; at += Chunk)
        {
            int length = (int)Math.Min(Chunk, total - at);
            Span<byte> to = piece.Length == 0 ? TensorStorage.Bytes(data, at, length) : piece.AsSpan(0, length);
            fill(to);
            if (piece.Length > 0) Convert(type, to, data, (int)(at * 8 / type.Bits()));
        }
        return new Tensor(type, shape, data);
    }

    private static bool IsHeldAsStored(ElementType type) =>
        type is not (ElementType.Float16 or ElementType.BFloat16 or ElementType.Bool) && type.Bits() >= 8;

    // Elements from first on; the bytes begin with one of them.
    private static void Convert(ElementType type, ReadOnlySpan<byte> bytes, Array data, int first)
    {
        switch (type)
        {
            case ElementType.Float16:
                ReadOnlySpan<Half> halves = MemoryMarshal.Cast<byte, Half>(bytes);
                for (int i = 0; i < halves.Length; i++) ((float[])data)[first + i] = (float)halves[i];
                break;
            case ElementType.BFloat16:
                ReadOnlySpan<ushort> patterns = MemoryMarshal.Cast<byte, ushort>(bytes);
                for (int i = 0; i < patterns.Length; i++) ((float[])data)[first + i] = ElementCodes.FromBFloat16(patterns[i]);
                break;
            case ElementType.Bool:
                for (int i = 0; i < bytes.Length; i++) ((bool[])data)[first + i] = bytes[i] != 0;
                break;
            default:
                int count = (int)Math.Min(data.Length - first, bytes.Length * 8L / type.Bits());
                Unpack(type, bytes, TensorStorage.Bytes(data, first, count));
                break;
        }
    }

    /// <summary>A tensor's bytes in a file.</summary>
    public static byte[] Write(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        var bytes = new byte[tensor.Type.StoredBytes(tensor.Count)];
        switch (tensor.Type)
        {
            case ElementType.Float16:
                for (int i = 0; i < tensor.Count; i++) MemoryMarshal.Cast<byte, Half>(bytes.AsSpan())[i] = (Half)tensor.Floats[i];
                break;
            case ElementType.BFloat16:
                for (int i = 0; i < tensor.Count; i++) MemoryMarshal.Cast<byte,
                    ushort>(bytes.AsSpan())[i] = ElementCodes.ToBFloat16(tensor.Floats[i]);
                break;
            default:
                ReadOnlySpan<byte> held = TensorStorage.Bytes(tensor.Data);
                if (tensor.Type.Bits() >= 8) held.CopyTo(bytes);
                else Pack(tensor.Type.Bits(), held, bytes);
                break;
        }
        return bytes;
    }

    private static void Unpack(ElementType type, ReadOnlySpan<byte> packed, Span<byte> elements)
    {
        int bits = type.Bits(), per = 8 / bits;
        // A signed element fills its byte with its sign: shifted to the top and back.
        bool signed = type is ElementType.Int4 or ElementType.Int2;
        for (int i = 0; i < elements.Length; i++)
        {
            int top = unchecked((byte)(packed[i / per] << 8 - bits - i % per * bits));
            elements[i] = unchecked((byte)(signed ? (sbyte)top >> 8 - bits : top >> 8 - bits));
        }
    }

    private static void Pack(int bits, ReadOnlySpan<byte> elements, Span<byte> packed)
    {
        int per = 8 / bits, mask = (1 << bits) - 1;
        for (int i = 0; i < elements.Length; i++) packed[i / per] |= unchecked((byte)((elements[i] & mask) << i % per * bits));
    }
}
