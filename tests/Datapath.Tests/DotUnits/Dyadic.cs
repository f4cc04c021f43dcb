using System.Numerics;

namespace Sim.Datapath.Tests.DotUnits;

/// <summary>An exact number integer·2^exponent: the oracles' arithmetic, which shares nothing with the library's.</summary>
internal readonly record struct Dyadic(BigInteger Integer, int Exponent)
{
    public static Dyadic Of(double value)
    {
        if (value == 0) return default;
        int exponent = Math.ILogB(value) - 52;
        return new((BigInteger)Math.ScaleB(value, -exponent), exponent);
    }

    public int Sign => Integer.Sign;

    public static Dyadic operator *(Dyadic a, Dyadic b) => new(a.Integer * b.Integer, a.Exponent + b.Exponent);

    public static Dyadic operator +(Dyadic a, Dyadic b)
    {
        int exponent = Math.Min(a.Exponent, b.Exponent);
        return new((a.Integer << a.Exponent - exponent) + (b.Integer << b.Exponent - exponent), exponent);
    }

    public static Dyadic operator -(Dyadic a, Dyadic b) => a + b with { Integer = -b.Integer };

    /// <summary>Whether |this| ≥ 2^power.</summary>
    public bool Reaches(int power) => Integer.Sign != 0 && BigInteger.Abs(Integer).GetBitLength() - 1 + Exponent >= power;

    /// <summary>Floor of the binary logarithm of the magnitude.</summary>
    public int Binade => (int)BigInteger.Abs(Integer).GetBitLength() - 1 + Exponent;

    /// <summary>The nearest multiple of 2^unit, ties to the even one; or, cutting, the next towards zero.</summary>
    public Dyadic Round(int unit, bool cut = false)
    {
        if (Exponent >= unit) return this;
        BigInteger divisor = BigInteger.One << unit - Exponent,
            magnitude = BigInteger.DivRem(BigInteger.Abs(Integer), divisor, out BigInteger rest);
        int half = (2 * rest).CompareTo(divisor);
        if (!cut && (half > 0 || half == 0 && !magnitude.IsEven)) magnitude++;
        return new(Integer.Sign * magnitude, unit);
    }

    /// <summary>As a float of that precision and smallest exponent, to nearest even.</summary>
    public Dyadic ToFloat(int precision, int minimumExponent) =>
        Sign == 0 ? default : Round(Math.Max(Binade, minimumExponent) - precision + 1);

    public double ToDouble() => Math.ScaleB((double)Integer, Exponent);
}
