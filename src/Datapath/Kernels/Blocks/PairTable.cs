using System.Collections.Concurrent;
using Sim.Datapath.Formats;

namespace Sim.Datapath.Kernels.Blocks;

/// <summary>A format of at most 8 bits whose every code is an int16 times one power of two: its integers by code.</summary>
internal sealed class PairTable
{
    private const int MostBits = 8, MostInteger = short.MaxValue, FarUnit = 20;

    private static readonly ConcurrentDictionary<INumberFormat, PairTable?> Known = new();

    private readonly short[] _integers;

    private PairTable(short[] integers, int unit)
    {
        _integers = integers;
        Unit = MathF.ScaleB(1, unit);
        Largest = integers.Max(i => Math.Abs((int)i));
    }

    /// <summary>What the integers are multiples of.</summary>
    public float Unit { get; }

    /// <summary>Largest magnitude of an integer.</summary>
    public int Largest { get; }

    /// <summary>The table of a format; null when it has Inf or NaN, or numbers too far apart.</summary>
    public static PairTable? Of(INumberFormat format) => Known.GetOrAdd(format, Make);

    /// <summary>Codes to pairs, the first in the low half; returns 0 only when all are zeros.</summary>
    public int Decode(ReadOnlySpan<uint> codes, Span<int> pairs)
    {
        int any = 0, i = 0;
        short[] integers = _integers;
        for (; i + 1 < codes.Length; i += 2)
        {
            int pair = integers[codes[i]] & 0xFFFF | integers[codes[i + 1]] << 16;
            pairs[i / 2] = pair;
            any |= pair;
        }
        if (i == codes.Length) return any;
        pairs[i / 2] = integers[codes[i]] & 0xFFFF;
        return any | pairs[i / 2];
    }

    private static PairTable? Make(INumberFormat format)
    {
        if (format is ICodeArithmetic || format.Bits > MostBits || OperandRange.Of(format) is not { Width: > 0 } range
            || Math.Abs(range.Unit) > FarUnit) return null;
        var integers = new short[1 << format.Bits];
        for (int code = 0; code < integers.Length; code++)
        {
            Exact value = format.Decode((uint)code);
            if (value.Class is NumberClass.NaN or NumberClass.Infinity) return null;
            double integer = Math.ScaleB(value.ToDouble(), -range.Unit);
            if (Math.Abs(integer) > MostInteger) return null;
            integers[code] = (short)integer;
        }
        return new PairTable(integers, range.Unit);
    }
}
