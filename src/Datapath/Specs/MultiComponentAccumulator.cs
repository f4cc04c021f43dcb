using Sim.Datapath.Formats;
using Sim.Datapath.Structures;

namespace Sim.Datapath.Specs;

/// <summary>How the first components are added with their error.</summary>
public enum ErrorFreeSum : byte
{
    /// <summary>Dekker's three operations, right when the first addend is not the smaller one; the paper's choice.</summary>
    Fast2Sum,
    /// <summary>Knuth's six operations, whatever the magnitudes.</summary>
    TwoSum,
}

/// <summary>
/// A sum held as 2 or 3 components of one float format (Collage, Yu et al., ICML 2024, arXiv 2405.03637). A step grows the expansion by p =
/// R(a·b), every operation rounded to the format.
/// Two components: (u, v) = Sum(x1, p); (x1, x2) = Fast2Sum(u, R(x2 + v)). Three: (u, e) = Sum(x1, p); (v, e) = Sum(x2, e); w = R(x3 + e);
/// (s, l) = Fast2Sum(v, w); (x1, t) = Fast2Sum(u, s); (x2, x3) = Fast2Sum(t, l). The result is the exact sum of the components, rounded
/// once into Output.
/// </summary>
/// <param name="Format">Format of every component.</param>
/// <param name="Components">2 or 3.</param>
/// <param name="Sum">How an addend meets a component.</param>
/// <param name="SplitProduct">Whether the product's error R(a·b - p) is added in a second step.</param>
/// <param name="Output">Format of the result, and of what a sum starts from.</param>
/// <param name="Rounding">Rounding of every operation.</param>
/// <param name="Overflow">What a result beyond the largest finite becomes.</param>
public sealed record MultiComponentAccumulator(FloatFormat Format, int Components, ErrorFreeSum Sum, bool SplitProduct, FloatFormat Output,
    RoundingMode Rounding, OverflowPolicy Overflow)
    : AccumulatorSpec
{
    /// <summary>Most components.</summary>
    public const int MostComponents = 3;

    /// <inheritdoc/>
    public override INumberFormat? ResultFormat => Output;

    /// <inheritdoc/>
    public override int RegisterBits(ProductShape product) => Components * Format.Bits;

    /// <summary>Rounding of the product and the adders of a growth, one after the other; a split product has its error's fused step and
    /// grows twice.</summary>
    public override Structure Step(ProductShape product)
    {
        Structure rounder = FloatUnits.ProductRounder(product, Format.Shape, Rounding);
        return SplitProduct ? rounder + FloatUnits.FusedStep(product, Format.Shape, Rounding) + Growth + Growth : rounder + Growth;
    }

    /// <summary>One growth for each component of the other sum.</summary>
    public override Structure Combine(ProductShape product) => Repeated(Growth, Components);

    /// <summary>Adds the components and rounds once.</summary>
    public override Structure OutputConverter(ProductShape product) =>
        Repeated(FloatUnits.Adder(Format.Shape, Output.Shape, Rounding), Components - 1);

    /// <summary>null when it means something; else what is wrong with it.</summary>
    public string? Refuses()
    {
        if (Components is < 2 or > MostComponents) return $"a sum has 2 to {MostComponents} components, found {Components}";
        return Rounding == RoundingMode.Stochastic ? "stochastic rounding needs random bits, which an accumulator does not carry" : null;
    }

    // Of TwoSum's six additions two work side by side.
    private Structure Growth
    {
        get
        {
            Structure adder = FloatUnits.Adder(Format.Shape, Format.Shape, Rounding);
            var beside = new Structure([.. adder.Items.Select(i => i with { OnPath = false })]);
            Structure sum = Sum == ErrorFreeSum.Fast2Sum ? Repeated(adder, 3) : Repeated(adder, 5) + beside;
            return Repeated(sum, Components - 1) + adder + Repeated(adder, Components == 2 ? 3 : 9);
        }
    }

    private static Structure Repeated(Structure unit, int count) => Enumerable.Repeat(unit, count).Aggregate((left, right) => left + right);
}
