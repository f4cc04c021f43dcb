using System.Buffers.Binary;
using System.Text;
using Sim.Foundation.Diagnostics;
using Sim.Workloads.Graph;

namespace Sim.Workloads.Data;

/// <summary>
/// Reads NumPy's .npy format, versions 1 to 3, C or Fortran order, either byte order: u1 u2 u4 u8 i1 i2 i4 i8 f2 f4 f8 b1.
/// The file is binary: a finding's place is line 1 and the byte, counted from 1, as column.
/// </summary>
public static class NpyReader
{
    // NumPy's own bound (max_header_size of numpy.lib.format).
    private const int LongestHeader = 10_000;

    private static readonly Dictionary<string, ElementType> Types = new(StringComparer.Ordinal)
    {
        ["u1"] = ElementType.UInt8, ["u2"] = ElementType.UInt16, ["u4"] = ElementType.UInt32, ["u8"] = ElementType.UInt64,
        ["i1"] = ElementType.Int8, ["i2"] = ElementType.Int16, ["i4"] = ElementType.Int32, ["i8"] = ElementType.Int64,
        ["f2"] = ElementType.Float16, ["f4"] = ElementType.Float32, ["f8"] = ElementType.Float64, ["b1"] = ElementType.Bool,
    };

    /// <summary>The array of a file's bytes; null after recording what is wrong. <paramref name="file"/> names it in findings.</summary>
    public static Tensor? Read(ReadOnlySpan<byte> bytes, string file, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(bag);
        Tensor? Fail(string code, long at, string what)
        {
            bag.Error(new Location(file, 1, (int)Math.Min(int.MaxValue, at + 1)), code, what);
            return null;
        }
        if (bytes.Length < 10 || !Magic(bytes)) return Fail("NPY001", 0,
            "not a .npy file (its magic string is missing) or a truncated one");
        int version = bytes[6];
        if (version is < 1 or > 3 || bytes[7] != 0)
            return Fail("NPY002", 6, $".npy version {version}.{bytes[7]} is not supported; 1.0, 2.0 and 3.0 are");
        int start = version == 1 ? 10 : 12;
        if (bytes.Length < start) return Fail("NPY001", bytes.Length, "the file ends within its header");
        long length = version == 1 ? BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..])
            : BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        if (bytes.Length < start + length) return Fail("NPY001", bytes.Length, $"the file ends within its header of {length} bytes");
        if (length > LongestHeader) return Fail("NPY003", start, $"the header has {length} bytes; NumPy takes at most {LongestHeader}");
        NpyHeader header = NpyHeader.Of(Encoding.Latin1.GetString(bytes.Slice(start, (int)length)), longs: version < 3);
        if (header.Fault is var (at, code, what)) return Fail(code, start + at, what);
        if (Element(header.Descr!) is not var (element, swapped))
            return Fail("NPY004", start + header.DescrAt,
                $"element type '{PlainText.Of(header.Descr!, 20)}' is not supported; supported are {string.Join(' ', Types.Keys.Order(StringComparer.Ordinal))}");
        int[] shape = header.Shape!;
        if (Size(shape) is not { } count) return Fail("NPY005", start + header.ShapeAt,
            $"shape {Shapes.Text(shape)} has more than {Shapes.MaximumElements} elements");
        long expected = count * element.Bytes();
        ReadOnlySpan<byte> data = bytes[(int)(start + length)..];
        if (data.Length != expected)
            return Fail("NPY006", Math.Min(bytes.Length, start + length + expected),
                $"shape {Shapes.Text(shape)} of {element} needs {expected} bytes of data, found {data.Length}");
        Tensor tensor = ElementBytes.Read(element, shape, swapped ? Swapped(data, element.Bytes()) : data);
        return header.Fortran == true ? FromFortran(tensor) : tensor;
    }

    private static bool Magic(ReadOnlySpan<byte> bytes) => bytes[0] == 0x93 && bytes[1..6].SequenceEqual("NUMPY"u8);

    // "<f4": byte order, kind, bytes. Without a byte order, or with = or |, it is that of the machine that reads.
    private static (ElementType Type, bool Swapped)? Element(string descr)
    {
        char order = descr.Length == 3 ? descr[0] : '=';
        if (order is not ('<' or '>' or '=' or '|')
            || !Types.TryGetValue(descr.Length == 3 ? descr[1..] : descr, out ElementType type)) return null;
        return (type, order == '>' && type.Bytes() > 1);
    }

    private static long? Size(int[] shape)
    {
        try
        {
            return Shapes.Count(shape);
        }
        catch (NetworkException)
        {
            return null;
        }
    }

    private static byte[] Swapped(ReadOnlySpan<byte> data, int size)
    {
        byte[] result = data.ToArray();
        for (int i = 0; i < result.Length; i += size) result.AsSpan(i, size).Reverse();
        return result;
    }

    // Fortran order is the C order of the reversed shape; reading it so and transposing restores the meaning.
    private static Tensor FromFortran(Tensor t)
    {
        int[] shape = t.Shape, reversed = Shapes.Strides([.. shape.Reverse()]);
        Array.Reverse(reversed);
        return Execution.Operators.Movement.Strided(t, shape, reversed);
    }
}
