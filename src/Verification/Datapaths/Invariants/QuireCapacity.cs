using System.Numerics;
using Sim.Datapath.Specs;

namespace Sim.Verification.Datapaths.Invariants;

/// <summary>
/// No sum leaves the quire: every product is a multiple of its unit, and |sum| &lt; 2^(bits - 1) units for so many products of the largest
/// magnitude. The pattern of NaR is the one below the least sum, so the bound is strict.
/// </summary>
public sealed class QuireCapacity : IDatapathInvariant
{
    /// <inheritdoc/>
    public string Name => "quire-capacity";

    /// <inheritdoc/>
    public InvariantVerdict? Decide(DatapathClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        if (claim.Spec.Accumulator is not ExactAccumulator { Quire: { } quire }) return null;
        string text = $"no sum of {claim.Terms} products leaves the quire of {quire.Bits} bits";
        if (claim.Products is not { IsKnown: true, Special: null } products) return new UnknownInvariant(Name, text,
            "what products can be is not known");
        if (products.Range.Magnitude.Sign == 0) return new ProvedInvariant(Name, text, ProofMethod.ClosedForm, "every product is 0");
        if (products.LeastUnit < quire.Unit) return new UnknownInvariant(Name, text,
            $"products reach down to 2^{products.LeastUnit}, below the unit 2^{quire.Unit}");
        Dyadic limit = Dyadic.Power(quire.Bits - 1 + quire.Unit);
        BigInteger safe = (limit - Dyadic.Power(quire.Unit)).Floor(products.Range.Magnitude);
        if (safe >= claim.Terms)
            return new ProvedInvariant(Name, text, ProofMethod.ClosedForm,
                $"products have magnitudes up to {products.Range.Magnitude} in units of 2^{quire.Unit}; {safe} of them fit, {safe + 1} do not");
        if (safe + 1 > DatapathWitness.MostTerms) return new UnknownInvariant(Name, text,
            $"proved up to {safe} products; {safe + 1} of {products.Range.Magnitude} do not fit, more than are replayed");
        DatapathWitness witness = DatapathWitness.Replay(claim.Spec, 0, [new(products.Largest, (int)safe + 1)]);
        return new RefutedInvariant(Name, text, $"proved up to {safe} products; {safe + 1} of {products.Range.Magnitude} are NaR",
            witness.Demand(witness.Overflowed, Name));
    }
}
