using System.Numerics;
using Sim.Datapath.Specs;

namespace Sim.Verification.Datapaths.Invariants;

/// <summary>
/// A truncated array loses at most the partial products that it leaves out: Σ 2^(i+j) over the cells i+j &lt; Dropped that the operands
/// have, all of them set at worst, none at best.
/// With the correction C the magnitude's error lies in [C - Σ, C], in units of the product's last place.
/// </summary>
public sealed class TruncationError : IDatapathInvariant
{
    /// <inheritdoc/>
    public string Name => "truncation-error";

    /// <inheritdoc/>
    public InvariantVerdict? Decide(DatapathClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        if (claim.Spec.Multiplier is not TruncatedMultiplier truncated || claim.IsLogarithmic) return null;
        int a = Places(claim.Spec.Activation), w = Places(claim.Spec.Weight);
        BigInteger dropped = 0;
        for (int i = 0; i < a; i++) for (int j = 0; j < w && i + j < truncated.Dropped; j++) dropped += BigInteger.One << i + j;
        string text = $"the magnitude of a product is {dropped - truncated.Correction} units of its last place too small at most, and {truncated.Correction} too large";
        string why = $"partial products of {truncated.Dropped} columns sum to {dropped}, the correction is {truncated.Correction}";
        if (claim.Products is not { IsKnown: true } products) return new ProvedInvariant(Name, text, ProofMethod.ClosedForm, why);
        using var digest = new CaseDigest();
        (Dyadic Error, CodePair Pair)? worst = null;
        foreach (uint x in products.Activations.Codes)
            foreach (uint y in products.Weights.Codes)
            {
                var pair = new CodePair(x, y);
                (Exact p, Exact q) = (claim.Spec.Activation.Decode(x), claim.Spec.Weight.Decode(y));
                if (p.Class != NumberClass.Finite || q.Class != NumberClass.Finite) continue;
                Dyadic error = (Dyadic.Of(products.Of(pair)).Magnitude - (Dyadic.Of(p) * Dyadic.Of(q)).Magnitude)
                    * Dyadic.Power(-p.Exponent - q.Exponent);
                digest.Add(pair, error);
                if (worst is null || error.Magnitude > worst.Value.Error.Magnitude) worst = (error, pair);
                if (error < new Dyadic(truncated.Correction - dropped) || error > new Dyadic(truncated.Correction))
                    return new RefutedInvariant(Name, text, $"an error of {error} units",
                        DatapathWitness.Replay(claim.Spec, 0, [new(pair, 1)]));
            }
        return new ProvedInvariant(Name, text, ProofMethod.Exhaustive, worst is null ? why
            : $"{why}; the largest error of any pair is {worst.Value.Error}", digest.Cases, digest.Finish(),
            worst is null ? null : DatapathWitness.Replay(claim.Spec, 0, [new(worst.Value.Pair, 1)]));
    }

    // Places of a magnitude: of the largest number and, in two's complement, of the least.
    private static int Places(Sim.Datapath.Formats.INumberFormat format) =>
        format is Sim.Datapath.Formats.FloatFormat f ? f.Precision : Math.Max(format.Maximum.Length, format.Minimum.Length);
}
