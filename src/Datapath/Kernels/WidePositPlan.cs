using System.Runtime.Intrinsics;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels.Lanes;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>
/// Tiles of posits of up to 16 bits. Sums and registers are multiples of the smallest unit 2^u of the products at hand, so the lane holds
/// them exactly below 2^(53+u): there the short step of <see cref="PositReduction{TSeparate}"/> does. Columns whose sums leave what it
/// takes are summed again.
/// </summary>
internal sealed class WidePositPlan<TSeparate, TLossy>(DatapathSpec spec, WidePositLanes lanes, int chunk, bool exact)
    : PositLanesPlan<double, WidePositLanes, TSeparate, TLossy>(spec, lanes, chunk, exact)
    where TSeparate : struct, IChoice
    where TLossy : struct, IChoice
{
    private const int LaneBits = 53;

    private readonly PositFormat _format = (PositFormat)((FloatAccumulator)spec.Accumulator).Format;
    private readonly int _chunk = chunk;

    public override PanelBounds Bounds(Span<double> panel, int width, bool weights) => GridBounds.Of(panel);

    public override bool Sum(ReadOnlySpan<double> a, ReadOnlySpan<double> b, in PanelBounds activations, in PanelBounds weights, int rows,
        int columns,
        Span<long> results, ref GemmEvents events)
    {
        double top = activations.Largest * weights.Largest;
        if (!PositReduction<TSeparate>.IsFast || !(top > 0 && double.IsFinite(top))) return base.Sum(a, b, activations, weights, rows,
            columns, results, ref events);
        // Activations are doubled.
        int unit = Math.ILogB(activations.Smallest) + Math.ILogB(weights.Smallest) - 1, above = unit + LaneBits;
        if (Math.ILogB(top) >= above || !PositReduction<TSeparate>.Takes(_format, unit, Math.ILogB(top))) return base.Sum(a, b,
            activations, weights, rows, columns, results, ref events);
        Span<double> total = stackalloc double[LaneTile.Rows * Lanes], largest = stackalloc double[total.Length];
        // Nothing that the short step takes overflows.
        largest.Clear();
        Chunks.Sum(a, b, _chunk, new PositReduction<TSeparate>(_format, above), total);
        for (int lane = 0; lane < Lanes; lane += Vector512<double>.Count)
            if (HasNaN(total[lane..])) Chain(a, b, lane, total, largest);
        return Encode(total, largest, rows, columns, results, ref events);
    }

    private static bool HasNaN(ReadOnlySpan<double> sums)
    {
        Vector512<double> all = Vector512<double>.Zero;
        for (int i = 0; i < sums.Length; i += Lanes) all += Vector512.Create(sums[i..]);
        return !Vector512.EqualsAll(all, all);
    }
}
