using System.Numerics;

namespace Sim.Checker;

/// <summary>Whole numbers from Low to High.</summary>
internal readonly record struct Range(BigInteger Low, BigInteger High)
{
    internal static Range Of(BigInteger value) => new(value, value);

    internal Range Hull(Range other) => new(BigInteger.Min(Low, other.Low), BigInteger.Max(High, other.High));

    internal Range Meet(Range other) => new(BigInteger.Max(Low, other.Low), BigInteger.Min(High, other.High));

    internal bool Holds(Range other) => Low <= other.Low && High >= other.High;

    internal Range Times(BigInteger factor) => factor.Sign >= 0 ? new(Low * factor, High * factor) : new(High * factor, Low * factor);

    /// <summary>What a product of two independent numbers can be.</summary>
    internal Range Products(Range other) => other.Times(Low).Hull(other.Times(High));

    public static Range operator +(Range a, Range b) => new(a.Low + b.Low, a.High + b.High);

    /// <summary>What a two's complement register holds.</summary>
    internal static Range Register(int bits) => new(-(BigInteger.One << (bits - 1)), (BigInteger.One << (bits - 1)) - 1);

    /// <summary>The least width that holds all of it.</summary>
    internal int Width
    {
        get
        {
            int bits = 1;
            while (!Register(bits).Holds(this)) bits++;
            return bits;
        }
    }

    public override string ToString() => $"[{Low}, {High}]";
}
