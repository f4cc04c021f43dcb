using System.Numerics;

namespace Sim.Datapath.Arithmetic;

/// <summary>
/// A real number within <paramref name="Units"/> of 2^-<paramref name="Fraction"/>; what has no exact end is rounded outwards. Powers and
/// logarithms of two are irrational; every rounding of one is decided when both ends agree, and asked again with more bits when they do
/// not. No float takes part.
/// </summary>
internal readonly record struct Enclosure(Interval<BigInteger> Units, int Fraction)
{
    private const int FirstFraction = 320, LastFraction = 1 << 20;

    /// <summary>From <paramref name="low"/> to <paramref name="high"/> units.</summary>
    public Enclosure(BigInteger low, BigInteger high, int fraction) : this(new(low, high), fraction) { }

    /// <summary>The integer <paramref name="value"/>, exactly.</summary>
    public static Enclosure Of(BigInteger value, int fraction) => new(value << fraction, value << fraction, fraction);

    private BigInteger Low => Units.Low;

    private BigInteger High => Units.High;

    /// <summary>2^(<paramref name="numerator"/>/2^<paramref name="logDenominator"/>), exact when that is an integer.</summary>
    public static Enclosure Power(long numerator, int logDenominator, int fraction)
    {
        long whole = numerator >> logDenominator, part = numerator - (whole << logDenominator);
        Enclosure power = Of(1, fraction), root = Of(2, fraction);
        for (int i = 1; i <= logDenominator && part != 0; i++)
        {
            root = root.SquareRoot();
            long bit = 1L << logDenominator - i;
            if ((part & bit) == 0) continue;
            power *= root;
            part ^= bit;
        }
        return power.Scaled((int)whole);
    }

    /// <summary>The answer of the first precision that decides.</summary>
    public static T Decide<T>(Func<int, T?> attempt)
        where T : struct
    {
        for (int fraction = FirstFraction; fraction <= LastFraction; fraction *= 2)
            if (attempt(fraction) is T answer) return answer;
        throw new ArithmeticException("a rounding of a logarithm is undecided: an exact case was not recognised");
    }

    /// <summary>Product of two numbers that are not negative.</summary>
    public static Enclosure operator *(in Enclosure a, in Enclosure b) =>
        new(a.Low * b.Low >> a.Fraction, Up(a.High * b.High, a.Fraction), a.Fraction);

    /// <summary>Sum.</summary>
    public static Enclosure operator +(in Enclosure a, in Enclosure b) => new(a.Units + b.Units, a.Fraction);

    /// <summary>Difference.</summary>
    public static Enclosure operator -(in Enclosure a, in Enclosure b) => new(a.Units - b.Units, a.Fraction);

    /// <summary>The number times a rational factor in [0, 1].</summary>
    public Enclosure Times(BigInteger numerator, BigInteger denominator) =>
        new(FloorDivide(Low * numerator, denominator), -FloorDivide(-High * numerator, denominator), Fraction);

    /// <summary>The number times 2^<paramref name="exponent"/>.</summary>
    public Enclosure Scaled(int exponent) =>
        exponent >= 0 ? new(Low << exponent, High << exponent, Fraction) : new(Low >> -exponent, Up(High, -exponent), Fraction);

    /// <summary>floor(number · 2^<paramref name="digits"/>); null when undecided.</summary>
    public BigInteger? Floor(int digits)
    {
        BigInteger low = Scaled(digits - Fraction, Low), high = Scaled(digits - Fraction, High);
        return low == high ? low : null;
    }

    /// <summary>floor(log2(number) · 2^<paramref name="digits"/>) of a positive number, digit by digit: squaring doubles the logarithm;
    /// null when undecided.</summary>
    public BigInteger? FloorLogarithm(int digits)
    {
        if (Low.Sign <= 0 || Low.GetBitLength() != High.GetBitLength()) return null;
        int exponent = (int)Low.GetBitLength() - 1 - Fraction;
        BigInteger result = exponent;
        Enclosure x = Scaled(-exponent);
        BigInteger two = BigInteger.One << Fraction + 1;
        for (int i = 0; i < digits; i++)
        {
            x *= x;
            if (x.Low < two && x.High >= two) return null;
            bool one = x.Low >= two;
            result = (result << 1) + (one ? 1 : 0);
            if (one) x = x.Scaled(-1);
        }
        return result;
    }

    /// <summary>log2(number), enclosed to <paramref name="digits"/> bits; null when undecided.</summary>
    public Enclosure? Logarithm(int digits) =>
        FloorLogarithm(digits) is not { } floor ? null
        : IsPowerOfTwo ? new(floor << Fraction - digits, floor << Fraction - digits, Fraction)
        : new(floor << Fraction - digits, floor + 1 << Fraction - digits, Fraction);

    private bool IsPowerOfTwo => Low == High && Low.IsPowerOfTwo;

    private Enclosure SquareRoot() => new(FloorRoot(Low << Fraction), FloorRoot(High << Fraction) + 1, Fraction);

    // Newton's iteration from above falls until it reaches the floor.
    private static BigInteger FloorRoot(BigInteger square)
    {
        BigInteger root = BigInteger.One << (int)(square.GetBitLength() + 1) / 2;
        while (true)
        {
            BigInteger next = root + square / root >> 1;
            if (next >= root) return root;
            root = next;
        }
    }

    private static BigInteger Scaled(int exponent, BigInteger value) => exponent >= 0 ? value << exponent : value >> -exponent;

    private static BigInteger Up(BigInteger value, int drop) => -(-value >> drop);

    private static BigInteger FloorDivide(BigInteger a, BigInteger b)
    {
        BigInteger quotient = BigInteger.DivRem(a, b, out BigInteger remainder);
        return remainder.Sign < 0 ? quotient - 1 : quotient;
    }
}
