using System.Text.Json.Nodes;
using Sim.Verification.Claims;
using Sim.Verification.Verdicts;
using Sim.Workloads.Integers;

namespace Sim.Verification.Provers;

/// <summary>
/// The exact extremes of every partial sum when relations bound sums of disjoint groups of inputs: one-hot, simplex, a budget. The largest
/// value of a group is that of its most valuable inputs, filled one after the other (a knapsack whose items have equal weight), in closed
/// form. Both ends are reached by inputs.
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
            if (groups.Box(k) is var box && box.Low < 0
                && box.High > 0) return "in any order, inputs of both signs make the largest sum no linear form";
        return null;
    }

    /// <inheritdoc/>
    public ProverBound Bound(ChannelClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        SumGroups groups = SumGroups.Of(claim, out string why) ?? throw new ArgumentException(why, nameof(claim));
        PartialSum[] sums = [.. PrefixExtremes.Each(claim)];
        var ends = new Witness[2, claim.Registers.Length];
        for (int r = 0; r < claim.Registers.Length; r++)
            foreach (bool highest in (ReadOnlySpan<bool>)[false, true])
                ends[highest ? 1 : 0, r] = Of(claim, groups, PartialSum.Descending(sums, r, highest), highest);
        int[] registers = [.. Enumerable.Range(0, claim.Registers.Length)];
        return new([.. registers.Select(r => new Interval(ends[0, r].Value, ends[1, r].Value))],
            [.. registers.Select(r => (Func<Witness>?)(() => ends[0, r]))], [.. registers.Select(r => (Func<Witness>?)(() => ends[1, r]))])
        {
            Evidence = [new SimplexEvidence()],
        };
    }

    private static Witness Of(ChannelClaim claim, SumGroups groups, PartialSum[] candidates, bool highest)
    {
        Witness? best = null;
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
            Witness reached = sum.Reach(claim, groups.Largest(values), highest);
            if (best is null || (highest ? reached.Value > best.Value : reached.Value < best.Value)) best = reached;
        }
        return best!;
    }
}

/// <summary>Relations bound sums of disjoint groups: the extremes follow from them in closed form, and a checker computes them
/// again.</summary>
public sealed record SimplexEvidence() : Evidence("simplex")
{
    /// <inheritdoc/>
    public override JsonObject ToJson(Func<string, string, (string Name, string Digest)> file) => [];
}
