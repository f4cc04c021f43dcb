using System.Collections.Immutable;
using System.Numerics;
using Sim.Verification.Claims;
using Sim.Verification.Relations;
using Sim.Workloads.Integers;

namespace Sim.Verification.Provers;

/// <summary>
/// Bounds over the layers before: every operand is a staircase of the sum that made it, each staircase is bounded by lines, and sums that
/// share operands (overlapping windows, products of the same pixels) meet in one linear form over an earlier layer's operands. Sums whose
/// ranges alone keep them inside are not looked at further.
/// </summary>
public abstract class LayerBound : IProver
{
    // Sums of a register and end that are bounded one by one; beyond, ranges stand.
    private const int MostSums = 48;

    /// <inheritdoc/>
    public abstract string Name { get; }

    /// <summary>Steps of the search for slopes; 0: the lines that are tightest in the middle.</summary>
    protected abstract int Steps { get; }

    /// <inheritdoc/>
    public string? Refuses(ChannelClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        if (claim.Network is not { } network) return "the inputs are free within their boxes";
        if (claim.Layer.Weights.Length == 0) return "the weights are not constant";
        return network.Chain(claim.Layer, claim.Row, claim.ZeroPoints) is null
            ? "the inputs are no requantized sums of a layer with constant weights" : null;
    }

    /// <inheritdoc/>
    public ProverBound Bound(ChannelClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        NetworkRelations network = claim.Network!;
        return network.Once((Name, claim.Layer, claim.Row, claim.Order, claim.BiasPlacement, claim.ZeroPoints), () => Find(claim));
    }

    private ProverBound Find(ChannelClaim claim)
    {
        Chain chain = claim.Network!.Chain(claim.Layer, claim.Row, claim.ZeroPoints)!;
        List<Query> queries = Queries(claim, chain);
        var ranges = ImmutableArray.CreateBuilder<Interval>();
        var parts = ImmutableArray.CreateBuilder<LayerEvidence.Part>();
        for (int r = 0; r < claim.Registers.Length; r++)
        {
            Int128 low = -End(claim, chain, [.. queries.Where(q => q.Node.Register == r)], isHigh: false, parts),
                high = End(claim, chain, [.. queries.Where(q => q.Node.Register == r)], isHigh: true, parts);
            ranges.Add(new(low, high));
        }
        var found = ranges.ToImmutable();
        return new(found, [], [], "the relations to earlier layers are not known to let their bounds be reached")
            { Evidence = parts.Count == 0 ? [] : [new LayerEvidence(found, parts.ToImmutable())] };
    }

    private readonly record struct Query(SumNode Node, bool EverySubset, ImmutableArray<bool> There, Interval Range);

    // The end of a register's sums, negated when it is the low one: sums in order of their ranges' ends, until no other can lie further
    // out.
    private Int128 End(ChannelClaim claim, Chain chain, Query[] queries, bool isHigh, ImmutableArray<LayerEvidence.Part>.Builder parts)
    {
        Int128 Outer(Query q) => isHigh ? q.Range.High : -q.Range.Low;
        Int128 best = Int128.MinValue;
        int count = 0;
        var found = new List<(Int128 Range, LayerEvidence.Part Part)>();
        foreach (Query query in queries.OrderByDescending(Outer))
        {
            Int128 outer = Outer(query);
            if (outer <= best) break;
            if (query.Node.From == query.Node.Until || count++ == MostSums)
            {
                best = outer;
                continue;
            }
            ReadOnlySpan<int> weights = claim.Weights;
            var coefficients = new long[weights.Length];
            for (int k = query.Node.From; k < query.Node.Until; k++)
                if (query.There[k]) coefficients[k] = isHigh ? weights[k] : -weights[k];
            var sum = new RelaxedSum(chain, coefficients, query.EverySubset);
            (BigInteger exact, int scale, ImmutableArray<ImmutableArray<long>> numerators) = sum.Exact(SlopeSearch.Best(sum, Steps));
            // Sums are integers: the floor.
            Int128 bias = query.Node.Bias ? claim.Bias : 0, bound = (Int128)(exact >> scale) + (isHigh ? bias : -bias);
            if (bound < outer)
            {
                ImmutableArray<int> missing = [.. Enumerable.Range(0, claim.K).Where(k => !query.There[k])];
                found.Add((outer, new(query.Node, isHigh, query.EverySubset, missing, isHigh ? bound : -bound, exact,
                    [.. chain.Levels.Where(l => l.IsMade).Select(l => l.Shift)], numerators)));
            }
            best = Int128.Max(best, Int128.Min(bound, outer));
        }
        parts.AddRange(found.Where(f => f.Range > best).Select(f => f.Part));
        return best;
    }

    private static List<Query> Queries(ChannelClaim claim, Chain chain)
    {
        var queries = new List<Query>();
        Interval[] terms = [.. Enumerable.Range(0, claim.K).Select(k => chain.Levels[0].Above[k].Range.Times(claim.Weights[k]))];
        Interval bias = new(claim.Bias, claim.Bias), subset = terms.Aggregate(default(Interval), (a, t) => a + t.WithZero);
        ImmutableArray<bool> everything = [.. Enumerable.Repeat(true, claim.K)];
        Interval[][]? sums = null;
        ImmutableArray<ImmutableArray<bool>> kinds = claim.Network!.Places(claim.Layer);
        foreach (SumNode node in claim.Order.Nodes(claim.K, claim.BiasPlacement))
        {
            Interval offset = node.Bias ? bias : default;
            if (node.From == node.Until) queries.Add(new(node, false, everything, offset));
            else if (claim.Order.EverySubset
                && !(node.Bias && claim.BiasPlacement == BiasPlacement.AddedAfter)) queries.Add(new(node, true, everything, subset
                + offset));
            else
            {
                sums ??= [.. kinds.Select(there => Prefixes(terms, there))];
                for (int i = 0; i < kinds.Length; i++)
                    queries.Add(new(node, false, kinds[i],
                        new Interval(sums[i][node.Until].Low - sums[i][node.From].Low, sums[i][node.Until].High - sums[i][node.From].High)
                        + offset));
            }
        }
        return queries;
    }

    private static Interval[] Prefixes(Interval[] terms, ImmutableArray<bool> there)
    {
        var sums = new Interval[terms.Length + 1];
        for (int k = 0; k < terms.Length; k++) sums[k + 1] = sums[k] + (there[k] ? terms[k] : default);
        return sums;
    }
}

/// <summary>Affine propagation: one line above and one below each staircase, back through the layers (DeepPoly, POPL 2019; CROWN, arXiv
/// 1811.00866). No search.</summary>
public sealed class AffineBound : LayerBound
{
    /// <inheritdoc/>
    public override string Name => "affine";

    /// <inheritdoc/>
    protected override int Steps => 0;
}

/// <summary>
/// The linear program over two and more layers, whose constraints are the hulls of the staircases: its dual, solved by descent, in exact
/// rationals. Every step's dual is a bound that holds, so nothing depends on reaching the optimum.
/// </summary>
public sealed class LayerProgram : LayerBound
{
    /// <inheritdoc/>
    public override string Name => "lp_layers";

    /// <inheritdoc/>
    protected override int Steps => 60;
}
