using System.Collections.Immutable;
using Sim.Verification.Claims;
using Sim.Verification.Verdicts;
using Sim.Workloads.Integers;

namespace Sim.Verification.Provers;

/// <summary>
/// The exact extremes of every partial sum when relations bound sums of disjoint groups of inputs: one-hot, simplex, a budget. The largest value of a group is that of
/// its most valuable inputs, filled one after the other (a knapsack whose items have equal weight), in closed form. Proved by a multiplier a relation, reached by inputs.
/// </summary>
public sealed class SimplexBound : IProver
{
    /// <inheritdoc/>
    public string Name => "simplex";

    /// <inheritdoc/>
    public string? Refuses(ChannelClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        if (claim.Relations.IsEmpty) return "the inputs are independent: their extremes are exact";
        if (claim.Layer.Weights.Length == 0) return "the weights are not constant, so the sums are not linear";
        if (claim.Layer.InputStep != 1) return "the inputs are not all integers of their box";
        if (SumGroups.Of(claim, out string why) is not { } groups) return why;
        if (groups.IsEmpty) return "no input fulfils all relations, so that every claim about them is void";
        if (!claim.Order.EverySubset) return null;
        for (int k = 0; k < claim.K; k++)
            if (groups.Box(k) is var box && box.Low < 0 && box.High > 0) return "in any order, inputs of both signs make the largest sum no linear form";
        return null;
    }

    /// <inheritdoc/>
    public ProverBound Bound(ChannelClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        SumGroups groups = SumGroups.Of(claim, out string why) ?? throw new ArgumentException(why, nameof(claim));
        PartialSum[] sums = [.. PrefixExtremes.Each(claim)];
        var ends = new Extreme[2, claim.Registers.Length];
        for (int r = 0; r < claim.Registers.Length; r++)
            foreach (bool highest in (ReadOnlySpan<bool>)[false, true])
                ends[highest ? 1 : 0, r] = Of(claim, groups, PartialSum.Descending(sums, r, highest), highest);
        int[] registers = [.. Enumerable.Range(0, claim.Registers.Length)];
        ImmutableArray<DualBound> bounds = [.. registers.SelectMany(r => (DualBound[])[ends[0, r].Bound(r, false), ends[1, r].Bound(r, true)])];
        return new([.. registers.Select(r => new Interval(ends[0, r].Witness.Value, ends[1, r].Witness.Value))],
            [.. registers.Select(r => (Func<Witness>?)(() => ends[0, r].Witness))], [.. registers.Select(r => (Func<Witness>?)(() => ends[1, r].Witness))])
        {
            Evidence = [new DualEvidence(ends[1, 0].Witness.Inputs, bounds)],
        };
    }

    private static Extreme Of(ChannelClaim claim, SumGroups groups, PartialSum[] candidates, bool highest)
    {
        Witness? best = null;
        var duals = new List<(PartialSum Sum, DualSum Dual)>();
        var values = new long[claim.K];
        foreach (PartialSum sum in candidates)
        {
            if (best is not null && (highest ? sum.Range.High <= best.Value : sum.Range.Low >= best.Value)) break;
            Array.Clear(values);
            for (int k = sum.Node.From; k < sum.Node.Until; k++)
            {
                int w = claim.Weights[k];
                if (!sum.IsSubset || (w > 0 == groups.Box(k).Low >= 0) == highest) values[k] = highest ? w : -(long)w;
            }
            (long[] inputs, ImmutableArray<System.Numerics.BigInteger> multipliers) = groups.Largest(values);
            duals.Add((sum, new DualSum(sum.Node, multipliers)));
            Witness reached = sum.Reach(claim, inputs, highest);
            if (best is null || (highest ? reached.Value > best.Value : reached.Value < best.Value)) best = reached;
        }
        return new(best!, duals);
    }

    // The extreme, and the multipliers of all sums whose intervals exceed it.
    private sealed record Extreme(Witness Witness, List<(PartialSum Sum, DualSum Dual)> Sums)
    {
        internal DualBound Bound(int register, bool highest) => new(register, highest, Witness.Value,
            [.. Sums.Where(s => highest ? s.Sum.Range.High > Witness.Value : s.Sum.Range.Low < Witness.Value).Select(s => s.Dual)]);
    }
}
