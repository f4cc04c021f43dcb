using Sim.Datapath.Specs;

namespace Sim.Verification.Datapaths.Invariants;

/// <summary>The products of one step can change lanes: true where they are added exactly, not in a tree of rounding adders.</summary>
public sealed class LaneOrder : IDatapathInvariant
{
    /// <inheritdoc/>
    public string Name => "lanes-commute";

    /// <inheritdoc/>
    public InvariantVerdict? Decide(DatapathClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        if (claim.Spec.Dot is not { Lanes: > 1 } unit) return null;
        const string Text = "a step does not depend on which lane a product is in";
        if (unit is AlignedDotUnit { Scales: null } or AlignedSumDotUnit or RealignedDotUnit { Groups: 1 })
            return new ProvedInvariant(Name, Text, ProofMethod.ClosedForm,
                "the largest exponent and an exact sum of aligned integers are symmetric in the terms");
        if (unit is BlockDotUnit) return new ProvedInvariant(Name, Text, ProofMethod.ClosedForm, "products of a block are added exactly");
        if (unit is AlignedDotUnit) return new ProvedInvariant(Name, "a step does not depend on which lane of its group a product is in",
            ProofMethod.ClosedForm, "products of a group are added exactly, and groups as symmetric terms");
        if (new ExactSums().Decide(claim) is ProvedInvariant exact) return new ProvedInvariant(Name, Text, ProofMethod.ClosedForm,
            exact.Bound);
        return unit.Lanes > 2 && OrderOfTerms.Differ(claim, 1) is { } found && found.First.Terms <= unit.Lanes
            ? new RefutedInvariant(Name, Text, "the same products in other lanes", found.First, found.Second)
            : new UnknownInvariant(Name, Text, "every adder rounds, but no lanes that matter were found");
    }
}
