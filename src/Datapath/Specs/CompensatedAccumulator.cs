using Sim.Datapath.Formats;
using Sim.Datapath.Structures;

namespace Sim.Datapath.Specs;

/// <summary>
/// Kahan's compensated sum: beside the sum s a register c holds what the last addition lost. One step, every line rounded once:
/// y = a·b - c; t = s + y; c = (t - s) - y, the difference rounded first; s = t. The result is s.
/// Source: Kahan, CACM 8(1), 1965; Higham, Accuracy and Stability of Numerical Algorithms, §4.3.
/// </summary>
/// <param name="Format">Format of both registers.</param>
/// <param name="Rounding">Rounding of every operation.</param>
/// <param name="Overflow">What a result beyond the largest finite becomes.</param>
public sealed record CompensatedAccumulator(FloatFormat Format, RoundingMode Rounding, OverflowPolicy Overflow) : AccumulatorSpec
{
    /// <inheritdoc/>
    public override INumberFormat? ResultFormat => Format;

    /// <inheritdoc/>
    public override int RegisterBits(ProductShape product) => 2 * Format.Bits;

    /// <summary>A fused step and three adders, one after the other.</summary>
    public override Structure Step(ProductShape product)
    {
        Structure adder = FloatUnits.Adder(Format.Shape, Format.Shape, Rounding);
        return FloatUnits.FusedStep(product, Format.Shape, Rounding) + adder + adder + adder;
    }

    /// <summary>The same without a product.</summary>
    public override Structure Combine(ProductShape product)
    {
        Structure adder = FloatUnits.Adder(Format.Shape, Format.Shape, Rounding);
        return adder + adder + adder + adder;
    }
}
