namespace Sim.Workloads.Graph;

/// <summary>Facts about element types: ONNX codes (TensorProto.DataType), sizes, ranges, wrap-around, how a <see cref="Tensor"/> holds
/// them.</summary>
public static class ElementTypes
{
    // One row a type: ONNX code, bits in a file, how a tensor holds an element.
    private static readonly (ElementType Type, int Code, int Bits, Type Storage)[] Table =
    [
        (ElementType.Float32, 1, 32, typeof(float)), (ElementType.UInt8, 2, 8, typeof(byte)), (ElementType.Int8, 3, 8, typeof(sbyte)),
        (ElementType.UInt16, 4, 16, typeof(ushort)), (ElementType.Int16, 5, 16, typeof(short)), (ElementType.Int32, 6, 32, typeof(int)),
        (ElementType.Int64, 7, 64, typeof(long)), (ElementType.Bool, 9, 8, typeof(bool)), (ElementType.Float16, 10, 16, typeof(float)),
        (ElementType.Float64, 11, 64, typeof(double)), (ElementType.UInt32, 12, 32, typeof(uint)),
            (ElementType.UInt64, 13, 64, typeof(ulong)),
        (ElementType.BFloat16, 16, 16, typeof(float)), (ElementType.Float8E4M3FN, 17, 8, typeof(byte)),
            (ElementType.Float8E4M3FNUZ, 18, 8, typeof(byte)),
        (ElementType.Float8E5M2, 19, 8, typeof(byte)), (ElementType.Float8E5M2FNUZ, 20, 8, typeof(byte)),
            (ElementType.UInt4, 21, 4, typeof(byte)),
        (ElementType.Int4, 22, 4, typeof(sbyte)), (ElementType.Float4E2M1, 23, 4, typeof(byte)),
            (ElementType.Float8E8M0, 24, 8, typeof(byte)),
        (ElementType.UInt2, 25, 2, typeof(byte)), (ElementType.Int2, 26, 2, typeof(sbyte)),
    ];

    private static readonly string[] OnnxNames =
    [
        "UNDEFINED", "FLOAT", "UINT8", "INT8", "UINT16", "INT16", "INT32", "INT64", "STRING", "BOOL", "FLOAT16", "DOUBLE", "UINT32",
            "UINT64", "COMPLEX64",
        "COMPLEX128", "BFLOAT16", "FLOAT8E4M3FN", "FLOAT8E4M3FNUZ", "FLOAT8E5M2", "FLOAT8E5M2FNUZ", "UINT4", "INT4", "FLOAT4E2M1",
            "FLOAT8E8M0", "UINT2", "INT2",
    ];

    /// <summary>ONNX's names of the element types that are supported, in the order of their codes.</summary>
    public static string Supported { get; } = string.Join(", ", Table.Select(t => OnnxNames[t.Code]));

    /// <summary>The element type of an ONNX data type code, or null when this project does not hold it.</summary>
    public static ElementType? FromOnnx(int code)
    {
        foreach ((ElementType type, int c, _, _) in Table)
            if (c == code) return type;
        return null;
    }

    /// <summary>ONNX's data type code.</summary>
    public static int OnnxCode(this ElementType type) => Row(type).Code;

    /// <summary>ONNX's own name of a data type code.</summary>
    public static string OnnxName(int code) => code >= 0 && code < OnnxNames.Length ? OnnxNames[code] : $"type {code}";

    /// <summary>Bits of one element in a file: 2 or 4 where ONNX packs several elements into a byte.</summary>
    public static int Bits(this ElementType type) => Row(type).Bits;

    /// <summary>Bytes of <paramref name="count"/> elements in a file; the last byte of packed elements may be part full.</summary>
    public static long StoredBytes(this ElementType type, long count) => (count * type.Bits() + 7) / 8;

    /// <summary>Bytes of one element in a file; an error for packed types, whose elements have no bytes of their own.</summary>
    public static int Bytes(this ElementType type) =>
        type.Bits() >= 8 ? type.Bits() / 8
            : throw new ArgumentOutOfRangeException(nameof(type), type, "elements are packed; ask for StoredBytes");

    /// <summary>The .NET type of an element of <see cref="Tensor.Data"/>.</summary>
    public static Type Storage(this ElementType type) => Row(type).Storage;

    /// <summary>A floating-point type, of whatever size.</summary>
    public static bool IsReal(this ElementType type) =>
        type is ElementType.Float16 or ElementType.Float32 or ElementType.Float64 or ElementType.BFloat16 || type.IsCoded();

    /// <summary>A float type of at most 8 bits, which a tensor holds as codes: see <see cref="ElementCodes"/>.</summary>
    public static bool IsCoded(this ElementType type) =>
        type is ElementType.Float8E4M3FN or ElementType.Float8E4M3FNUZ or ElementType.Float8E5M2
        or ElementType.Float8E5M2FNUZ or ElementType.Float8E8M0 or ElementType.Float4E2M1;

    /// <summary>A type of ONNX for storage alone: operators convert or move it, none computes with it.</summary>
    public static bool IsStorageOnly(this ElementType type) =>
        type.IsCoded() || type is ElementType.Int4 or ElementType.UInt4 or ElementType.Int2 or ElementType.UInt2;

    /// <summary>Least and greatest value of an integer type (Bool: 0, 1). UInt64 is held as the 64-bit pattern, so it spans all of
    /// long.</summary>
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
        ElementType.Int4 => (-8, 7),
        ElementType.UInt4 => (0, 15),
        ElementType.Int2 => (-2, 1),
        ElementType.UInt2 => (0, 3),
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
        ElementType.Int4 => (value & 15 ^ 8) - 8,
        ElementType.UInt4 => value & 15,
        ElementType.Int2 => (value & 3 ^ 2) - 2,
        ElementType.UInt2 => value & 3,
        _ => value,
    });

    private static (ElementType Type, int Code, int Bits, Type Storage) Row(ElementType type)
    {
        foreach ((ElementType Type, int Code, int Bits, Type Storage) row in Table)
            if (row.Type == type) return row;
        throw new ArgumentOutOfRangeException(nameof(type), type, "unknown element type");
    }
}
