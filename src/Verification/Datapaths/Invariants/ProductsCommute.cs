using Sim.Datapath.Specs;

namespace Sim.Verification.Datapaths.Invariants;

/// <summary>a·b = b·a, where both operands have one format. Formulas are symmetric; of a table every pair is compared.</summary>
public sealed class ProductsCommute : IDatapathInvariant
{
    /// <inheritdoc/>
    public string Name => "product-commutes";

    /// <inheritdoc/>
    public InvariantVerdict? Decide(DatapathClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        if (claim.Spec.InexactMultiplier is not { } multiplier || !claim.Spec.Activation.Equals(claim.Spec.Weight)) return null;
        const string Text = "a product does not depend on which operand is the activation";
        if (multiplier is not TableMultiplier) return new ProvedInvariant(Name, Text, ProofMethod.ClosedForm,
            $"the rule of {multiplier.Kind} is symmetric in its operands");
        if (claim.Products is not { IsKnown: true } products) return new UnknownInvariant(Name, Text, "what products can be is not known");
        using var digest = new CaseDigest();
        foreach (uint a in products.Activations.Codes)
            foreach (uint b in products.Weights.Codes)
            {
                Exact left = products.Of(new(a, b)), right = products.Of(new(b, a));
                digest.Add(new(a, b), Dyadic.Of(left));
                if (Dyadic.Of(left) != Dyadic.Of(right))
                    return new RefutedInvariant(Name, Text, $"{left} against {right}",
                        DatapathWitness.Replay(claim.Spec, 0, [new(new(a, b), 1)]),
                        DatapathWitness.Replay(claim.Spec, 0, [new(new(b, a), 1)]));
            }
        return new ProvedInvariant(Name, Text, ProofMethod.Exhaustive, "every pair of codes", digest.Cases, digest.Finish());
    }
}
