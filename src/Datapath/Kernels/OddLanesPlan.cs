using Sim.Datapath.Formats;
using Sim.Datapath.Kernels.Lanes;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>
/// Double lanes for sums that, by their formats, two roundings could spoil: rounded to odd first, or without that, at five times the rate,
/// where the range of the operands at hand shows that nothing is spoilt (<see cref="RangeProof"/>).
/// </summary>
internal sealed class OddLanesPlan : FloatLanesPlan<double, OddRoundedReduction>
{
    private const int LaneBits = 53;

    private readonly RoundedSubnormalReduction<double> _onGrid;
    private readonly RoundedReduction<double> _normal;
    private readonly OperandRange _activation, _weight;
    private readonly FloatFormat _format;
    private readonly int _activationScale, _weightScale;
    private readonly bool _ranged;

    public OddLanesPlan(DatapathSpec spec, FloatFormat format, ReductionOrder order, double factor, double floor, int scale,
        int weightScale)
        : base(spec, format, order, new(factor, floor), scale, weightScale)
    {
        (_onGrid, _normal, _format) = (new(factor, floor, -0.0), new(factor), format);
        _activation = OperandRange.Of(spec.Activation)!.Value;
        _weight = OperandRange.Of(spec.Weight)!.Value;
        (_activationScale, _weightScale) = (scale - weightScale, weightScale);
        _ranged = order.Chunk == 0 && _activation.Width + _weight.Width <= LaneBits - format.Precision
            && Math.Min(_activation.Width, _weight.Width) > 0;
    }

    public override PanelBounds Bounds(Span<double> panel, int width, bool weights)
    {
        if (!_ranged) return default;
        PanelBounds bounds = RangeProof.Of<double>(panel);
        int scale = weights ? _weightScale : _activationScale;
        return bounds with { Largest = Math.ScaleB(bounds.Largest, -scale), Smallest = Math.ScaleB(bounds.Smallest, -scale),
            Scale = scale };
    }

    public override bool Sum(ReadOnlySpan<double> a, ReadOnlySpan<double> b, in PanelBounds activations, in PanelBounds weights, int rows,
        int columns,
        Span<long> results, ref GemmEvents events)
    {
        if (!_ranged || !RangeProof.HoldsBelow(activations, weights, _activation, _weight, _format.Precision, LaneBits))
            return base.Sum(a, b, activations, weights, rows, columns, results, ref events);
        return RangeProof.StaysNormal(activations, weights, _activation, _weight, _format)
            ? Sum(a, b, rows, columns, _normal, results)
            : Sum(a, b, rows, columns, _onGrid, results);
    }
}
