using System.Numerics;
using Sim.Datapath.Formats;

namespace Sim.Datapath.Kernels.Encoding;

/// <summary>Power-of-two scales from the pattern of the largest magnitude, in integers: what <see cref="ScaleChoice"/> does with exact numbers.</summary>
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
    public static bool Takes(BlockFormat format, ExponentFormat scale) => scale.Bias <= LargestExponent && (int)scale.NaNCode - 1 - scale.Bias <= LargestExponent
        && format.Peak.Length < Significand && ScaleChoice.Precision(format.Element) < Significand - 1;

    /// <summary>The code of a block's scale, from the finite magnitude's pattern.</summary>
    public uint Code(uint peak)
    {
        if (peak == 0) return 0;
        int zeros = BitOperations.LeadingZeroCount(peak), exponent = peak < 0x80_0000 ? 31 - zeros - 149 : (int)(peak >> 23) - 127;
        uint significand = peak < 0x80_0000 ? peak << zeros - 8 : peak & 0x7F_FFFF | 0x80_0000;
        return (uint)Math.Clamp(exponent - _peakExponent + (significand >= _ceiling ? 1 : 0) + _bias, 0, _last);
    }

    /// <summary>What numbers are multiplied by: one over the scale.</summary>
    public float Factor(uint code) => _factors[code];
}
