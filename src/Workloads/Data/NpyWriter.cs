using System.Buffers.Binary;
using System.Text;
using Sim.Workloads.Graph;

namespace Sim.Workloads.Data;

/// <summary>Writes NumPy's .npy format, version 1, C order, little-endian.</summary>
public static class NpyWriter
{
    /// <summary>The bytes of a .npy file that holds the tensor.</summary>
    public static byte[] Write(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        string descr = tensor.Type switch
        {
            ElementType.Float16 => "<f2",
            ElementType.Float32 => "<f4",
            ElementType.Float64 => "<f8",
            ElementType.Bool => "|b1",
            ElementType.Int8 => "|i1",
            ElementType.UInt8 => "|u1",
            ElementType.Int16 or ElementType.Int32 or ElementType.Int64 => $"<i{tensor.Type.Bytes()}",
            ElementType.UInt16 or ElementType.UInt32 or ElementType.UInt64 => $"<u{tensor.Type.Bytes()}",
            _ => throw new ArgumentException($"NumPy has no element type {tensor.Type}", nameof(tensor)),
        };
        string shape = tensor.Shape.Length == 1 ? $"{tensor.Shape[0]}," : string.Join(", ", tensor.Shape);
        string header = $"{{'descr': '{descr}', 'fortran_order': False, 'shape': ({shape}), }}";
        // Data start on a multiple of 64 bytes; the header ends with a newline.
        int padded = (10 + header.Length + 1 + 63) / 64 * 64 - 10, size = tensor.Type.Bytes();
        header = header.PadRight(padded - 1) + '\n';
        var bytes = new byte[10 + padded + tensor.Count * size];
        bytes[0] = 0x93;
        "NUMPY"u8.CopyTo(bytes.AsSpan(1));
        bytes[6] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(8), (ushort)padded);
        Encoding.ASCII.GetBytes(header, bytes.AsSpan(10));
        ElementBytes.Write(tensor).CopyTo(bytes.AsSpan(10 + padded));
        return bytes;
    }
}
