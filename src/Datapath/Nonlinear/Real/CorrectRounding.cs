using System.Numerics;
using Sim.Datapath.Formats;

namespace Sim.Datapath.Nonlinear.Real;

/// <summary>
/// Rounds a real number into a format correctly (Ziv, ACM TOMS 17(3), 1991): it is enclosed ever more tightly until both ends of the
/// enclosure round to the same code. Rounding is monotone, so that code is the number's.
/// </summary>
public static class CorrectRounding
{
    /// <summary>Bits of the last attempt. A number still undecided then would lie within 2^-12000 of a rounding boundary.</summary>
    private const int MostBits = 12288;

    /// <summary>The code of the number that <paramref name="enclose"/> encloses, given bits of precision.</summary>
    /// <exception cref="ArithmeticException">The number is a rounding boundary itself: callers answer exact results before.</exception>
    public static uint Round(INumberFormat format, Rounding rounding, Func<int, Ball> enclose)
    {
        ArgumentNullException.ThrowIfNull(format);
        ArgumentNullException.ThrowIfNull(enclose);
        for (int bits = 96; bits <= MostBits; bits *= 2)
        {
            Ball ball = enclose(bits);
            if (ball.Low.Sign * ball.High.Sign <= 0) continue;
            uint low = format.Encode(ToExact(ball.Low, ball.Exponent), rounding, out _);
            if (low == format.Encode(ToExact(ball.High, ball.Exponent), rounding, out _)) return low;
        }
        throw new ArithmeticException($"no rounding into {format.Name} was proved with {MostBits} bits");
    }

    /// <summary>value·2^exponent; of a long integer the bits below the top 126 are one sticky bit.</summary>
    public static Exact ToExact(BigInteger value, int exponent)
    {
        UInt128 kept = Rounder.Jam(BigInteger.Abs(value), out int dropped);
        return Exact.Finite(value.Sign < 0, exponent + dropped, kept);
    }
}
