using Sim.Datapath.Structures;

namespace Sim.Datapath.Nonlinear;

/// <summary>
/// A scale as a dyadic number b/2^c (HAWQ-V3, arXiv 2011.10680): a register is requantized by one integer multiplication and one shift. The
/// multiplier holds
/// <see cref="Bits"/> bits: scale = m·2^e with m in [1/2, 1), b = m·2^Bits to the nearest integer, ties up, c = Bits - e.
/// </summary>
public readonly record struct DyadicScale(long Multiplier, int Shift, int Bits)
{
    /// <summary>Most bits of the multiplier.</summary>
    public const int MaximumBits = 31;

    /// <summary>The dyadic number nearest to a positive scale, with <paramref name="bits"/> from 2 to 31.</summary>
    public static DyadicScale Of(double scale, int bits = MaximumBits)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bits, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bits, MaximumBits);
        if (!double.IsFinite(scale) || scale <= 0) throw new ArgumentOutOfRangeException(nameof(scale), scale,
            "a scale is finite and above 0");
        Exact exact = Exact.FromDouble(scale);
        int exponent = exact.LeadingExponent + 1;
        var multiplier = (long)Rounder.Shorten(exact.Significand, exponent - bits - exact.Exponent, false,
            new Rounding(RoundingMode.NearestAway), out _);
        return new(multiplier, bits - exponent, bits);
    }

    /// <summary>register·b/2^c, rounded to the nearest integer, ties to even; a shift to the left when c is negative. What leaves 126 bits
    /// becomes the end of its sign.</summary>
    public Int128 Apply(long register)
    {
        Int128 product = (Int128)register * Multiplier;
        bool negative = product < 0;
        var magnitude = (UInt128)(negative ? -product : product);
        if (Shift < 0 && magnitude != 0 && -Shift > (int)UInt128.LeadingZeroCount(magnitude) - 2) return negative ? Int128.MinValue + 1
            : Int128.MaxValue;
        var result = (Int128)Rounder.Shorten(magnitude, Shift, negative, Rounding.NearestEven, out _);
        return negative ? -result : result;
    }

    /// <summary>Multiplier, shifter and rounding increment behind a register of <paramref name="registerBits"/>.</summary>
    public static Structure Hardware(int registerBits, int bits, int outputBits) => Structure.Empty
        .With("dyadic multiplier", PrimitiveKind.Multiplier, registerBits, bits, onPath: true)
        .With("dyadic shift", PrimitiveKind.RightShifter, registerBits + bits, onPath: true)
        .With("rounding increment", PrimitiveKind.Incrementer, outputBits + 1, onPath: true)
        .With("saturation comparison", PrimitiveKind.Comparator, registerBits, count: 2)
        .With("saturation selection", PrimitiveKind.Mux, outputBits);
}
