using System.Runtime.CompilerServices;
using Sim.Datapath.Formats;

namespace Sim.Datapath.Kernels;

/// <summary>
/// Doubles to posit codes, rounded to nearest even as <see cref="PositFormat.Encode"/> does, in 64-bit integers: the exponent and fraction behind a
/// regime's last two bits, shifted right arithmetically, are the posit's endless string. A double that stands for a longer number is rounded to odd:
/// 53 bits are more than two beyond any posit's last.
/// </summary>
internal readonly struct PositLaneEncoder
{
    private const int FractionBits = 52, Bias = 1023;

    private readonly long _top, _bottom, _mask;
    private readonly int _exponentBits, _drop;

    public PositLaneEncoder(PositFormat format)
    {
        _top = (long)(Bias + format.MaximumExponent) << FractionBits;
        _bottom = (long)(Bias - format.MaximumExponent) << FractionBits;
        _mask = (1L << format.Bits) - 1;
        (_exponentBits, _drop) = (format.ExponentBits, 65 - format.Bits);
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
