using System.Numerics;

namespace Sim.Datapath.Nonlinear.Real;

/// <summary>
/// A real number known to lie within (Middle ± Radius)·2^Exponent. Every operation keeps that promise: what a shortened middle loses is
/// added to the radius. Precision is given a operation, in bits of the middle.
/// </summary>
public readonly record struct Ball(BigInteger Middle, BigInteger Radius, int Exponent)
{
    /// <summary>An integer, exactly.</summary>
    public static Ball Of(BigInteger value, int exponent = 0) => new(value, 0, exponent);

    /// <summary>A finite number, exactly.</summary>
    public static Ball Of(in Exact value) => new(value.Negative ? -(BigInteger)value.Significand : value.Significand, 0, value.Exponent);

    /// <summary>The number with the other sign.</summary>
    public Ball Negated => this with { Middle = -Middle };

    /// <summary>Smallest number in the ball, in units of 2^Exponent.</summary>
    public BigInteger Low => Middle - Radius;

    /// <summary>Largest number in the ball, in units of 2^Exponent.</summary>
    public BigInteger High => Middle + Radius;

    /// <summary>The number times 2^<paramref name="places"/>, exactly.</summary>
    public Ball Scaled(int places) => this with { Exponent = Exponent + places };

    /// <summary>The ball with a middle of at most <paramref name="precision"/> bits.</summary>
    public Ball Trimmed(int precision)
    {
        int drop = (int)BigInteger.Abs(Middle).GetBitLength() - precision;
        // Both shifts round down, so a unit of radius covers each.
        return drop <= 0 ? this : new(Middle >> drop, (Radius >> drop) + 2, Exponent + drop);
    }

    /// <summary>a + b.</summary>
    public static Ball Add(in Ball a, in Ball b, int precision)
    {
        int exponent = Math.Min(a.Exponent, b.Exponent);
        int up = a.Exponent - exponent, other = b.Exponent - exponent;
        return new Ball((a.Middle << up) + (b.Middle << other), (a.Radius << up) + (b.Radius << other), exponent).Trimmed(precision);
    }

    /// <summary>a - b.</summary>
    public static Ball Subtract(in Ball a, in Ball b, int precision) => Add(a, b.Negated, precision);

    /// <summary>a·b.</summary>
    public static Ball Multiply(in Ball a, in Ball b, int precision) => new Ball(a.Middle * b.Middle,
        BigInteger.Abs(a.Middle) * b.Radius + BigInteger.Abs(b.Middle) * a.Radius + a.Radius * b.Radius, a.Exponent + b.Exponent)
            .Trimmed(precision);

    /// <summary>a/b. Throws when the divisor's ball holds zero.</summary>
    public static Ball Divide(in Ball a, in Ball b, int precision)
    {
        BigInteger least = BigInteger.Abs(b.Middle) - b.Radius;
        if (least.Sign <= 0) throw new ArithmeticException("division by a number that may be zero");
        int up = Math.Max(0, precision + (int)b.Middle.GetBitLength() - (int)BigInteger.Abs(a.Middle).GetBitLength() + 2);
        // |a/b - A/B| ≤ (|A|·rb + |B|·ra) / (|B|·(|B| - rb)).
        BigInteger error = ((BigInteger.Abs(a.Middle) * b.Radius + BigInteger.Abs(b.Middle) * a.Radius) << up)
            / (BigInteger.Abs(b.Middle) * least);
        return new Ball((a.Middle << up) / b.Middle, error + 2, a.Exponent - b.Exponent - up).Trimmed(precision);
    }

    /// <summary>a/n for a positive integer.</summary>
    public static Ball Divide(in Ball a, int n) => new(a.Middle / n, a.Radius / n + 2, a.Exponent);

    /// <summary>The square root of a positive number.</summary>
    public static Ball SquareRoot(in Ball a, int precision)
    {
        if (a.Low.Sign <= 0) throw new ArithmeticException("square root of a number that may not be positive");
        int up = 2 * precision;
        if (((a.Exponent - up) & 1) != 0) up++;
        BigInteger low = IntegerRoot.Floor(a.Low << up), high = IntegerRoot.Floor(a.High << up) + 1;
        return new Ball(low + high >> 1, (high - low >> 1) + 1, (a.Exponent - up) / 2).Trimmed(precision);
    }
}
