using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Sim.Workloads.Graph;

/// <summary>Typed loops over the arrays that tensors hold, so that nothing else needs a switch over element types.</summary>
internal static class TensorStorage
{
    internal static long Integer(Tensor t, int i) => t.Type switch
    {
        ElementType.Int8 or ElementType.Int4 or ElementType.Int2 => ((sbyte[])t.Data)[i],
        ElementType.UInt8 or ElementType.UInt4 or ElementType.UInt2 => ((byte[])t.Data)[i],
        ElementType.Int16 => ((short[])t.Data)[i],
        ElementType.UInt16 => ((ushort[])t.Data)[i],
        ElementType.Int32 => ((int[])t.Data)[i],
        ElementType.UInt32 => ((uint[])t.Data)[i],
        ElementType.Int64 => ((long[])t.Data)[i],
        ElementType.UInt64 => unchecked((long)((ulong[])t.Data)[i]),
        ElementType.Bool => ((bool[])t.Data)[i] ? 1 : 0,
        _ => throw NoIntegers(t.Type),
    };

    internal static void CopyIntegers<TTo>(Tensor t, int from, Span<TTo> to) where TTo : unmanaged, IBinaryInteger<TTo>
    {
        switch (t.Type)
        {
            case ElementType.Int8 or ElementType.Int4 or ElementType.Int2: Convert<sbyte, TTo>(t, from, to); break;
            case ElementType.UInt8 or ElementType.UInt4 or ElementType.UInt2: Convert<byte, TTo>(t, from, to); break;
            case ElementType.Int16: Convert<short, TTo>(t, from, to); break;
            case ElementType.UInt16: Convert<ushort, TTo>(t, from, to); break;
            case ElementType.Int32: Convert<int, TTo>(t, from, to); break;
            case ElementType.UInt32: Convert<uint, TTo>(t, from, to); break;
            case ElementType.Int64: Convert<long, TTo>(t, from, to); break;
            // The pattern, for 64-bit users; a number of up to 31 bits is its own.
            case ElementType.UInt64:
                ReadOnlySpan<ulong> patterns = t.Span<ulong>().Slice(from, to.Length);
                for (int i = 0; i < to.Length; i++) to[i] = typeof(TTo) == typeof(long) ? TTo.CreateTruncating(patterns[i])
                    : TTo.CreateChecked(patterns[i]);
                break;
            case ElementType.Bool:
                ReadOnlySpan<bool> truths = t.Span<bool>().Slice(from, to.Length);
                for (int i = 0; i < to.Length; i++) to[i] = truths[i] ? TTo.One : TTo.Zero;
                break;
            default: throw NoIntegers(t.Type);
        }
    }

    internal static (long, long) Bounds(Tensor t)
    {
        switch (t.Type)
        {
            case ElementType.Int8 or ElementType.Int4 or ElementType.Int2: return Extremes(t.Span<sbyte>());
            case ElementType.UInt8 or ElementType.UInt4 or ElementType.UInt2: return Extremes(t.Span<byte>());
            case ElementType.Int16: return Extremes(t.Span<short>());
            case ElementType.UInt16: return Extremes(t.Span<ushort>());
            case ElementType.Int32: return Extremes(t.Span<int>());
            case ElementType.UInt32: return Extremes(t.Span<uint>());
            case ElementType.Int64: return Extremes(t.Span<long>());
            default:
                (long low, long high) = (long.MaxValue, long.MinValue);
                for (int i = 0; i < t.Count; i++) (low, high) = (Math.Min(low, t.Integer(i)), Math.Max(high, t.Integer(i)));
                return (low, high);
        }
    }

    /// <summary>64-bit values as the array of an integer type.</summary>
    internal static Array Narrow(ElementType type, long[] values)
    {
        (long low, long high) = type.Range();
        if (type is not (ElementType.Int64 or ElementType.UInt64))
            foreach (long v in values)
                if (v < low || v > high) throw new ArgumentException($"{v} lies outside {type}, {low} to {high}", nameof(values));
        return type switch
        {
            ElementType.Int8 or ElementType.Int4 or ElementType.Int2 => Array.ConvertAll(values, v => (sbyte)v),
            ElementType.UInt8 or ElementType.UInt4 or ElementType.UInt2 => Array.ConvertAll(values, v => (byte)v),
            ElementType.Int16 => Array.ConvertAll(values, v => (short)v),
            ElementType.UInt16 => Array.ConvertAll(values, v => (ushort)v),
            ElementType.Int32 => Array.ConvertAll(values, v => (int)v),
            ElementType.UInt32 => Array.ConvertAll(values, v => (uint)v),
            ElementType.Bool => Array.ConvertAll(values, v => v != 0),
            ElementType.UInt64 => Array.ConvertAll(values, v => unchecked((ulong)v)),
            _ => values,
        };
    }

    /// <summary>Result[i] = from[source[i]], whatever the elements are.</summary>
    internal static Array Pick(Array from, ReadOnlySpan<int> source)
    {
        Array to = Like(from, source.Length);
        Pick(from, source, to, 0);
        return to;
    }

    /// <summary>To[at + i] = from[source[i]], both of one kind.</summary>
    internal static void Pick(Array from, ReadOnlySpan<int> source, Array to, int at)
    {
        switch (ElementSize(from))
        {
            case 1: Pick(Elements<byte>(from), source, Elements<byte>(to).Slice(at, source.Length)); break;
            case 2: Pick(Elements<ushort>(from), source, Elements<ushort>(to).Slice(at, source.Length)); break;
            case 4: Pick(Elements<uint>(from), source, Elements<uint>(to).Slice(at, source.Length)); break;
            default: Pick(Elements<ulong>(from), source, Elements<ulong>(to).Slice(at, source.Length)); break;
        }
    }

    /// <summary>A new array of the same kind.</summary>
    internal static Array Like(Array data, int count) => Array.CreateInstance(data.GetType().GetElementType()!, count);

    /// <summary>The one element of an array, count times.</summary>
    internal static Array Filled(Array one, int count)
    {
        Array to = Array.CreateInstance(one.GetType().GetElementType()!, count);
        switch (ElementSize(one))
        {
            case 1: Elements<byte>(to).Fill(Elements<byte>(one)[0]); break;
            case 2: Elements<ushort>(to).Fill(Elements<ushort>(one)[0]); break;
            case 4: Elements<uint>(to).Fill(Elements<uint>(one)[0]); break;
            default: Elements<ulong>(to).Fill(Elements<ulong>(one)[0]); break;
        }
        return to;
    }

    /// <summary>Elements [from, from + count) as an array of the same kind.</summary>
    internal static Array Part(Array data, int from, int count)
    {
        Array part = Array.CreateInstance(data.GetType().GetElementType()!, count);
        Array.Copy(data, from, part, 0, count);
        return part;
    }

    /// <summary>The memory of an array of primitive elements.</summary>
    internal static Span<byte> Bytes(Array data) =>
        MemoryMarshal.CreateSpan(ref MemoryMarshal.GetArrayDataReference(data), checked(data.Length * ElementSize(data)));

    /// <summary>Bytes [offset, offset + count) of it, wherever in a large array.</summary>
    internal static Span<byte> Bytes(Array data, long offset, int count) =>
        offset >= 0 && offset + count <= (long)data.Length * ElementSize(data)
            ? MemoryMarshal.CreateSpan(ref Unsafe.AddByteOffset(ref MemoryMarshal.GetArrayDataReference(data), (nint)offset), count)
            : throw new ArgumentOutOfRangeException(nameof(offset), offset, "beyond the array");

    private static int ElementSize(Array data) => data switch
    {
        float[] or int[] or uint[] => 4,
        double[] or long[] or ulong[] => 8,
        short[] or ushort[] => 2,
        sbyte[] or byte[] or bool[] => 1,
        _ => throw new ArgumentException($"{data.GetType().Name} is no storage of tensors", nameof(data)),
    };

    private static Span<T> Elements<T>(Array data) where T : unmanaged =>
        MemoryMarshal.CreateSpan(ref Unsafe.As<byte, T>(ref MemoryMarshal.GetArrayDataReference(data)), data.Length);

    private static void Pick<T>(ReadOnlySpan<T> from, ReadOnlySpan<int> source, Span<T> to)
    {
        for (int i = 0; i < to.Length; i++) to[i] = from[source[i]];
    }

    private static void Convert<TFrom, TTo>(Tensor t, int from, Span<TTo> to) where TFrom : unmanaged, IBinaryInteger<TFrom> where TTo
        : unmanaged, IBinaryInteger<TTo>
    {
        ReadOnlySpan<TFrom> source = t.Span<TFrom>().Slice(from, to.Length);
        if (typeof(TFrom) == typeof(TTo)) MemoryMarshal.Cast<TFrom, TTo>(source).CopyTo(to);
        else for (int i = 0; i < to.Length; i++) to[i] = TTo.CreateChecked(source[i]);
    }

    private static (long, long) Extremes<T>(ReadOnlySpan<T> values) where T : unmanaged, INumber<T>
    {
        (T low, T high) = (values[0], values[0]);
        foreach (T v in values) (low, high) = (T.Min(low, v), T.Max(high, v));
        return (long.CreateChecked(low), long.CreateChecked(high));
    }

    private static NetworkException NoIntegers(ElementType type) => new($"a {type} tensor holds no integers");
}
