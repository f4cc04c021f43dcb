using System.Numerics;

namespace Sim.Datapath.Tests.Nonlinear;

/// <summary>Exact rational arithmetic of the oracles, and real functions by plain Maclaurin series to 2^-700: nothing here is shared with
/// the product.</summary>
internal readonly record struct Fraction : IComparable<Fraction>
{
    private const int Bits = 900;

    public Fraction(BigInteger over, BigInteger under)
    {
        if (under.Sign < 0) (over, under) = (-over, -under);
        BigInteger common = BigInteger.GreatestCommonDivisor(over, under);
        (Over, Under) = (over / common, under / common);
    }

    public BigInteger Over { get; }

    public BigInteger Under { get; }

    public static Fraction Of(double value)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        int field = (int)(bits >> 52) & 0x7FF;
        long fraction = bits & 0xF_FFFF_FFFF_FFFF;
        BigInteger significand = field == 0 ? fraction : fraction | 1L << 52;
        return Power(field == 0 ? -1074 : field - 1075) * new Fraction(bits < 0 ? -significand : significand, 1);
    }

    public static Fraction Power(int exponent) => exponent >= 0 ? new(BigInteger.One << exponent, 1) : new(1, BigInteger.One << -exponent);

    public static implicit operator Fraction(int value) => new(value, 1);

    public static implicit operator Fraction(BigInteger value) => new(value, 1);

    public static Fraction operator +(Fraction a, Fraction b) => new(a.Over * b.Under + b.Over * a.Under, a.Under * b.Under);

    public static Fraction operator -(Fraction a) => new(-a.Over, a.Under);

    public static Fraction operator -(Fraction a, Fraction b) => a + -b;

    public static Fraction operator *(Fraction a, Fraction b) => new(a.Over * b.Over, a.Under * b.Under);

    public static Fraction operator /(Fraction a, Fraction b) => new(a.Over * b.Under, a.Under * b.Over);

    public static bool operator <(Fraction a, Fraction b) => a.CompareTo(b) < 0;

    public static bool operator >(Fraction a, Fraction b) => a.CompareTo(b) > 0;

    public static bool operator <=(Fraction a, Fraction b) => a.CompareTo(b) <= 0;

    public static bool operator >=(Fraction a, Fraction b) => a.CompareTo(b) >= 0;

    public int CompareTo(Fraction other) => (Over * other.Under).CompareTo(other.Over * Under);

    public Fraction Absolute => Over.Sign < 0 ? -this : this;

    public BigInteger Floor => Over.Sign >= 0 ? Over / Under : -((-Over + Under - 1) / Under);

    public BigInteger NearestEven
    {
        get
        {
            BigInteger down = Floor;
            int side = (this - down).CompareTo(new Fraction(1, 2));
            return side > 0 || side == 0 && !down.IsEven ? down + 1 : down;
        }
    }

    public double ToDouble()
    {
        if (Over.IsZero) return 0;
        int shift = 64 + (int)(Under.GetBitLength() - BigInteger.Abs(Over).GetBitLength());
        return Math.ScaleB((double)(shift >= 0 ? (Over << shift) / Under : Over / (Under << -shift)), -shift);
    }

    // Σ x^k/k! in steps of 2^-900 of an argument below 120: the largest term is below 2^175.
    public static Fraction Exp(Fraction x)
    {
        if (x < 0) return 1 / Exp(-x);
        BigInteger argument = (x.Over << Bits) / x.Under, term = BigInteger.One << Bits, sum = term;
        for (int k = 1; !term.IsZero; k++) sum += term = (term * argument >> Bits) / k;
        return new(sum, BigInteger.One << Bits);
    }

    // 2/√π · Σ (-1)^k·x^(2k+1)/(k!·(2k+1)).
    public static Fraction Erf(Fraction x)
    {
        BigInteger argument = (x.Over << Bits) / x.Under, square = argument * argument >> Bits, power = argument, sum = argument;
        for (int k = 1; BigInteger.Abs(power) > 1; k++)
        {
            power = -(power * square >> Bits) / k;
            sum += power / (2 * k + 1);
        }
        return new Fraction(sum, BigInteger.One << Bits) * 2 / RootPi;
    }

    public static Fraction Root(Fraction x)
    {
        BigInteger n = (x.Over << 2 * Bits) / x.Under, low = 0, high = BigInteger.One << (int)(n.GetBitLength() / 2 + 1);
        while (high - low > 1)
        {
            BigInteger middle = low + high >> 1;
            if (middle * middle <= n) low = middle;
            else high = middle;
        }
        return new(low, BigInteger.One << Bits);
    }

    // Euler: π = 20·atan(1/7) + 8·atan(3/79).
    public static Fraction Pi { get; } = 20 * Arctangent(new(1, 7)) + 8 * Arctangent(new(3, 79));

    public static Fraction RootPi { get; } = Root(Pi);

    public static Fraction RootTwo { get; } = Root(2);

    // ln 2 from its defining property: the root of Exp(x) = 2, by Newton.
    public static Fraction Ln2 { get; } = FindLn2();

    private static Fraction FindLn2()
    {
        Fraction x = Of(Math.Log(2));
        for (int i = 0; i < 6; i++)
        {
            x = x - 1 + 2 / Exp(x);
            x = new((x.Over << Bits) / x.Under, BigInteger.One << Bits);
        }
        return x;
    }

    private static Fraction Arctangent(Fraction x)
    {
        BigInteger argument = (x.Over << Bits) / x.Under, square = argument * argument >> Bits, power = argument, sum = argument;
        for (int k = 1; !power.IsZero && power != -1; k++)
        {
            power = -(power * square >> Bits);
            sum += power / (2 * k + 1);
        }
        return new(sum, BigInteger.One << Bits);
    }
}
