using System.Numerics;

namespace Sim.Datapath.Tests.Nonlinear;

/// <summary>IEEE floats of the oracles: codes to exact rationals and back by nearest, ties to even. Results beyond the largest finite are
/// not asked for.</summary>
internal sealed record SmallFloat(string Name, int ExponentBits, int FractionBits)
{
    public static SmallFloat Half { get; } = new("fp16", 5, 10);

    public static SmallFloat Bfloat { get; } = new("bf16", 8, 7);

    public static SmallFloat Single { get; } = new("fp32", 8, 23);

    private int Bias => (1 << ExponentBits - 1) - 1;

    public uint Sign => 1u << ExponentBits + FractionBits;

    public uint Infinity => Sign - (1u << FractionBits);

    public bool IsFinite(uint code) => (code & Sign - 1) < Infinity;

    public Fraction Value(uint code)
    {
        uint magnitude = code & Sign - 1;
        int field = (int)(magnitude >> FractionBits);
        uint fraction = magnitude & (1u << FractionBits) - 1;
        Fraction value = Fraction.Power(Math.Max(field, 1) - Bias - FractionBits)
            * new Fraction(field == 0 ? fraction : fraction | 1u << FractionBits, 1);
        return (code & Sign) != 0 ? -value : value;
    }

    // The sign of a zero result is the caller's affair.
    public uint Code(Fraction value)
    {
        Fraction magnitude = value.Absolute;
        if (magnitude.Over.IsZero) return 0;
        int exponent = (int)(magnitude.Over.GetBitLength() - magnitude.Under.GetBitLength());
        while (Fraction.Power(exponent) > magnitude) exponent--;
        while (Fraction.Power(exponent + 1) <= magnitude) exponent++;
        int unit = Math.Max(exponent, 1 - Bias) - FractionBits;
        BigInteger steps = (magnitude * Fraction.Power(-unit)).NearestEven;
        var code = (uint)(((BigInteger)(unit + FractionBits + Bias - 1) << FractionBits) + steps);
        code = Math.Min(code, Infinity);
        return value.Over.Sign < 0 ? code | Sign : code;
    }

    public Fraction Round(Fraction value)
    {
        uint code = Code(value);
        Assert.That(IsFinite(code), $"{Name} overflowed in an oracle");
        return Value(code);
    }
}
