using System.Numerics;

namespace Sim.Datapath.Tests.Numbers.Logarithmic;

/// <summary>
/// Powers of z = 2^(1/(2R)), R = 2^fractionBits, between integers in units of 2^-Fraction, from a bisection of z^(2R) = 2 alone. A
/// logarithm is found by looking a number up among the powers. Shares nothing with the formats.
/// </summary>
internal sealed class LogOracle
{
    private const int Fraction = 400;

    private readonly BigInteger[] _low, _high;
    private readonly int _first;

    /// <param name="fractionBits">R as a power of two.</param>
    /// <param name="first">Lowest exponent of z that is asked for.</param>
    /// <param name="last">Highest.</param>
    public LogOracle(int fractionBits, int first, int last)
    {
        HalfUnits = 2 << fractionBits;
        _first = first;
        BigInteger low = BigInteger.One << Fraction, high = low << 1;
        while (high - low > 1)
        {
            BigInteger middle = low + high >> 1;
            // middle^(2R) against 2, with the truncation of each step on the safe side.
            BigInteger power = middle, above = middle;
            for (int i = 0; i <= fractionBits; i++)
            {
                power = power * power >> Fraction;
                above = (above * above >> Fraction) + 1;
            }
            if (above <= BigInteger.One << Fraction + 1) low = middle;
            else if (power > BigInteger.One << Fraction + 1) high = middle;
            else break;
        }
        int count = last - first + 1;
        (_low, _high) = (new BigInteger[count], new BigInteger[count]);
        BigInteger atLow = BigInteger.One << Fraction, atHigh = atLow;
        for (int i = 0; i < HalfUnits; i++)
        {
            // One octave; the others are the same digits shifted.
            for (int k = (i - first) % HalfUnits - HalfUnits; k < count; k += HalfUnits)
            {
                if (k < 0) continue;
                int octave = (k + first - i) / HalfUnits;
                _low[k] = octave >= 0 ? atLow << octave : atLow >> -octave;
                _high[k] = octave >= 0 ? atHigh << octave : (atHigh >> -octave) + (i == 0 ? 0 : 1);
            }
            atLow = atLow * low >> Fraction;
            atHigh = (atHigh * high >> Fraction) + 1;
        }
    }

    /// <summary>2R: steps of z in an octave.</summary>
    public int HalfUnits { get; }

    /// <summary>Bounds of z^k.</summary>
    public (BigInteger Low, BigInteger High) Power(int k) => (_low[k - _first], _high[k - _first]);

    /// <summary>The largest k with z^k ≤ x and whether that is equality, for bounds of x.</summary>
    public (int HalfUnits, bool Exact) Floor(BigInteger low, BigInteger high)
    {
        int k = Array.FindLastIndex(_high, p => p <= low);
        bool exact = low == high && _low[k] == low && _high[k] == low;
        if (k + 1 < _low.Length && _low[k + 1] <= high) throw new InvalidOperationException("the oracle needs more digits");
        return (k + _first, exact);
    }

    /// <summary>The logarithm in units of 1/R that a mode makes of a magnitude; <paramref name="least"/> is what a smaller one starts
    /// from.</summary>
    public static int Round((int HalfUnits, bool Exact) logarithm, RoundingMode mode, bool negative, int least)
    {
        (int halves, bool exact) = logarithm;
        if (exact ? halves <= 2 * least : halves < 2 * least) (halves, exact) = (2 * least, false);
        int floor = halves >> 1;
        bool half = (halves & 1) != 0;
        if (!half && exact) return floor;
        return floor + (mode switch
        {
            RoundingMode.ToZero => 0,
            RoundingMode.Up => negative ? 0 : 1,
            RoundingMode.Down => negative ? 1 : 0,
            RoundingMode.ToOdd => floor & 1 ^ 1,
            _ => half ? 1 : 0,
        });
    }
}
