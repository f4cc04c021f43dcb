using System.Buffers.Binary;
using Sim.Workloads.Graph;
using Sim.Workloads.Onnx.Messages;

namespace Sim.Workloads.Onnx;

/// <summary>Elements in the typed fields of a TensorProto (float_data, int32_data, …): packed lists, read from the model without a copy, or
/// single entries.</summary>
internal sealed class TypedData(ModelSource source, Action<string, string> report, TensorProto proto, Piece[] pieces)
{
    private const int Floats = 4, Int32s = 5, Int64s = 7, Doubles = 10, UInt64s = 11;

    internal Tensor? Read(string what, ElementType type, int[] shape, int count)
    {
        int field = type switch
        {
            ElementType.Float32 => Floats,
            ElementType.Float64 => Doubles,
            ElementType.Int64 => Int64s,
            ElementType.UInt32 or ElementType.UInt64 => UInt64s,
            _ => Int32s,
        };
        Piece[] packed = [.. pieces.Where(p => p.Field == field)];
        int single = Single(field);
        if (single > 0 && packed.Length > 0)
        {
            report("ONX021", $"{what} mixes packed and single entries; either is supported");
            return null;
        }
        // Elements of 2 and 4 bits: an entry holds a byte of them.
        long wanted = type.Bits() < 8 ? type.StoredBytes(count) : count, found = packed.Length > 0 ? packed.Sum(Count) : single;
        if (found != wanted)
        {
            report("ONX021", $"{what} of shape {Shapes.Text(shape)} needs {wanted} {(wanted == count ? "elements" : "bytes")} of {type}, found {found}");
            return null;
        }
        try
        {
            return ElementBytes.Read(type, shape, Entries(type, packed.Length > 0 ? Packed(field, packed) : Singles(field)));
        }
        catch (InvalidDataException e)
        {
            report("ONX023", $"{what}: {e.Message}");
            return null;
        }
    }

    private int Single(int field) => field switch
    {
        Floats => proto.FloatData.Count,
        Doubles => proto.DoubleData.Count,
        Int64s => proto.Int64Data.Count,
        UInt64s => proto.Uint64Data.Count,
        _ => proto.Int32Data.Count,
    };

    // Entries in a packed list: of fixed size, or the bytes that end a number. A list that does not end with an entry counts as -1 entries
    // more than any shape has.
    private long Count(Piece piece)
    {
        int size = piece.Field == Floats ? 4 : piece.Field == Doubles ? 8 : 0;
        if (size > 0) return piece.Length % size == 0 ? piece.Length / size : long.MaxValue / 4;
        var reader = new WireReader(source, null, piece.Offset);
        (long count, byte last) = (0, 0);
        for (long i = 0; i < piece.Length; i++)
        {
            last = reader.Next(piece.Offset + piece.Length);
            if (last < 0x80) count++;
        }
        return last < 0x80 ? count : long.MaxValue / 4;
    }

    private Func<long> Packed(int field, Piece[] packed)
    {
        int index = 0;
        var reader = new WireReader(source, null, packed[0].Offset);
        return () =>
        {
            long end = packed[index].Offset + packed[index].Length;
            while (reader.Position == end)
            {
                index++;
                reader = new WireReader(source, null, packed[index].Offset);
                end = packed[index].Offset + packed[index].Length;
            }
            if (field is not (Floats or Doubles)) return unchecked((long)reader.Varint(end));
            Span<byte> fixedSize = stackalloc byte[8];
            fixedSize.Clear();
            reader.Fill(fixedSize[..(field == Floats ? 4 : 8)], end);
            return BinaryPrimitives.ReadInt64LittleEndian(fixedSize);
        };
    }

    private Func<long> Singles(int field)
    {
        int i = 0;
        return field switch
        {
            Floats => () => BitConverter.SingleToUInt32Bits(proto.FloatData[i++]),
            Doubles => () => BitConverter.DoubleToInt64Bits(proto.DoubleData[i++]),
            Int64s => () => proto.Int64Data[i++],
            UInt64s => () => unchecked((long)proto.Uint64Data[i++]),
            _ => () => proto.Int32Data[i++],
        };
    }

    // Entries as the bytes of raw data. Writers sign-extend packed bytes and codes: only the low 8 bits count.
    private static FillBytes Entries(ElementType type, Func<long> next)
    {
        int size = Math.Max(1, type.Bits() / 8);
        (long low, long high) = type.IsStorageOnly() ? (sbyte.MinValue, byte.MaxValue) : type is ElementType.Float16
            or ElementType.BFloat16 ? (0, ushort.MaxValue)
            : type.IsReal() || size == 8 ? (long.MinValue, long.MaxValue) : type.Range();
        bool whole32 = size < 8 && type is not (ElementType.Float32 or ElementType.UInt32);
        int element = 0;
        return to =>
        {
            for (int i = 0; i < to.Length; i += size, element++)
            {
                long value = next();
                // int32_data is a list of int32: of a longer number its low 32 bits count.
                if (whole32) value = unchecked((int)value);
                if (value < low || value > high) throw new InvalidDataException($"holds {value} at element {element}; {type} allows {low} to {high}");
                for (int b = 0; b < size; b++) to[i + b] = unchecked((byte)(value >> 8 * b));
            }
        };
    }
}
