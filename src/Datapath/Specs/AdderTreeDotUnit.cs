using Sim.Datapath.Formats;
using Sim.Datapath.Structures;

namespace Sim.Datapath.Specs;

/// <summary>
/// A dot unit of ordinary float adders: every product is rounded into <paramref name="Format"/>; a tree adds neighbours pairwise, level by
/// level, an odd one passing on to the next level; a chain adds from the first product on. Every addition is rounded into Format, and what
/// comes out is added to the register in one step of its own.
/// </summary>
/// <param name="Lanes">Products of a step.</param>
/// <param name="Format">Format of products and partial sums.</param>
/// <param name="Rounding">Rounding of products and partial sums.</param>
/// <param name="IsChain">A chain in place of a tree.</param>
public sealed record AdderTreeDotUnit(int Lanes, INumberFormat Format, RoundingMode Rounding, bool IsChain = false) : DotUnitSpec(Lanes)
{
    /// <inheritdoc/>
    public override string? Refuses(AccumulatorSpec accumulator) =>
        Rounding == RoundingMode.Stochastic ? "stochastic rounding needs random bits, which a dot unit does not carry"
            : base.Refuses(accumulator);

    /// <inheritdoc/>
    public override Structure Step(ProductShape product, FloatAccumulator register)
    {
        Structure adder = FloatUnits.Adder(Format.Shape, Format.Shape, Rounding),
            unit = FloatUnits.ProductRounder(product, Format.Shape, Rounding).Times(Lanes);
        // Adders of a level work side by side; every level lies on the path.
        if (IsChain) for (int i = 1; i < Lanes; i++) unit += adder;
        else for (int left = Lanes; left > 1; left = (left + 1) / 2) unit += adder.Times(left / 2);
        return unit + FloatUnits.Adder(Format.Shape, register.Format.Shape, register.Rounding);
    }
}
