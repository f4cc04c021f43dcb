using Sim.Verification.Claims;
using Sim.Workloads.Integers;

namespace Sim.Verification.Provers;

/// <summary>
/// |sum| ≤ ‖w‖₁·(x_max − x_min)/2 for weights whose sum is 0 (then S⁺ = S⁻): the zero-centred bound of A2Q+ (arXiv 2401.10432), ‖w‖₁ ≤ (2^P
/// − 2)/(2^N − 1).
/// On other weights the formula is false, so it refuses them.
/// </summary>
public sealed class ZeroSumBound : IProver
{
    /// <inheritdoc/>
    public string Name => "a2q_plus";

    /// <inheritdoc/>
    public string? Refuses(ChannelClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        if (claim.Layer.Weights.Length == 0) return "the weights are not constant";
        if (claim.UniformInput is not { } box) return "the inputs have boxes of their own";
        if (!box.Contains(0)) return "no input can be 0, so a partial sum may lie outside the bound of the whole";
        (long positive, long negative) = claim.Signed(0, claim.K);
        long sum = positive - negative;
        if (sum != 0) return FormattableString.Invariant($"the weights sum to {sum}, not to 0");
        return claim.BiasPlacement != BiasPlacement.None && claim.Bias != 0 ? "a bias is part of the sum" : null;
    }

    /// <inheritdoc/>
    public ProverBound Bound(ChannelClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        Interval box = claim.UniformInput!.Value;
        return ProverBound.Enclosing(claim, WeightNormBound.Norm(claim) / 2 * (box.High - box.Low));
    }
}
