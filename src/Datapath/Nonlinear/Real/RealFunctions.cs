using System.Collections.Concurrent;
using System.Numerics;

namespace Sim.Datapath.Nonlinear.Real;

/// <summary>
/// Transcendental functions of balls with proved radii: Taylor series of positive terms after argument reduction, the remainder bounded by
/// the first term left out. Arguments beyond <see cref="Far"/> are answered by a number that no format of at most 11 exponent bits can tell
/// from the true one.
/// </summary>
public static class RealFunctions
{
    /// <summary>|x| from which e^x lies beyond every format, as a power of two.</summary>
    private const int Far = 13;

    // e^8192 > 2^11818: all that lies beyond 2^±6000 overflows or underflows alike.
    private const int Beyond = 6000;

    private static readonly ConcurrentDictionary<int, Ball> Ln2s = new();
    private static readonly ConcurrentDictionary<int, Ball> Pis = new();

    /// <summary>ln 2 = Σ 1/(k·2^k).</summary>
    public static Ball Ln2(int precision) => Ln2s.GetOrAdd(precision, bits =>
    {
        // ln 2 = 2·artanh(1/3).
        return InverseTangent(3, bits + 16, hyperbolic: true).Scaled(1).Trimmed(bits);
    });

    /// <summary>π = 16·atan(1/5) - 4·atan(1/239) (Machin).</summary>
    public static Ball Pi(int precision) => Pis.GetOrAdd(precision, bits =>
        Ball.Subtract(InverseTangent(5, bits + 16, hyperbolic: false).Scaled(4), InverseTangent(239, bits + 16, hyperbolic: false)
            .Scaled(2), bits));

    /// <summary>e^x.</summary>
    public static Ball Exp(in Ball x, int precision)
    {
        int magnitude = Magnitude(x);
        if (magnitude > Far) return x.Middle.Sign > 0 ? Ball.Of(1, Beyond) : Ball.Of(1, -Beyond);
        int bits = precision + Math.Max(0, magnitude) + 32;
        Ball ln2 = Ln2(bits + 16);
        Ball quotient = Ball.Divide(x, ln2, 64);
        int k = (int)(quotient.Exponent >= 0 ? quotient.Middle << quotient.Exponent : quotient.Middle >> -quotient.Exponent);
        Ball reduced = Ball.Subtract(x, Ball.Multiply(Ball.Of(k), ln2, bits), bits);
        // |reduced| < 1 now; divided by 2^8 the series gains 8 bits and more a term; eight squarings undo that.
        const int Halvings = 8;
        Ball small = Fixed(reduced.Scaled(-Halvings), bits);
        Ball sum = Ball.Of(BigInteger.One << bits, -bits), term = sum;
        for (int n = 1; !term.Middle.IsZero; n++)
        {
            term = Fixed(Ball.Divide(Ball.Multiply(term, small, int.MaxValue), n), bits);
            sum = new(sum.Middle + term.Middle, sum.Radius + term.Radius, -bits);
        }
        // The terms after a zero one sum to less than a unit: each is below 2^-8 of the one before.
        sum = sum with { Radius = sum.Radius + 2 };
        for (int i = 0; i < Halvings; i++) sum = Ball.Multiply(sum, sum, bits);
        return sum.Scaled(k).Trimmed(precision);
    }

    /// <summary>1/(1 + e^-x).</summary>
    public static Ball Sigmoid(in Ball x, int precision)
    {
        Ball one = Ball.Of(1);
        if (Magnitude(x) > Far) return x.Middle.Sign < 0 ? Ball.Of(1, -Beyond) : NearOne();
        return Ball.Divide(one, Ball.Add(one, Exp(x.Negated, precision + 8), precision + 8), precision);
    }

    /// <summary>tanh x = 1 - 2/(1 + e^2x).</summary>
    public static Ball Tanh(in Ball x, int precision) =>
        Ball.Subtract(Ball.Of(1), Sigmoid(x.Scaled(1).Negated, precision + 8).Scaled(1), precision);

    /// <summary>
    /// erf x = 2/√π · e^(-x²) · Σ 2^n·x^(2n+1)/(1·3·…·(2n+1)), terms all of one sign (Abramowitz and Stegun 7.1.6). From |x| = 16 on 1 -
    /// erf is below 2^-370, which no format of at most 32 bits shows.
    /// </summary>
    public static Ball Erf(in Ball x, int precision) =>
        Magnitude(x) > 4 && BigInteger.Abs(x.Middle) > x.Radius ? x.Middle.Sign < 0 ? NearOne().Negated : NearOne()
            : ErfSeries(x, precision);

    /// <summary>Φ(x) = (1 + erf(x/√2))/2, the normal distribution function; for x below -64 a number that is smaller than every format's
    /// smallest.</summary>
    public static Ball Normal(in Ball x, int precision)
    {
        int magnitude = Magnitude(x);
        if (x.Middle.Sign > 0 && magnitude > 5) return NearOne();
        if (magnitude > 6) return Ball.Of(1, -Beyond);
        Ball root = Ball.SquareRoot(Ball.Of(2), precision + 16);
        return Ball.Add(Ball.Of(1), ErfSeries(Ball.Divide(x, root, precision + 16), precision + 16), precision).Scaled(-1);
    }

    private static Ball ErfSeries(in Ball x, int precision)
    {
        int bits = precision + 48;
        Ball square = Ball.Multiply(x, x, bits), term = x, sum = x;
        int top = Math.Max(0, 2 * Magnitude(x));
        // Once 2x²/(2n+3) is at most a half the rest is at most the last term.
        for (int n = 1; (1 << top) * 4 > 2 * n + 1 || IsAbove(term, sum, bits); n++)
        {
            term = Ball.Divide(Ball.Multiply(term, square, bits).Scaled(1), Ball.Of(2 * n + 1), bits);
            sum = Ball.Add(sum, term, bits);
        }
        sum = Ball.Add(sum, new Ball(0, BigInteger.Abs(term.Middle) + term.Radius, term.Exponent), bits);
        Ball factor = Ball.Divide(Exp(square.Negated, bits), Ball.SquareRoot(Pi(bits), bits), bits).Scaled(1);
        return Ball.Multiply(sum, factor, precision);
    }

    /// <summary>Power of two above |x|: |x| &lt; 2^Magnitude.</summary>
    public static int Magnitude(in Ball x) => (int)(BigInteger.Abs(x.Middle) + x.Radius).GetBitLength() + x.Exponent;

    // A number below 1 by less than any format shows, and by more than nothing.
    private static Ball NearOne() => Ball.Of((BigInteger.One << Beyond) - 1, -Beyond);

    private static bool IsAbove(in Ball term, in Ball sum, int bits) => Magnitude(term) > Magnitude(sum) - bits;

    // Truncated to multiples of 2^-bits.
    private static Ball Fixed(in Ball x, int bits)
    {
        int drop = -bits - x.Exponent;
        return drop <= 0 ? new(x.Middle << -drop, x.Radius << -drop, -bits) : new(x.Middle >> drop, (x.Radius >> drop) + 2, -bits);
    }

    // atan(1/n) or artanh(1/n) as an integer series: each division loses less than a unit, there are fewer than bits of them.
    private static Ball InverseTangent(int n, int bits, bool hyperbolic)
    {
        int work = bits + 16;
        BigInteger power = (BigInteger.One << work) / n, sum = power;
        int terms = 1;
        for (int k = 3; !power.IsZero; k += 2, terms++)
        {
            power /= n * n;
            sum += hyperbolic || k % 4 == 1 ? power / k : -(power / k);
        }
        return new(sum, 4 * terms, -work);
    }
}
