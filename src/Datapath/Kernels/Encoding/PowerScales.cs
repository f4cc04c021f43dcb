using System.Numerics;
using System.Runtime.Intrinsics;
using Sim.Datapath.Formats;

namespace Sim.Datapath.Kernels.Encoding;

/// <summary>Power-of-two scales from the pattern of the largest magnitude, in integers: what <see cref="ScaleChoice"/> does with exact
/// numbers.</summary>
internal sealed class PowerScales
{
    private const int LargestExponent = 127, Significand = 24;

    private readonly int _bias, _last, _peakExponent;
    private readonly uint _ceiling;
    private readonly float[] _factors;

    /// <param name="format">The blocks.</param>
    /// <param name="scale">Their scale format.</param>
    public PowerScales(BlockFormat format, ExponentFormat scale)
    {
        (_bias, _last, _peakExponent) = (scale.Bias, (int)scale.NaNCode - 1, format.Peak.LeadingExponent);
        _factors = [.. Enumerable.Range(0, _last + 1).Select(code => MathF.ScaleB(1, _bias - code))];
        const uint One = 1u << Significand - 1;
        // The significand, with its leading one at 2^23, from which the exponent is one more.
        _ceiling = format.Rule switch
        {
            ScaleRule.Floor => 2 * One,
            ScaleRule.Ceil => One + 1,
            ScaleRule.RoundUp => (uint)(format.Peak.Significand << Significand - format.Peak.Length) + 1,
            // Half of the last kept bit below the next power: the tie goes up, because its lower neighbour is odd.
            _ => 2 * One - (1u << Significand - 1 - ScaleChoice.Precision(format.Element)),
        };
    }

    /// <summary>Whether scales and factors are binary32 numbers and the element fits its significand.</summary>
    public static bool Takes(BlockFormat format, ExponentFormat scale) =>
        scale.Bias <= LargestExponent && (int)scale.NaNCode - 1 - scale.Bias <= LargestExponent
        && format.Peak.Length < Significand && ScaleChoice.Precision(format.Element) < Significand - 1;

    /// <summary>The code of a block's scale, from the finite magnitude's pattern.</summary>
    public uint Code(uint peak)
    {
        if (peak == 0) return 0;
        int zeros = BitOperations.LeadingZeroCount(peak), exponent = peak < 0x80_0000 ? 31 - zeros - 149 : (int)(peak >> 23) - 127;
        uint significand = peak < 0x80_0000 ? peak << zeros - 8 : peak & 0x7F_FFFF | 0x80_0000;
        return (uint)Math.Clamp(exponent - _peakExponent + (significand >= _ceiling ? 1 : 0) + _bias, 0, _last);
    }

    /// <summary>The same for several blocks, of which patterns beyond the finite ones get any code.</summary>
    public void Codes(ReadOnlySpan<uint> peaks, Span<uint> codes)
    {
        int i = 0;
        for (; i <= peaks.Length - 16; i += 16) Codes(Vector512.Create(peaks[i..])).CopyTo(codes[i..]);
        for (; i < peaks.Length; i++) codes[i] = Code(peaks[i]);
    }

    private Vector512<uint> Codes(Vector512<uint> peaks)
    {
        Vector512<int> bits = peaks.AsInt32(), small = Vector512.LessThan(bits, Vector512.Create(1 << 23));
        // Subnormal numbers times 2^32 are normal.
        bits = Vector512.ConditionalSelect(small, (peaks.AsSingle() * Vector512.Create((float)(1L << 32))).AsInt32(), bits);
        Vector512<int> exponent = (bits >> 23) - Vector512.Create(127 + _peakExponent - _bias) - (small & Vector512.Create(32));
        Vector512<int> significand = bits & Vector512.Create(0x7F_FFFF) | Vector512.Create(0x80_0000);
        // Minus one where it goes up.
        exponent -= Vector512.GreaterThanOrEqual(significand, Vector512.Create((int)_ceiling));
        Vector512<uint> code = Vector512.Min(Vector512.Max(exponent, Vector512<int>.Zero), Vector512.Create(_last)).AsUInt32();
        return Vector512.AndNot(code, Vector512.Equals(peaks, Vector512<uint>.Zero));
    }

    /// <summary>What numbers are multiplied by: one over the scale.</summary>
    public float Factor(uint code) => _factors[code];
}
