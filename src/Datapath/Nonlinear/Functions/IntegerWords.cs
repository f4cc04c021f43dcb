using System.Globalization;
using System.Numerics;
using Sim.Datapath.Formats;

namespace Sim.Datapath.Nonlinear.Functions;

/// <summary>What integer-only functions share: input words, exact floors of real constants divided by scales, shifts.</summary>
internal static class IntegerWords
{
    /// <summary>Two's complement words of `bits`, default 8.</summary>
    public static FixedFormat Word(MethodOptions options, string key = "bits", int absent = 8, int least = 2, int most = 16) =>
        Signed(options.Integer(key, least, most, absent));

    /// <summary>intN.</summary>
    public static FixedFormat Signed(int bits) =>
        (FixedFormat)FormatCatalogue.Parse(string.Create(CultureInfo.InvariantCulture, $"int{bits}"));

    /// <summary>uintN.</summary>
    public static FixedFormat Unsigned(int bits) =>
        (FixedFormat)FormatCatalogue.Parse(string.Create(CultureInfo.InvariantCulture, $"uint{bits}"));

    /// <summary>A scale, as the exact rational that its binary64 holds: numerator and denominator.</summary>
    public static (BigInteger Over, BigInteger Under) Ratio(double scale)
    {
        Exact exact = Exact.FromDouble(scale);
        return exact.Exponent >= 0 ? ((BigInteger)exact.Significand << exact.Exponent, 1)
            : (exact.Significand, BigInteger.One << -exact.Exponent);
    }

    /// <summary>⌊a/b⌋ for a positive divisor.</summary>
    public static BigInteger Floor(BigInteger a, BigInteger b)
    {
        BigInteger quotient = BigInteger.DivRem(a, b, out BigInteger rest);
        return rest.Sign < 0 ? quotient - 1 : quotient;
    }

    /// <summary>a/b to the nearest integer, ties to even, for a positive divisor.</summary>
    public static BigInteger Nearest(BigInteger a, BigInteger b)
    {
        BigInteger quotient = Floor(a, b), twice = 2 * (a - quotient * b);
        return twice > b || twice == b && !quotient.IsEven ? quotient + 1 : quotient;
    }

    /// <summary>a·2^places, rounded down.</summary>
    public static BigInteger Shift(BigInteger a, int places) => places >= 0 ? a << places : a >> -places;

    /// <summary>Bits of a two's complement word that holds every integer from <paramref name="low"/> to <paramref name="high"/>.</summary>
    public static int Bits(BigInteger low, BigInteger high)
    {
        int bits = 2;
        while (low < -(BigInteger.One << bits - 1) || high >= BigInteger.One << bits - 1) bits++;
        return bits;
    }
}
