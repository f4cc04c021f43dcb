using Sim.Verification.Provers;

namespace Sim.Verification.Repair;

/// <summary>The L1 ball of A2Q (arXiv 2308.13504): Σ|w| ≤ (2^(P−1) − 1)/2^(N−s), truncated towards zero. Safe for sign-magnitude sums and
/// every order.</summary>
public sealed class A2q : ProjectionMethod
{
    /// <inheritdoc/>
    public override string Name => "a2q";

    /// <summary>The ball's radius; a bias takes its part of it.</summary>
    public static double Radius(SumLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        return (double)Int128.Min(limits.High, limits.Low) / (double)DataTypeBound.Magnitude(limits.Box);
    }

    /// <inheritdoc/>
    public override double[] Project(ReadOnlySpan<double> values, SumLimits limits) => SoftThreshold.OntoBall(values, Radius(limits));
}
