using Sim.Datapath.Specs;
using Sim.Verification.Datapaths.Sums;

namespace Sim.Verification.Datapaths;

/// <summary>What registers can hold, roundings included.</summary>
public static class SumBounds
{
    /// <summary>Bounds of every sum of up to <paramref name="terms"/> products from an interval; null when one may overflow, or nothing is
    /// known.</summary>
    public static Interval<Dyadic>? Of(DatapathSpec spec, Interval<Dyadic> product, long terms) =>
        SumStep.Of(spec, out _) is { } step && SumChain.Uniform(step, product, terms) is { Overflows: false } chain ? chain.Sums : null;
}
