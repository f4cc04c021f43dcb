using System.Collections.Immutable;
using Sim.Datapath.Specs;

namespace Sim.Verification.Datapaths.Invariants;

/// <summary>A sum does not depend on the order of its products: because nothing is rounded, or because a wrapping register counts modulo a
/// power of two. Else two orders that differ.</summary>
public sealed class OrderOfTerms : IDatapathInvariant
{
    /// <inheritdoc/>
    public string Name => "order-free";

    /// <inheritdoc/>
    public InvariantVerdict? Decide(DatapathClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        string text = $"a sum of {claim.Terms} products does not depend on their order";
        DatapathSpec spec = claim.Spec;
        if (claim.Terms == 1) return null;
        if (spec.Accumulator is ExactAccumulator { Quire: null }) return new ProvedInvariant(Name, text, ProofMethod.ClosedForm,
            "sums are exact; the one rounding comes last");
        if (spec.Accumulator is IntegerAccumulator { Overflow: RegisterOverflow.Wrap }
            or FixedAccumulator { Overflow: RegisterOverflow.Wrap })
            return new ProvedInvariant(Name, text, ProofMethod.ClosedForm,
                "each product is rounded by itself and the register counts modulo 2^bits");
        if (spec.Accumulator is ExactAccumulator && new QuireCapacity()
            .Decide(claim) is ProvedInvariant quire) return new ProvedInvariant(Name, text, ProofMethod.ClosedForm,
            $"sums are exact: {quire.Bound}");
        if (spec.Accumulator is IntegerAccumulator or FixedAccumulator
            && new SumRange().Decide(claim) is ProvedInvariant range) return new ProvedInvariant(Name, text, ProofMethod.ClosedForm,
            $"no step saturates: {range.Bound}");
        if (new ExactSums().Decide(claim) is ProvedInvariant exact) return new ProvedInvariant(Name, text, ProofMethod.ClosedForm,
            exact.Bound);
        return Differ(claim, spec.Lanes) is { } found
            ? new RefutedInvariant(Name, text, "the same products in another order", found.First, found.Second)
            : new UnknownInvariant(Name, text, "sums may be rounded, but no order that matters was found");
    }

    /// <summary>Runs of up to three products, each in every order; the runs are so long that they fill steps of <paramref name="lanes"/>
    /// products.</summary>
    internal static (DatapathWitness First, DatapathWitness Second)? Differ(DatapathClaim claim, int lanes)
    {
        if (claim.Products is not { IsKnown: true, Special: null, Finest: { } fine } products) return null;
        (uint? a, uint? b) = (SumRange.Scale(claim.Spec.Dot?.ActivationScale), SumRange.Scale(claim.Spec.Dot?.WeightScale));
        CodePair[] kinds = [.. new[] { products.Highest, products.Lowest, fine, Middle(products) }.Distinct()];
        foreach (int count in new[] { 1, lanes, 4 * lanes, 64 * lanes }.Distinct())
            foreach (CodePair x in kinds)
                foreach (CodePair y in kinds)
                    foreach (CodePair z in kinds)
                    {
                        if (3L * count > claim.Terms || x == y && y == z) continue;
                        OperandRun[] runs = [new(x, count), new(y, count), new(z, count)];
                        DatapathWitness first = DatapathWitness.Replay(claim.Spec, 0, [.. runs], a, b);
                        foreach (ImmutableArray<OperandRun> other in (ImmutableArray<OperandRun>[])[[runs[0], runs[2], runs[1]],
                            [runs[2], runs[1], runs[0]]])
                            if (DatapathWitness.Replay(claim.Spec, 0, other, a, b) is var second && !first.IsNaN && !second.IsNaN
                                && first.Result != second.Result) return (first, second);
                    }
        return null;
    }

    // A product of moderate size: that of the codes half-way up.
    private static CodePair Middle(ProductSet products) =>
        products.Activations.Codes is { IsEmpty: false } a && products.Weights.Codes is { IsEmpty: false } w
            ? new(a[a.Length / 4], w[w.Length / 4]) : products.Highest;
}
