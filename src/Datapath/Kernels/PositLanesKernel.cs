using System.Numerics;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels.Lanes;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>
/// Posit registers rounded to nearest even after every step: of at most 9 bits in binary32 lanes, of 16 in binary64 lanes; products exact
/// or rounded to the same posit first. Why W = 24 or 53 bits suffice, for a product p of w bits, a register of P, and S = acc + p, 2^e ≤
/// |S| &lt; 2^(e+1), inexact: an addend's last bit is below 2^(e-W+1). If it is p's, |p| &lt; 2^(w-W)·|S|, and S and its neighbours lie
/// nearer to acc than any tie, whose distance is 2^-(P+1) of it: acc is the result. If it is acc's, |acc| &lt; 2^(P+e-W+1) and p may be a
/// tie that acc decides: then p - s is exact, p - s + acc has the sign of what was lost, and a tie goes its way. A product that was rounded
/// to the posit is no tie and needs none of it. Overflow is a sum above the largest posit; a sum that ends on it may have been above it,
/// and is left to the fallback with its tile, as are Inf and NaN.
/// </summary>
/// <typeparam name="T">float (W = 24) or double (W = 53).</typeparam>
internal sealed class PositLanesKernel<T> : TiledKernel
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private static readonly bool IsSingle = typeof(T) == typeof(float);

    // Significand of the lane, and exponents that keep products and sums normal.
    private static readonly int LaneBits = IsSingle ? 24 : 53, Farthest = IsSingle ? 120 : 900;

    /// <inheritdoc/>
    public override string Name => IsSingle ? "fp32-posit-lanes" : "fp64-posit-lanes";

    /// <inheritdoc/>
    private protected override string? RefusesSteps(DatapathSpec spec, ReductionOrder order, int k)
    {
        if (spec.Accumulator is not FloatAccumulator
            { Format: PositFormat format } acc) return "needs a posit register, rounded every step";
        if (!(IsSingle ? PositLanes.Takes(format) : WidePositLanes.Takes(format))) return $"{format.Name} is too wide";
        if (acc.Rounding != RoundingMode.NearestEven) return $"rounds to nearest even only, not {acc.Rounding}";
        if (acc.Product is not null && !acc.Product.Equals(format)) return "products are rounded to another format";
        if (OperandRange.Of(spec.Activation) is not { } a
            || OperandRange.Of(spec.Weight) is not { } b) return "the range of the operands is not known";
        OperandRange product = a * b;
        if (Math.Min(product.Unit, Math.Min(a.Unit, b.Unit)) < -Farthest
            || Math.Max(product.Top, Math.Max(a.Top, b.Top)) > Farthest) return "products leave the lane's exponents";
        return product.Width + format.Precision > LaneBits - 5 ? $"products of {product.Width} bits may end beside a tie of {format.Name}"
            : null;
    }

    /// <inheritdoc/>
    public override PackedWeights Pack(DatapathSpec spec, ReductionOrder order, int n, int k, ReadOnlySpan<uint> codes,
        ReadOnlySpan<int> zeroPoints)
    {
        ReductionOrder canonical = order.Canonical(k);
        // The table of all steps behind takes seconds to make: only when a tile is given up.
        return new TiledWeights<T>(Name, Plan(spec, canonical.Chunk), null, spec, canonical, n, k, codes, zeroPoints,
            () => KernelCatalogue.SelectAfter(this, spec, canonical, k));
    }

    private static TilePlan<T> Plan(DatapathSpec spec, int chunk)
    {
        var acc = (FloatAccumulator)spec.Accumulator;
        var format = (PositFormat)acc.Format;
        int largest = format.MaximumExponent, unit = acc.Product is null ? OperandRange.Of(spec.Activation)!.Value.Unit
            + OperandRange.Of(spec.Weight)!.Value.Unit : 0;
        // Sums up to the largest posit are multiples of the smallest addend that fit the lane.
        bool exact = largest < Math.Min(unit, -largest) + LaneBits;
        object plan = (IsSingle, acc.Product is not null, exact) switch
        {
            (true, true, _) => new PositLanesPlan<float, PositLanes, Chosen, NotChosen>(spec, new(format), chunk, exact),
            (true, _, true) => new PositLanesPlan<float, PositLanes, NotChosen, NotChosen>(spec, new(format), chunk, exact),
            (true, _, _) => new PositLanesPlan<float, PositLanes, NotChosen, Chosen>(spec, new(format), chunk, exact),
            (_, true, _) => new WidePositPlan<Chosen, NotChosen>(spec, new(format), chunk, exact),
            (_, _, true) => new WidePositPlan<NotChosen, NotChosen>(spec, new(format), chunk, exact),
            _ => new WidePositPlan<NotChosen, Chosen>(spec, new(format), chunk, exact),
        };
        return (TilePlan<T>)plan;
    }
}
