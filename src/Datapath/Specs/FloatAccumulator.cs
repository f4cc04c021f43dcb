using Sim.Datapath.Formats;
using Sim.Datapath.Structures;

namespace Sim.Datapath.Specs;

/// <summary>
/// Float register (any FloatFormat up to fp32), rounded after every step. Product = null: fused, acc ← round(acc + a·b).
/// Else separate: acc ← round(acc + round_Product(a·b)).
/// </summary>
public sealed record FloatAccumulator(INumberFormat Format, RoundingMode Rounding, OverflowPolicy Overflow, INumberFormat? Product = null)
    : AccumulatorSpec
{
    /// <inheritdoc/>
    public override int RegisterBits(ProductShape product) => Format.Bits;

    /// <summary>Fused: one aligner, adder, normaliser and rounder over both. Separate: the product is rounded first, then added by a float
    /// adder.</summary>
    public override Structure Step(ProductShape product) => Product is { } rounded
        ? FloatUnits.ProductRounder(product, rounded.Shape, Rounding) + FloatUnits.Adder(rounded.Shape, Format.Shape, Rounding)
        : FloatUnits.FusedStep(product, Format.Shape, Rounding);

    /// <inheritdoc/>
    public override Structure Combine(ProductShape product) => FloatUnits.Adder(Format.Shape, Format.Shape, Rounding);
}
