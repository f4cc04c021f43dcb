using System.Collections.Concurrent;
using System.Numerics;
using Sim.Datapath.Formats;

namespace Sim.Datapath.Kernels;

/// <summary>Codes to lane values, exactly. Formats up to 16 bits go through a table that is made once; fp32 codes are the values.</summary>
/// <typeparam name="T">float or double. The caller has proved that every value fits.</typeparam>
internal sealed class OperandDecoder<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int TableBits = 16;

    private static readonly ConcurrentDictionary<INumberFormat, OperandDecoder<T>> Cache = new();

    private readonly INumberFormat _format;
    private readonly T[]? _table;
    private readonly bool _isBinary32;

    private OperandDecoder(INumberFormat format)
    {
        _format = format;
        _isBinary32 = format is FloatFormat { ExponentBits: 8, FractionBits: 23, Bias: 127, Specials: Specials.Ieee, Subnormals: true };
        if (format.Bits > TableBits) return;
        _table = new T[1 << format.Bits];
        for (uint code = 0; code < _table.Length; code++) _table[code] = Convert(code);
    }

    /// <summary>The decoder of a format.</summary>
    public static OperandDecoder<T> Of(INumberFormat format) => Cache.GetOrAdd(format, f => new(f));

    /// <summary>Values of <paramref name="codes"/> less <paramref name="zeroPoint"/>, times <paramref name="scale"/>, a power of two.</summary>
    public void Decode(ReadOnlySpan<uint> codes, int zeroPoint, T scale, Span<T> values)
    {
        values = values[..codes.Length];
        T zero = T.CreateChecked(zeroPoint);
        if (_table is T[] table)
        {
            if (zeroPoint == 0) for (int i = 0; i < codes.Length; i++) values[i] = table[codes[i]] * scale;
            else for (int i = 0; i < codes.Length; i++) values[i] = (table[codes[i]] - zero) * scale;
            return;
        }
        for (int i = 0; i < codes.Length; i++)
            values[i] = ((_isBinary32 ? T.CreateTruncating(BitConverter.UInt32BitsToSingle(codes[i])) : Convert(codes[i])) - zero) * scale;
    }

    private T Convert(uint code) => T.CreateTruncating(_format.Decode(code).ToDouble());
}
