using System.Runtime.CompilerServices;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels.Lanes;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>
/// Float lanes into an accumulator whose subnormal grid some products are finer than (e5m2 → fp16), without chunks. A sum on that grid plus
/// a product on it lies on it too and needs no rounding to it, and every step ends on it; so only the steps that can have a finer product,
/// by the floors of their operands, are rounded to the grid as well. A tile with many of those is summed on the grid throughout.
/// </summary>
internal sealed class GridLanesPlan : FloatLanesPlan<float, RoundedSubnormalReduction<float>>
{
    private readonly RoundedReduction<float> _coarse;
    private readonly RoundedSubnormalReduction<float> _fine;
    private readonly float _threshold, _activationLeast, _weightLeast;

    /// <param name="spec">The datapath.</param>
    /// <param name="format">The accumulator.</param>
    /// <param name="order">Reduction order, without chunks.</param>
    /// <param name="factor">2^(24-p).</param>
    /// <param name="unit">Exponent of the accumulator's smallest subnormal.</param>
    /// <param name="scale">Exponent of the power of two by which sums are multiplied; 2^(unit+scale) is a float.</param>
    /// <param name="weightScale">The part of it by which weights are multiplied.</param>
    public GridLanesPlan(DatapathSpec spec, FloatFormat format, ReductionOrder order, float factor, int unit, int scale, int weightScale)
        : base(spec, format, order, new(factor, Floor(unit, scale), -0f), scale, weightScale)
    {
        (_coarse, _fine) = (new(factor), new(factor, Floor(unit, scale), -0f));
        OperandRange a = OperandRange.Of(spec.Activation)!.Value, b = OperandRange.Of(spec.Weight)!.Value;
        _threshold = MathF.ScaleB(1, unit + scale + a.Width - 1 + b.Width - 1);
        _activationLeast = MathF.ScaleB(1, a.Unit + a.Width - 1 + scale - weightScale);
        _weightLeast = MathF.ScaleB(1, b.Unit + b.Width - 1 + weightScale);
    }

    public override PanelBounds Bounds(Span<float> panel, int width, bool weights) =>
        new(0, 0, 0, Floors: StepFloors.Of(panel, width, weights ? _weightLeast : _activationLeast));

    [SkipLocalsInit]
    public override bool Sum(ReadOnlySpan<float> a, ReadOnlySpan<float> b, in PanelBounds activations, in PanelBounds weights, int rows,
        int columns,
        Span<long> results, ref GemmEvents events)
    {
        Span<float> total = stackalloc float[LaneTile.Rows * 32];
        return StepFloors.Sum(a, b, activations.Floors!, weights.Floors!, _threshold, _coarse, _fine, total)
            ? Finish(total, rows, columns, results)
            : base.Sum(a, b, activations, weights, rows, columns, results, ref events);
    }

    // Half way into the binade whose unit is the smallest subnormal.
    private static float Floor(int unit, int scale) => MathF.ScaleB(1.5f, unit + scale + 23);
}
