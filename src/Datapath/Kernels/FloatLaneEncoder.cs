using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Sim.Datapath.Formats;

namespace Sim.Datapath.Kernels;

/// <summary>
/// Lane values that are exactly numbers of a float format, to its codes. Scaled by 2^(format bias - lane bias), a value has the lane
/// exponent field and, below the smallest normal, the lane subnormal that hold its code: the code is the high end of the lane.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
internal readonly struct FloatLaneEncoder<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly FloatFormat _format;
    private readonly T _unscale, _rebias;
    private readonly int _shift;

    /// <param name="format">Format of the values.</param>
    /// <param name="scale">Exponent of the power of two that the lanes carry more than the values.</param>
    public FloatLaneEncoder(FloatFormat format, int scale)
    {
        _format = format;
        bool single = typeof(T) == typeof(float);
        _shift = (single ? 23 : 52) - format.FractionBits;
        _unscale = T.ScaleB(T.One, -scale);
        _rebias = T.ScaleB(T.One, format.Bias - (single ? 127 : 1023));
    }

    /// <summary>Codes of finite values, whole vectors of them.</summary>
    public void Encode(ReadOnlySpan<T> values, Span<long> codes)
    {
        // The one check of both lengths.
        codes = codes[..values.Length];
        ref T from = ref MemoryMarshal.GetReference(values);
        ref long to = ref MemoryMarshal.GetReference(codes);
        for (int i = 0; i + Vector512<T>.Count <= values.Length; i += Vector512<T>.Count) Encode(Vector512.LoadUnsafe(ref from, (nuint)i),
            ref Unsafe.Add(ref to, i));
        if (_format.HasNegativeZero) return;
        long negativeZero = 1L << _format.Bits - 1;
        foreach (ref long code in codes)
            if (code == negativeZero) code = 0;
    }

    /// <summary>The code of any value; a NaN keeps its sign.</summary>
    public long EncodeAny(double value)
    {
        Exact exact = Exact.FromDouble(value);
        return _format.Encode(exact, Rounding.NearestEven, out _);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Encode(Vector512<T> values, ref long codes)
    {
        Vector512<T> biased = Vector512.Abs(values) * _unscale * _rebias;
        if (typeof(T) == typeof(float))
        {
            Vector512<uint> code = biased.AsUInt32() >>> _shift | values.AsUInt32() >>> 31 << _format.Bits - 1;
            (Vector512<ulong> low, Vector512<ulong> high) = Vector512.Widen(code);
            low.AsInt64().StoreUnsafe(ref codes);
            high.AsInt64().StoreUnsafe(ref codes, 8);
        }
        else
        {
            Vector512<ulong> code = biased.AsUInt64() >>> _shift | values.AsUInt64() >>> 63 << _format.Bits - 1;
            code.AsInt64().StoreUnsafe(ref codes);
        }
    }
}
