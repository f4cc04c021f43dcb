using System.Numerics;
using Sim.Datapath.Formats;
using Sim.Datapath.Structures;

namespace Sim.Datapath.Specs;

/// <summary>
/// The dot unit of CDNA3 matrix cores, which aligns twice. Products of a step are dealt to <paramref name="Groups"/> in turn; those of a
/// group are truncated toward zero at
/// <paramref name="Fraction"/> bits below the group's largest exponent and added exactly. The group sums are floored at as many bits below
/// the larger of their exponents and added. That sum and the register are floored at <paramref name="SumFraction"/> and
/// <paramref name="AddendFraction"/> bits below the larger of the sum's exponent and the register's, added, and rounded once into the
/// register. An exponent is that of the operands, not renormalised; a zero operand and a zero register count with the smallest normal one
/// of the register.
/// A finite product beyond the register's binades makes the step Inf, such products of both signs NaN.
/// Source: MMA-Sim (arXiv 2511.10909) and MATLAB-tensor-core (arXiv 2512.07004) agree on it but for zero operands, which the latter leaves
/// out.
/// </summary>
/// <param name="Lanes">Products of a step.</param>
/// <param name="Fraction">Fraction bits of products below their group's largest exponent, 1 to 96.</param>
/// <param name="Groups">1, or 2: even and odd products apart.</param>
/// <param name="SumFraction">Fraction bits of the sum of products beside the register.</param>
/// <param name="AddendFraction">Fraction bits of the register beside that sum.</param>
/// <param name="AddendReach">The register counts as 0 when its exponent lies more than this below the alignment; null: it is floored like
/// any other.</param>
public sealed record RealignedDotUnit(int Lanes, int Fraction, int Groups, int SumFraction, int AddendFraction, int? AddendReach = null)
    : DotUnitSpec(Lanes)
{
    /// <summary>Most groups.</summary>
    public const int MostGroups = 2;

    /// <inheritdoc/>
    public override string? Refuses(AccumulatorSpec accumulator)
    {
        foreach (int fraction in new[] { Fraction, SumFraction, AddendFraction })
            if (fraction is < 1 or > AlignedDotUnit.MaximumFraction) return $"alignment keeps 1 to {AlignedDotUnit.MaximumFraction} fraction bits, found {fraction}";
        if (Groups is < 1 or > MostGroups) return $"products go into 1 or {MostGroups} groups, found {Groups}";
        if (AddendReach is < 0 or > AlignedDotUnit.HighestExponent) return $"the reach of the addend is 0 to {AlignedDotUnit.HighestExponent}, found {AddendReach}";
        return base.Refuses(accumulator)
            ?? (accumulator is FloatAccumulator { Format: FloatFormat } ? null
            : "a dot unit that aligns twice needs a float register, not promoted");
    }

    /// <inheritdoc/>
    public override Structure Step(ProductShape product, FloatAccumulator register)
    {
        int exponent = Math.Max(product.ExponentBits, register.Format.Shape.ExponentBits) + 1,
            window = Math.Max(product.SignificandBits, Fraction + 2);
        int each = (Lanes + Groups - 1) / Groups, sumBits = window + 1 + BitOperations.Log2((uint)each);
        Structure unit = AlignedDotUnit.AlignedSum(exponent, each, 0, window, RoundingMode.ToZero).Times(Groups);
        if (Groups > 1) unit += AlignedDotUnit.AlignedSum(exponent, Groups, 0, sumBits, RoundingMode.Down);
        int wide = Math.Max(sumBits + Groups - 1 + Math.Max(0, SumFraction - Fraction), AddendFraction + 2);
        return unit + AlignedDotUnit.AlignedSum(exponent, 1, 1, wide, RoundingMode.Down)
            + FloatUnits.FromFixed(wide + 1, register.Format.Shape, register.Rounding);
    }
}
