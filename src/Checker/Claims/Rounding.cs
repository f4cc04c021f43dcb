using System.Numerics;
using Sim.Checker.Model;

namespace Sim.Checker.Claims;

/// <summary>clamp(round-half-even(float32(float32(sum) · multiplier)) + zero point, low, high), in integers alone.</summary>
internal static class Rounding
{
    internal static BigInteger Of(Link link, int channel, BigInteger sum)
    {
        uint bits = BitConverter.SingleToUInt32Bits(link.Multipliers[link.Multipliers.Length == 1 ? 0 : channel]);
        int exponent = (int)(bits >> 23);
        if (exponent is 0 or >= 255) throw new Untied("a multiplier between layers is no positive normal float32 number");
        (BigInteger significand, int power) = Binary32(sum, 0);
        (significand, power) = Binary32(significand * (bits & 0x7FFFFF | 0x800000), power + exponent - 150);
        // Beyond every clamp or below every half nothing needs to be shifted far.
        BigInteger whole = power >= 0 ? significand << Math.Min(power, 200) : -power > 200 ? 0 : HalfEven(significand, -power);
        return BigInteger.Max(link.Low, BigInteger.Min(link.High, whole + link.Zero));
    }

    /// <summary>The steps that the sums of a range make: the value, the first and the last sum of each.</summary>
    internal static List<(BigInteger Value, BigInteger First, BigInteger Last)> Steps(Link link, int channel, Range sums)
    {
        var steps = new List<(BigInteger, BigInteger, BigInteger)>();
        for (BigInteger low = sums.Low; low <= sums.High;)
        {
            if (steps.Count == 1 << 16) throw new Untied("the requantization between two layers has more than 65536 steps");
            BigInteger value = Of(link, channel, low), inside = low, outside = sums.High + 1;
            while (outside - inside > 1)
            {
                BigInteger middle = (inside + outside) / 2;
                if (Of(link, channel, middle) == value) inside = middle;
                else outside = middle;
            }
            steps.Add((value, low, inside));
            low = outside;
        }
        return steps;
    }

    // A number of at most 24 bits. Results too small for a normal number round to 0 later on, whatever they are here; too large ones are
    // clamped.
    private static (BigInteger Significand, int Power) Binary32(BigInteger significand, int power)
    {
        int excess = (int)BigInteger.Abs(significand).GetBitLength() - 24;
        return excess <= 0 ? (significand, power) : (HalfEven(significand, excess), power + excess);
    }

    private static BigInteger HalfEven(BigInteger value, int shift)
    {
        BigInteger down = value >> shift, rest = value - (down << shift), half = BigInteger.One << (shift - 1);
        return rest > half || rest == half && !down.IsEven ? down + 1 : down;
    }
}
