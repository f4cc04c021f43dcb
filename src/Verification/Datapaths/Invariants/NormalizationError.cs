using Sim.Datapath.Specs;

namespace Sim.Verification.Datapaths.Invariants;

/// <summary>
/// One step of a register that need not be normalised: both addends are cut to the adder's W = P + guard places, each by less than its last
/// place 2^(t - W + 1); their sum is exact; it is then cut (by less than the stored last place 2^(T - P + 1)) or rounded (by at most half
/// of it). t is the larger of both top places, T that of the result. A term whose top is t loses only places that it has beyond W, so an
/// operand of P places or fewer loses nothing there.
/// </summary>
public sealed class NormalizationError : IDatapathInvariant
{
    /// <inheritdoc/>
    public string Name => "normalization-error";

    /// <inheritdoc/>
    public InvariantVerdict? Decide(DatapathClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        if (claim.Spec.Accumulator is not NormalizingAccumulator acc) return null;
        int window = acc.Format.Precision + acc.Guard, product = claim.Spec.Activation.Shape.SignificandBits
            + claim.Spec.Weight.Shape.SignificandBits;
        // Register and product never both lose places below the window when the product fits it.
        int losing = product <= window ? 1 : 2;
        string last = acc.Rounding == RoundingMode.ToZero ? "less than 2" : "at most half of 2";
        return new ProvedInvariant(Name,
            $"a step's error is less than {losing} in units of the adder's last place 2^(t - {window - 1}), and {last}^(T - {acc.Format.Precision - 1}) from the result's",
            ProofMethod.ClosedForm, losing == 1
                ? $"a product has {product} places and the adder {window}, so only the addend with the lower top place is cut"
                : $"a product has {product} places, more than the adder's {window}, so both addends are cut");
    }
}
