using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace Sim.Verification.Checking;

/// <summary>clamp(round-half-even(float32(float32(sum) · multiplier)) + zero point, low, high), in integers alone.</summary>
internal sealed class CertifiedRounding(JsonElement json)
{
    private readonly uint[] _multipliers = [.. json.GetProperty("multipliers").GetString()!.Split(' ').Select(m => uint.Parse(m, NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
    private readonly BigInteger _zero = json.GetProperty("zero_point").GetInt64(), _low = json.GetProperty("low").GetInt64(), _high = json.GetProperty("high").GetInt64();

    internal BigInteger Of(BigInteger sum, int channel)
    {
        uint bits = _multipliers[_multipliers.Length == 1 ? 0 : channel];
        int exponent = (int)(bits >> 23);
        if (exponent is 0 or >= 255) throw new FormatException("a multiplier is no positive normal float32 number");
        (BigInteger significand, int power) = Binary32(sum, 0);
        (significand, power) = Binary32(significand * (bits & 0x7FFFFF | 0x800000), power + exponent - 150);
        BigInteger whole = power >= 0 ? significand << power : HalfEven(significand, -power);
        return BigInteger.Max(_low, BigInteger.Min(_high, whole + _zero));
    }

    /// <summary>The steps that the sums from low to high make: the value, the first and the last sum of each.</summary>
    internal List<(BigInteger Value, BigInteger First, BigInteger Last)> Steps(int channel, BigInteger low, BigInteger high)
    {
        var steps = new List<(BigInteger, BigInteger, BigInteger)>();
        while (low <= high)
        {
            BigInteger value = Of(low, channel), inside = low, outside = high + 1;
            while (outside - inside > 1)
            {
                BigInteger middle = (inside + outside) / 2;
                if (Of(middle, channel) == value) inside = middle;
                else outside = middle;
            }
            steps.Add((value, low, inside));
            low = outside;
        }
        return steps;
    }

    // A number of at most 24 bits. Results too small for a normal number round to 0 later on, whatever they are here; too large ones are clamped.
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
