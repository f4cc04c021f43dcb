using Sim.Verification.Claims;

namespace Sim.Verification.Provers;

/// <summary>|sum| ≤ ‖w‖₁·2^(N−s): the weight bound of A2Q (arXiv 2301.13376, arXiv 2308.13504). Safe for sign-magnitude sums and every
/// order.</summary>
public sealed class WeightNormBound : IProver
{
    /// <inheritdoc/>
    public string Name => "a2q_l1";

    /// <inheritdoc/>
    public string? Refuses(ChannelClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        return claim.Layer.Weights.Length == 0 ? "the weights are not constant" : null;
    }

    /// <inheritdoc/>
    public ProverBound Bound(ChannelClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        Int128 sum = claim.BiasPlacement == BiasPlacement.None ? 0 : Int128.Abs(claim.Bias);
        if (claim.UniformInput is { } box) return ProverBound.Enclosing(claim, sum + Norm(claim) * DataTypeBound.Magnitude(box));
        ReadOnlySpan<int> weights = claim.Weights;
        for (int k = 0; k < weights.Length; k++) sum += Math.Abs((long)weights[k]) * DataTypeBound.Magnitude(claim.Input(k));
        return ProverBound.Enclosing(claim, sum);
    }

    /// <summary>Σ|w|.</summary>
    internal static Int128 Norm(ChannelClaim claim)
    {
        (long positive, long negative) = claim.Signed(0, claim.K);
        return (Int128)positive + negative;
    }
}
