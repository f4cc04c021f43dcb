using Sim.Verification.Claims;
using Sim.Workloads.Integers;

namespace Sim.Verification.Provers;

/// <summary>
/// |sum| ≤ K·2^(N+M−1−s) from the data types alone, the width P then being the least with 2^(P−1) − 1 ≥ that: the data-type bound of A2Q
/// (arXiv 2301.13376, eq. for data types). N and M are the least widths of the operands' boxes, s = 1 for signed inputs.
/// </summary>
public sealed class DataTypeBound : IProver
{
    /// <inheritdoc/>
    public string Name => "data_type";

    /// <inheritdoc/>
    public string? Refuses(ChannelClaim claim) => null;

    /// <inheritdoc/>
    public ProverBound Bound(ChannelClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        Interval weights = claim.Layer.WeightRange;
        if (claim.ZeroPoints == ZeroPoints.Folded && claim.Layer.WeightZeroPoints.Length > 0) weights =
            weights.Plus(-claim.Layer.WeightZeroPoints[claim.Row]);
        Int128 input = 0;
        if (claim.UniformInput is { } box) input = Magnitude(box);
        else
            for (int k = 0; k < claim.K; k++) input = Int128.Max(input, Magnitude(claim.Input(k)));
        Int128 bias = claim.BiasPlacement == BiasPlacement.None ? 0 : Int128.Abs(claim.Bias);
        return ProverBound.Enclosing(claim, claim.K * input * Magnitude(weights) + bias);
    }

    /// <summary>Largest magnitude of the least two's complement type that holds a box: 2^(N−1); of unsigned N bits 2^N.</summary>
    internal static Int128 Magnitude(Interval box) => (Int128)1 << (box.Width - 1);
}
