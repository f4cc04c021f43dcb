using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Sim.Datapath.Formats;

namespace Sim.Datapath.Kernels;

/// <summary>
/// Doubles to posit codes, rounded to nearest even as <see cref="PositFormat.Encode"/> does, in 64-bit integers: the exponent and fraction
/// behind a regime's last two bits, shifted right arithmetically, are the posit's endless string. A double that stands for a longer number
/// is rounded to odd:
/// 53 bits are more than two beyond any posit's last.
/// </summary>
internal readonly struct PositLaneEncoder
{
    private const int FractionBits = 52, Bias = 1023;

    private readonly long _top, _bottom, _mask;
    private readonly int _exponentBits, _drop;

    /// <summary>The largest posit.</summary>
    public double Highest => BitConverter.Int64BitsToDouble(_top);

    public PositLaneEncoder(PositFormat format)
    {
        _top = (long)(Bias + format.MaximumExponent) << FractionBits;
        _bottom = (long)(Bias - format.MaximumExponent) << FractionBits;
        _mask = (1L << format.Bits) - 1;
        (_exponentBits, _drop) = (format.ExponentBits, 65 - format.Bits);
    }

    /// <summary>Codes of finite values, a multiple of eight of them.</summary>
    public void Encode(ReadOnlySpan<double> values, Span<long> codes)
    {
        if (!Avx512F.IsSupported)
        {
            for (int i = 0; i < values.Length; i++) codes[i] = Encode(values[i], out _);
            return;
        }
        for (int i = 0; i < values.Length; i += 8) Encode(Vector512.Create(values[i..])).CopyTo(codes[i..]);
    }

    // As Encode of one value.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector512<long> Encode(Vector512<double> values)
    {
        Vector512<long> bits = values.AsInt64(),
            held = Vector512.Min(Vector512.Max(bits & Vector512.Create(long.MaxValue), Vector512.Create(_bottom)), Vector512.Create(_top));
        Vector512<long> exponent = (held >>> FractionBits) - Vector512.Create((long)Bias), regime = exponent >> _exponentBits,
            run = regime ^ regime >> 63;
        Vector512<long> rest = held & Vector512.Create((1L << FractionBits) - 1) | (exponent & Vector512.Create((1L << _exponentBits) - 1))
            << FractionBits;
        Vector512<long> head = Vector512.Create(long.MinValue) ^ (regime >> 63 & Vector512.Create(3L << 62));
        Vector512<long> text = head | rest << 10 - _exponentBits, shifted = Avx512F.ShiftRightArithmeticVariable(text, run.AsUInt64());
        Vector512<long> back = Avx512F.ShiftLeftLogicalVariable(shifted, run.AsUInt64());
        shifted |= Vector512.AndNot(Vector512<long>.One, Vector512.Equals(back, text));
        Vector512<long> odd = shifted >>> _drop & Vector512<long>.One;
        Vector512<long> rounded = shifted + Vector512.Create((1L << _drop - 1) - 1) + odd >>> _drop, negative = bits >> 63;
        rounded = (rounded ^ negative) - negative & Vector512.Create(_mask);
        return Vector512.AndNot(rounded, Vector512.Equals(values, Vector512<double>.Zero).AsInt64());
    }

    /// <summary>The code of a finite value; <paramref name="overflowed"/> when it is beyond the largest posit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long Encode(double value, out bool overflowed)
    {
        unchecked
        {
            long bits = BitConverter.DoubleToInt64Bits(value), magnitude = bits & long.MaxValue;
            overflowed = magnitude > _top;
            if (magnitude == 0) return 0;
            magnitude = Math.Clamp(magnitude, _bottom, _top);
            int exponent = (int)(magnitude >> FractionBits) - Bias, regime = exponent >> _exponentBits, run = regime ^ regime >> 31;
            ulong rest = (ulong)(exponent & (1 << _exponentBits) - 1) << FractionBits | (ulong)magnitude & (1UL << FractionBits) - 1;
            ulong text = (regime >= 0 ? 2UL : 1UL) << 62 | rest << 10 - _exponentBits;
            ulong shifted = (ulong)((long)text >> run) | ((text & (1UL << run) - 1) != 0 ? 1UL : 0);
            // Half a unit less one, and one more where the last bit kept is odd.
            ulong rounded = shifted + (1UL << _drop - 1) - 1 + (shifted >> _drop & 1) >> _drop;
            return (bits < 0 ? -(long)rounded : (long)rounded) & _mask;
        }
    }
}
