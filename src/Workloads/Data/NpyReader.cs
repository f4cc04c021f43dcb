using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Sim.Foundation.Diagnostics;
using Sim.Workloads.Graph;
using Sim.Workloads.Onnx;

namespace Sim.Workloads.Data;

/// <summary>
/// Reads NumPy's .npy format, versions 1 to 3, C or Fortran order: u1 u2 u4 u8 i1 i2 i4 i8 f2 f4 f8 b1, little-endian.
/// The file is binary: a finding's place is line 1 and the byte, counted from 1, as column.
/// </summary>
public static partial class NpyReader
{
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
        Tensor? Fail(string code, int at, string what)
        {
            bag.Error(new Location(file, 1, at + 1), code, what);
            return null;
        }
        if (bytes.Length < 10 || !Magic(bytes)) return Fail("NPY001", 0, "not a .npy file (its magic string is missing) or a truncated one");
        int version = bytes[6];
        if (version is < 1 or > 3) return Fail("NPY002", 6, $".npy version {version} is not supported; 1, 2 and 3 are");
        int start = version == 1 ? 10 : 12;
        if (bytes.Length < start) return Fail("NPY001", bytes.Length, "the file ends within its header");
        long length = version == 1 ? BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]) : BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        if (bytes.Length < start + length) return Fail("NPY001", bytes.Length, $"the file ends within its header of {length} bytes");
        string header = Encoding.Latin1.GetString(bytes.Slice(start, (int)length));
        Match descr = Descr().Match(header), order = Order().Match(header), dims = Dims().Match(header);
        if (!descr.Success || !order.Success || !dims.Success)
            return Fail("NPY003", start, "the header lacks 'descr', 'fortran_order' or 'shape' in the form of a plain array (structured types are not supported)");
        string type = descr.Groups[1].Value;
        bool oneByte = type.EndsWith('1');
        if (type.Length != 3 || !Types.TryGetValue(type[1..], out ElementType element) || !(type[0] == '<' || oneByte && type[0] is '|' or '>' or '='))
            return Fail("NPY004", start + descr.Groups[1].Index, $"element type '{type}' is not supported; supported are little-endian {string.Join(' ', Types.Keys.Order(StringComparer.Ordinal))}");
        if (Shape(dims.Groups[1].Value) is not { } shape) return Fail("NPY005", start + dims.Groups[1].Index, $"shape ({dims.Groups[1].Value}) is not a list of whole numbers that an array can hold");
        long expected = (long)Shapes.Count(shape) * element.Bytes();
        ReadOnlySpan<byte> data = bytes[(int)(start + length)..];
        if (data.Length != expected)
            return Fail("NPY006", Math.Min(bytes.Length, (int)Math.Min(int.MaxValue - 1L, start + length + expected)), $"shape {Shapes.Text(shape)} of {element} needs {expected} bytes of data, found {data.Length}");
        Tensor tensor = OnnxTensorReader.Raw(element, shape, data);
        return order.Groups[1].Value == "True" ? FromFortran(tensor) : tensor;
    }

    private static bool Magic(ReadOnlySpan<byte> bytes) => bytes[0] == 0x93 && bytes[1..6].SequenceEqual("NUMPY"u8);

    private static int[]? Shape(string text)
    {
        string[] parts = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var shape = new int[parts.Length];
        for (int i = 0; i < shape.Length; i++)
            if (!int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out shape[i])) return null;
        try
        {
            Shapes.Count(shape);
            return shape;
        }
        catch (NetworkException)
        {
            return null;
        }
    }

    // Fortran order is the C order of the reversed shape; reading it so and transposing restores the meaning.
    private static Tensor FromFortran(Tensor t)
    {
        int[] shape = t.Shape, reversed = Shapes.Strides([.. shape.Reverse()]);
        Array.Reverse(reversed);
        return Execution.Operators.Movement.Strided(t, shape, reversed);
    }

    [GeneratedRegex(@"'descr'\s*:\s*'([^']*)'")]
    private static partial Regex Descr();

    [GeneratedRegex(@"'fortran_order'\s*:\s*(True|False)")]
    private static partial Regex Order();

    [GeneratedRegex(@"'shape'\s*:\s*\(([^)]*)\)")]
    private static partial Regex Dims();
}
