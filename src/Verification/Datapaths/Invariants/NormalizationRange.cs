using System.Numerics;
using Sim.Datapath.Specs;

namespace Sim.Verification.Datapaths.Invariants;

/// <summary>How many zeros a stored significand can begin with: every number of leading zeros that a sum of W places can have, shifted by
/// the rule.</summary>
public sealed class NormalizationRange : IDatapathInvariant
{
    /// <inheritdoc/>
    public string Name => "normalization-range";

    /// <inheritdoc/>
    public InvariantVerdict? Decide(DatapathClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        if (claim.Spec.Accumulator is not NormalizingAccumulator acc) return null;
        int window = acc.Format.Precision + acc.Guard, most = 0, usual = 0;
        using var digest = new CaseDigest();
        for (int zeros = 0; zeros < window; zeros++)
        {
            int shift = acc.Normalization switch
            {
                Normalization.None => 0,
                Normalization.Full => zeros,
                _ => zeros < acc.K ? 0 : zeros < acc.K + acc.Lambda ? acc.K : acc.K + acc.Lambda,
            };
            digest.Add(new((uint)zeros, (uint)shift), new Dyadic(new BigInteger(zeros - shift)));
            most = Math.Max(most, zeros - shift);
            if (zeros < acc.K + acc.Lambda) usual = Math.Max(usual, zeros - shift);
        }
        string text = $"a stored sum above the smallest exponent begins with at most {most} zeros";
        return new ProvedInvariant(Name, text, ProofMethod.Exhaustive, acc.Normalization == Normalization.Approximate
            ? $"at most {usual} unless a sum cancels {acc.K + acc.Lambda} or more of its {window} places"
                : $"every sum of {window} places", digest.Cases, digest.Finish());
    }
}
