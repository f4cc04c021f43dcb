using System.Numerics;
using Sim.Datapath.Formats;
using Sim.Datapath.Structures;

namespace Sim.Datapath.Specs;

/// <summary>
/// Products alone are aligned and added as in an <see cref="AlignedDotUnit"/>, the register staying outside; the sum is rounded into
/// <paramref name="Sum"/>, and added to the register by an ordinary float adder with the register's rounding: the FP8 path of Blackwell's
/// mma instructions.
/// </summary>
/// <param name="Lanes">Products of a step.</param>
/// <param name="Fraction">Fraction bits kept below the largest exponent, 1 to 96; null keeps everything.</param>
/// <param name="Sum">Format of the sum of products.</param>
/// <param name="SumRounding">How that sum is rounded.</param>
/// <param name="Alignment">How products are shortened.</param>
/// <param name="LeastExponent">As <see cref="AlignedDotUnit.LeastExponent"/>.</param>
public sealed record AlignedSumDotUnit(int Lanes, int? Fraction, INumberFormat Sum, RoundingMode SumRounding,
    RoundingMode Alignment = RoundingMode.ToZero,
    int? LeastExponent = null) : DotUnitSpec(Lanes)
{
    /// <inheritdoc/>
    public override string? Refuses(AccumulatorSpec accumulator) => AlignedDotUnit.RefusesAlignment(Fraction, Alignment, LeastExponent)
        ?? (SumRounding == RoundingMode.Stochastic ? "stochastic rounding needs random bits, which a dot unit does not carry"
            : base.Refuses(accumulator));

    /// <inheritdoc/>
    public override Structure Step(ProductShape product, FloatAccumulator register)
    {
        int window = Fraction is { } kept ? Math.Max(product.SignificandBits, kept + 2) : product.WindowBits + 2, bits = window + 1
            + BitOperations.Log2((uint)Lanes);
        return AlignedDotUnit.AlignedSum(product.ExponentBits + 1, Lanes, 0, window, Alignment)
            + FloatUnits.FromFixed(bits, Sum.Shape, SumRounding)
            + FloatUnits.Adder(Sum.Shape, register.Format.Shape, register.Rounding);
    }
}
