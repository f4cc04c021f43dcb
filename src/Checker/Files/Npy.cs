using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Sim.Checker.Files;

/// <summary>Arrays of integers in NumPy's format: version 1, C order, little endian.</summary>
internal static class Npy
{
    /// <summary>The elements of an array of a given shape.</summary>
    /// <param name="type">i4, i8, u1, i1; f4: the bits of float32 numbers.</param>
    internal static long[] Read(byte[] bytes, string name, string type, params int[] shape)
    {
        if (bytes.Length < 10 || bytes[0] != 0x93 || Encoding.ASCII.GetString(bytes, 1, 5) != "NUMPY" || bytes[6] != 1
            || bytes[7] != 0) throw new Fault($"{name} is no .npy array of version 1");
        int start = 10 + BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(8));
        if (start > bytes.Length) throw new Fault($"{name} ends within its header");
        // One spelling of the header only: what does not matter cannot differ.
        string header = Encoding.ASCII.GetString(bytes, 10, start - 10), order = type[1] == '1' ? "|" : "<";
        string sizes = string.Join(", ", shape.Select(s => s.ToString(CultureInfo.InvariantCulture))) + (shape.Length == 1 ? "," : "");
        string wanted = $"{{'descr': '{order}{type}', 'fortran_order': False, 'shape': ({sizes}), }}";
        if (header != wanted.PadRight(header.Length - 1) + "\n") throw new Fault($"{name} must have the header {wanted}");
        int width = type[1] - '0';
        long count = shape.Aggregate(1L, (a, s) => a * s);
        if (bytes.Length - start != count
            * width) throw new Fault($"{name} has {bytes.Length - start} bytes of elements, not {count * width}");
        var values = new long[count];
        for (int i = 0; i < values.Length; i++)
        {
            ReadOnlySpan<byte> at = bytes.AsSpan(start + i * width, width);
            values[i] = type switch
            {
                "i4" or "f4" => BinaryPrimitives.ReadInt32LittleEndian(at),
                "i8" => BinaryPrimitives.ReadInt64LittleEndian(at),
                "u1" => at[0],
                "i1" => (sbyte)at[0],
                _ => throw new ArgumentException($"no type {type}", nameof(type)),
            };
        }
        return values;
    }
}
