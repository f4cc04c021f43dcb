namespace Sim.Workloads.Graph;

/// <summary>Facts about element types: ONNX codes (TensorProto.DataType), sizes, ranges, wrap-around.</summary>
public static class ElementTypes
{
    private static readonly (ElementType Type, int Code, int Bytes)[] Table =
    [
        (ElementType.Float32, 1, 4), (ElementType.UInt8, 2, 1), (ElementType.Int8, 3, 1), (ElementType.UInt16, 4, 2), (ElementType.Int16, 5, 2),
        (ElementType.Int32, 6, 4), (ElementType.Int64, 7, 8), (ElementType.Bool, 9, 1), (ElementType.Float16, 10, 2), (ElementType.Float64, 11, 8),
        (ElementType.UInt32, 12, 4), (ElementType.UInt64, 13, 8),
    ];

    private static readonly string[] OnnxNames =
    [
        "UNDEFINED", "FLOAT", "UINT8", "INT8", "UINT16", "INT16", "INT32", "INT64", "STRING", "BOOL", "FLOAT16", "DOUBLE", "UINT32", "UINT64", "COMPLEX64",
        "COMPLEX128", "BFLOAT16", "FLOAT8E4M3FN", "FLOAT8E4M3FNUZ", "FLOAT8E5M2", "FLOAT8E5M2FNUZ", "UINT4", "INT4", "FLOAT4E2M1", "FLOAT8E8M0", "UINT2", "INT2",
    ];

    /// <summary>The element type of an ONNX data type code, or null when this project does not hold it.</summary>
    public static ElementType? FromOnnx(int code)
    {
        foreach ((ElementType type, int c, _) in Table)
            if (c == code) return type;
        return null;
    }

    /// <summary>ONNX's data type code.</summary>
    public static int OnnxCode(this ElementType type) => Array.Find(Table, t => t.Type == type).Code;

    /// <summary>ONNX's own name of a data type code.</summary>
    public static string OnnxName(int code) => code >= 0 && code < OnnxNames.Length ? OnnxNames[code] : $"type {code}";

    /// <summary>Bytes of one element in a file.</summary>
    public static int Bytes(this ElementType type)
    {
        foreach ((ElementType t, _, int bytes) in Table)
            if (t == type) return bytes;
        throw new ArgumentOutOfRangeException(nameof(type), type, "unknown element type");
    }

    /// <summary>Float16, Float32 or Float64.</summary>
    public static bool IsReal(this ElementType type) => type is ElementType.Float16 or ElementType.Float32 or ElementType.Float64;

    /// <summary>Least and greatest value of an integer type (Bool: 0, 1). UInt64 is held as the 64-bit pattern, so it spans all of long.</summary>
    public static (long Minimum, long Maximum) Range(this ElementType type) => type switch
    {
        ElementType.Int8 => (sbyte.MinValue, sbyte.MaxValue),
        ElementType.UInt8 => (0, byte.MaxValue),
        ElementType.Int16 => (short.MinValue, short.MaxValue),
        ElementType.UInt16 => (0, ushort.MaxValue),
        ElementType.Int32 => (int.MinValue, int.MaxValue),
        ElementType.UInt32 => (0, uint.MaxValue),
        ElementType.Int64 or ElementType.UInt64 => (long.MinValue, long.MaxValue),
        ElementType.Bool => (0, 1),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "not an integer type"),
    };

    /// <summary>A 64-bit value reduced modulo 2^bits into the type, as integer hardware does.</summary>
    public static long Wrap(this ElementType type, long value) => unchecked(type switch
    {
        ElementType.Int8 => (sbyte)value,
        ElementType.UInt8 => (byte)value,
        ElementType.Int16 => (short)value,
        ElementType.UInt16 => (ushort)value,
        ElementType.Int32 => (int)value,
        ElementType.UInt32 => (uint)value,
        ElementType.Bool => value != 0 ? 1 : 0,
        _ => value,
    });
}
