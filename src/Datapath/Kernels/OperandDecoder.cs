using System.Collections.Concurrent;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Sim.Datapath.Formats;

namespace Sim.Datapath.Kernels;

/// <summary>
/// Codes to lane values, exactly: by arithmetic on vectors of codes where that gives the value of every code, else through a table that is
/// made once, for formats up to 16 bits; fp32 codes are the values.
/// </summary>
/// <typeparam name="T">float or double. The caller has proved that every value fits.</typeparam>
internal sealed class OperandDecoder<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int TableBits = 16;

    private static readonly ConcurrentDictionary<INumberFormat, OperandDecoder<T>> Cache = new();

    private readonly INumberFormat _format;
    private readonly T[]? _table;
    private readonly FloatFields? _fields;
    private readonly bool _isBinary32;

    private OperandDecoder(INumberFormat format)
    {
        _format = format;
        _isBinary32 = format is FloatFormat { ExponentBits: 8, FractionBits: 23, Bias: 127, Specials: Specials.Ieee, Subnormals: true };
        if (format.Bits > TableBits) return;
        _table = new T[1 << format.Bits];
        for (uint code = 0; code < _table.Length; code++) _table[code] = Convert(code);
        if (format is FloatFormat f && FloatFields.TryOf(f, out FloatFields fields) && IsExact(fields)) _fields = fields;
    }

    /// <summary>The decoder of a format.</summary>
    public static OperandDecoder<T> Of(INumberFormat format) => Cache.GetOrAdd(format, f => new(f));

    /// <summary>Values of <paramref name="codes"/> less <paramref name="zeroPoint"/>, times <paramref name="scale"/>, a power of
    /// two.</summary>
    public void Decode(ReadOnlySpan<uint> codes, int zeroPoint, T scale, Span<T> values)
    {
        values = values[..codes.Length];
        T zero = T.CreateChecked(zeroPoint);
        if (_table is T[] table)
        {
            if (_fields is FloatFields fields && zeroPoint == 0)
            {
                int whole = codes.Length / 16 * 16;
                Decode(fields, codes[..whole], scale, values);
                codes = codes[whole..];
                values = values[whole..];
            }
            if (zeroPoint == 0) for (int i = 0; i < codes.Length; i++) values[i] = table[codes[i]] * scale;
            else for (int i = 0; i < codes.Length; i++) values[i] = (table[codes[i]] - zero) * scale;
            return;
        }
        for (int i = 0; i < codes.Length; i++)
            values[i] = ((_isBinary32 ? T.CreateTruncating(BitConverter.UInt32BitsToSingle(codes[i])) : Convert(codes[i])) - zero) * scale;
    }

    private static void Decode(FloatFields fields, ReadOnlySpan<uint> codes, T scale, Span<T> values)
    {
        ref T to = ref MemoryMarshal.GetReference(values[..codes.Length]);
        for (int i = 0; i < codes.Length; i += 16)
        {
            Vector512<float> decoded = fields.Decode(Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(codes), (nuint)i));
            if (typeof(T) == typeof(float))
            {
                (decoded.As<float, T>() * scale).StoreUnsafe(ref to, (nuint)i);
                continue;
            }
            (Vector512<double> low, Vector512<double> high) = Vector512.Widen(decoded);
            (low.As<double, T>() * scale).StoreUnsafe(ref to, (nuint)i);
            (high.As<double, T>() * scale).StoreUnsafe(ref to, (nuint)i + 8);
        }
    }

    // The proof is by trial of every code.
    private bool IsExact(FloatFields fields)
    {
        if (_table!.Length < 16) return false;
        var codes = new uint[_table.Length];
        for (int i = 0; i < codes.Length; i++) codes[i] = (uint)i;
        var values = new T[codes.Length];
        Decode(fields, codes, T.One, values);
        for (int i = 0; i < codes.Length; i++)
            if (!values[i].Equals(_table[i]) || T.IsNegative(values[i]) != T.IsNegative(_table[i]) && !T.IsNaN(values[i])) return false;
        return true;
    }

    private T Convert(uint code) => T.CreateTruncating(_format.Decode(code).ToDouble());
}
