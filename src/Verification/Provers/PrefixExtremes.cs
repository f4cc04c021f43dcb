using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Sim.Verification.Claims;
using Sim.Verification.Verdicts;
using Sim.Workloads.Integers;

namespace Sim.Verification.Provers;

/// <summary>
/// The exact extremes of every partial sum over independent inputs: hi = Σ max(w·x_min, w·x_max) over the products of the sum (S⁺·x_max −
/// S⁻·x_min for one box), lo alike. Both ends are reached by choosing each input by the sign of its weight, so the bound is necessary and
/// sufficient. With relations between inputs it stays sound, and its ends are no witnesses.
/// </summary>
public sealed class PrefixExtremes : IProver
{
    /// <inheritdoc/>
    public string Name => "exact_extremes";

    /// <inheritdoc/>
    public string? Refuses(ChannelClaim claim) => null;

    /// <inheritdoc/>
    public ProverBound Bound(ChannelClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        var low = new (Int128 Value, SumNode Node)?[claim.Registers.Length];
        var high = new (Int128 Value, SumNode Node)?[claim.Registers.Length];
        foreach ((SumNode node, Interval range) in Sums(claim))
        {
            if (low[node.Register] is not { } l || range.Low < l.Value) low[node.Register] = (range.Low, node);
            if (high[node.Register] is not { } h || range.High > h.Value) high[node.Register] = (range.High, node);
        }
        ImmutableArray<Interval> ranges = [.. low.Zip(high, (l, h) => new Interval(l!.Value.Value, h!.Value.Value))];
        if (!claim.Relations.IsEmpty) return new(ranges, [], []);
        // What outlives the claim holds no copy of its weights.
        return new(ranges, [.. low.Select(l => Again(claim, l!.Value.Node, highest: false))],
            [.. high.Select(h => Again(claim, h!.Value.Node, highest: true))]);
    }

    private static Func<Witness> Again(ChannelClaim claim, SumNode node, bool highest)
    {
        ChannelClaim lean = claim.Lean();
        return () => Reach(lean.Lean(), node, highest);
    }

    private static IEnumerable<(SumNode Node, Interval Range)> Sums(ChannelClaim claim)
    {
        if (claim.UniformInput is { } box && box.Contains(0) && claim.Layer.Weights.Length > 0)
        {
            // Every operand can be 0, so the largest sums of a register hold its smaller ones. S⁺ and S⁻ are all they need.
            foreach (SumNode node in claim.Order.Maximal(claim.K, claim.BiasPlacement))
            {
                (long positive, long negative) = claim.Signed(node.From, node.Until);
                Int128 bias = node.Bias ? claim.Bias : 0;
                yield return (node, new((Int128)positive * box.Low - (Int128)negative * box.High + bias,
                    (Int128)positive * box.High - (Int128)negative * box.Low + bias));
            }
            yield break;
        }
        foreach (PartialSum sum in Each(claim)) yield return (sum.Node, sum.Range);
    }

    /// <summary>Every partial sum of the order, with its extremes over independent inputs.</summary>
    internal static IEnumerable<PartialSum> Each(ChannelClaim claim)
    {
        var sums = new Interval[claim.K + 1];
        Interval subset = default;
        for (int k = 0; k < claim.K; k++)
        {
            Interval term = claim.Weight(k) * claim.Input(k);
            sums[k + 1] = sums[k] + term;
            subset += term.WithZero;
        }
        foreach (SumNode node in claim.Order.Nodes(claim.K, claim.BiasPlacement))
        {
            bool every = IsSubset(claim, node) && node.Until > node.From;
            Interval range = new(sums[node.Until].Low - sums[node.From].Low, sums[node.Until].High - sums[node.From].High);
            yield return new(node, every, (every ? subset : range).Plus(node.Bias ? claim.Bias : 0));
        }
    }

    // A bias that comes last meets the whole sum, in whatever order that came to be.
    private static bool IsSubset(ChannelClaim claim, SumNode node) =>
        claim.Order.EverySubset && !(node.Bias && claim.BiasPlacement == BiasPlacement.AddedAfter);

    // Inputs (and free weights) that bring a sum to its end. In any order, the products that pull the other way come after it.
    private static Witness Reach(ChannelClaim claim, SumNode node, bool highest)
    {
        bool subset = IsSubset(claim, node);
        var inputs = new long[claim.K];
        var weights = new long[claim.Layer.Weights.Length == 0 ? claim.K : 0];
        var first = new List<int>();
        var rest = new List<int>();
        Int128 value = node.Bias ? claim.Bias : 0;
        for (int k = 0; k < claim.K; k++)
        {
            (Int128 w, Int128 x) = Corner(claim.Weight(k), claim.Input(k), highest);
            inputs[k] = (long)x;
            if (weights.Length > 0) weights[k] = (long)w;
            Int128 product = unchecked((int)w == w && (int)x == x) ? (long)w * (long)x : w * x;
            bool part = k >= node.From && k < node.Until && (!subset || (highest ? product >= 0 : product <= 0));
            if (subset) (part ? first : rest).Add(k);
            if (part) value += product;
        }
        var kept = ImmutableCollectionsMarshal.AsImmutableArray(inputs);
        return subset
            ? new(kept, [.. weights], [.. first, .. rest], node with { From = 0, Until = first.Count }, value)
            : new(kept, [.. weights], [], node, value);
    }

    // The product of two boxes is extreme at a corner; of equal corners the first.
    private static (Int128 W, Int128 X) Corner(Interval weight, Interval input, bool highest)
    {
        if (weight.Low == weight.High)
            return (weight.Low, weight.Low != 0 && weight.Low > 0 == highest ? input.High : input.Low);
        (Int128 W, Int128 X) best = (weight.Low, input.Low);
        foreach ((Int128 w, Int128 x) in (ReadOnlySpan<(Int128, Int128)>)[(weight.Low, input.High), (weight.High, input.Low),
            (weight.High, input.High)])
            if (highest ? w * x > best.W * best.X : w * x < best.W * best.X) best = (w, x);
        return best;
    }
}
