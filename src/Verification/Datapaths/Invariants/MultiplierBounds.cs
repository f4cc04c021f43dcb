using System.Numerics;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;

namespace Sim.Verification.Datapaths.Invariants;

/// <summary>Relative errors that approximate multipliers stay within, derived by hand, for operands and products away from the ends of the
/// format.</summary>
public static class MultiplierBounds
{
    /// <summary>The interval and how it follows; null when no formula is known.</summary>
    public static (Ratio Low, Ratio High, string Why)? Of(MultiplierSpec multiplier, INumberFormat format) => multiplier switch
    {
        // Fractions f, g. f+g < 1: -fg/((1+f)(1+g)). f+g >= 1: -(1-f)(1-g)/((1+f)(1+g)). Both are least at f = g = 1/2: -1/9.
        MitchellMultiplier => (new(-1, 9), new(0, 1), "-1/9 at fractions 1/2, 0 where one fraction is 0"),
        PiecewiseAffineMultiplier { Offset: 0 } =>
            (new(-1, 9), new(0, 1), "Mitchell's product: -1/9 at fractions 1/2, 0 where one fraction is 0"),
        LMulMultiplier lmul when format is FloatFormat f => Adder(lmul.OffsetFor(f.FractionBits)),
        _ => null,
    };

    // With d = 2^-l and c = f+g: below the carry (1+c+d)/((1+f)(1+g)), falling in c; beyond it 2(c+d)/((1+f)(1+g)), rising. For a given c
    // the denominator is greatest at f = g, so the least error is at f = g = (1-d)/2: 8/(3-d)^2 - 1. The greatest is d, at f = g = 0 (a
    // second carry, from c+d = 2 on, reaches d at most at c = 2).
    private static (Ratio, Ratio, string) Adder(int l)
    {
        BigInteger one = BigInteger.One << l, three = 3 * one - 1;
        return (new(8 * one * one - three * three, three * three), new(1, one),
            $"8/(3 - d)^2 - 1 at fractions (1 - d)/2, d = 2^-{l} at fractions 0");
    }

    /// <summary>The printed formula (1 + f + g + 2^-l)·2^(e+h), whose significand may pass 2: (d - fg)/((1+f)(1+g)) falls in both
    /// fractions, so it lies between its corners.</summary>
    public static (Ratio Low, Ratio High) Printed(LMulMultiplier lmul, FloatFormat format)
    {
        int l = lmul.OffsetFor(format.FractionBits), m = format.FractionBits;
        Dyadic last = Dyadic.Power(0) - Dyadic.Power(-m), d = Dyadic.Power(-l), top = Dyadic.Power(0) + last;
        return (Ratio.Of(d - last * last, top * top), new(1, BigInteger.One << l));
    }
}
