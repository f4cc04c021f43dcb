using Sim.Verification.Provers;

namespace Sim.Verification.Repair;

/// <summary>
/// Projects on what the register really holds, sign by sign. Inputs of one sign: S⁺ ≤ high/x_max and S⁻ ≤ low/x_max, two independent
/// simplex projections that hold A2Q's ball and A2Q+'s set. Inputs of a whole signed type: the ball Σ|w| ≤ (2^(P−1) − 1)/2^(N−1). Other
/// boxes (zero points, a bias): the exact limits.
/// </summary>
public sealed class SignSplit : ProjectionMethod
{
    /// <inheritdoc/>
    public override string Name => "split";

    /// <inheritdoc/>
    public override double[] Project(ReadOnlySpan<double> values, SumLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        bool signedType = limits.Box.Low == -limits.Box.High - 1 && limits.Low == limits.High + 1;
        return signedType ? SoftThreshold.OntoBall(values, (double)limits.High / (double)DataTypeBound.Magnitude(limits.Box))
            : SoftThreshold.OntoLimits(values, limits);
    }
}
