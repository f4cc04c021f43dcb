using System.Buffers.Binary;
using Google.Protobuf;
using Sim.Workloads.Graph;
using Sim.Workloads.Onnx.Messages;

namespace Sim.Workloads.Onnx;

/// <summary>Turns a TensorProto into a <see cref="Tensor"/>: raw data, typed data or external data, all element types of <see cref="ElementTypes"/>.</summary>
internal sealed class OnnxTensorReader(Action<string, string> report, ExternalData? external)
{
    /// <summary>The tensor, or null after reporting what is wrong with it. <paramref name="what"/> names it in messages.</summary>
    public Tensor? Read(TensorProto proto, string what)
    {
        if (ElementTypes.FromOnnx(proto.DataType) is not { } type)
        {
            report("ONX020", $"{what} has element type {ElementTypes.OnnxName(proto.DataType)}; supported are FLOAT, DOUBLE, FLOAT16, INT8-64, UINT8-64, BOOL");
            return null;
        }
        if (Shape(proto, what) is not { } shape) return null;
        int count = Shapes.Count(shape);
        if (proto.DataLocation == 1)
        {
            if (external is null)
            {
                report("ONX024", $"{what} is kept in an external file, which is allowed in a model only");
                return null;
            }
            return external.Read(proto, what, (long)count * type.Bytes()) is { } bytes ? Raw(type, shape, bytes) : null;
        }
        if (proto.HasRawData)
        {
            if (proto.RawData.Length == (long)count * type.Bytes()) return Raw(type, shape, proto.RawData.Span);
            report("ONX021", $"{what} of shape {Shapes.Text(shape)} needs {(long)count * type.Bytes()} bytes of {type}, found {proto.RawData.Length}");
            return null;
        }
        return Typed(proto, what, type, shape, count);
    }

    private int[]? Shape(TensorProto proto, string what)
    {
        var shape = new int[proto.Dims.Count];
        for (int i = 0; i < shape.Length; i++)
        {
            if (proto.Dims[i] is < 0 or > int.MaxValue)
            {
                report("ONX022", $"{what} has dimension {proto.Dims[i]}; allowed are 0 to {int.MaxValue}");
                return null;
            }
            shape[i] = (int)proto.Dims[i];
        }
        try
        {
            Shapes.Count(shape);
            return shape;
        }
        catch (NetworkException e)
        {
            report("ONX022", $"{what}: {e.Message}");
            return null;
        }
    }

    private Tensor? Typed(TensorProto proto, string what, ElementType type, int[] shape, int count)
    {
        int found = type switch
        {
            ElementType.Float32 => proto.FloatData.Count,
            ElementType.Float64 => proto.DoubleData.Count,
            ElementType.Int64 => proto.Int64Data.Count,
            ElementType.UInt32 or ElementType.UInt64 => proto.Uint64Data.Count,
            _ => proto.Int32Data.Count,
        };
        if (found != count)
        {
            report("ONX021", $"{what} of shape {Shapes.Text(shape)} needs {count} elements of {type}, found {found}");
            return null;
        }
        switch (type)
        {
            case ElementType.Float32: return new Tensor(type, shape, proto.FloatData.ToArray());
            case ElementType.Float64: return new Tensor(type, shape, proto.DoubleData.ToArray());
            case ElementType.Int64: return new Tensor(type, shape, proto.Int64Data.ToArray());
            case ElementType.UInt64: return new Tensor(type, shape, proto.Uint64Data.Select(v => unchecked((long)v)).ToArray());
        }
        (long low, long high) = type == ElementType.Float16 ? (0, ushort.MaxValue) : type.Range();
        var values = new long[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = type == ElementType.UInt32 ? (long)Math.Min(proto.Uint64Data[i], long.MaxValue) : proto.Int32Data[i];
            if (values[i] >= low && values[i] <= high) continue;
            report("ONX023", $"{what} holds {values[i]} at element {i}; {type} allows {low} to {high}");
            return null;
        }
        if (type != ElementType.Float16) return new Tensor(type, shape, values);
        return new Tensor(type, shape, Array.ConvertAll(values, v => (float)BitConverter.UInt16BitsToHalf((ushort)v)));
    }

    /// <summary>Little-endian bytes as elements; the length has been checked.</summary>
    internal static Tensor Raw(ElementType type, int[] shape, ReadOnlySpan<byte> bytes)
    {
        int size = type.Bytes(), count = bytes.Length / size;
        if (type is ElementType.Float32 or ElementType.Float16)
        {
            var floats = new float[count];
            for (int i = 0; i < count; i++)
                floats[i] = size == 4 ? BinaryPrimitives.ReadSingleLittleEndian(bytes[(4 * i)..]) : (float)BinaryPrimitives.ReadHalfLittleEndian(bytes[(2 * i)..]);
            return new Tensor(type, shape, floats);
        }
        if (type == ElementType.Float64)
        {
            var doubles = new double[count];
            for (int i = 0; i < count; i++) doubles[i] = BinaryPrimitives.ReadDoubleLittleEndian(bytes[(8 * i)..]);
            return new Tensor(type, shape, doubles);
        }
        var integers = new long[count];
        for (int i = 0; i < count; i++) integers[i] = Integer(type, bytes.Slice(i * size, size));
        return new Tensor(type, shape, integers);
    }

    private static long Integer(ElementType type, ReadOnlySpan<byte> bytes) => type switch
    {
        ElementType.Int8 => unchecked((sbyte)bytes[0]),
        ElementType.UInt8 => bytes[0],
        ElementType.Bool => bytes[0] != 0 ? 1 : 0,
        ElementType.Int16 => BinaryPrimitives.ReadInt16LittleEndian(bytes),
        ElementType.UInt16 => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
        ElementType.Int32 => BinaryPrimitives.ReadInt32LittleEndian(bytes),
        ElementType.UInt32 => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        _ => BinaryPrimitives.ReadInt64LittleEndian(bytes),
    };
}
