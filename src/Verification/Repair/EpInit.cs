namespace Sim.Verification.Repair;

/// <summary>
/// The projection that initialises A2Q+ training (Euclidean projection, arXiv 2401.10432), used on its own: a soft threshold onto A2Q's
/// ball, then rounding to the nearest integer. Rounding can leave the ball by half a unit a weight; the units that the exact limits have no
/// room for are taken back, cheapest first.
/// </summary>
public sealed class EpInit : ProjectionMethod
{
    /// <inheritdoc/>
    public override string Name => "ep_init";

    /// <inheritdoc/>
    public override double[] Project(ReadOnlySpan<double> values, SumLimits limits) => SoftThreshold.OntoBall(values, A2q.Radius(limits));

    /// <inheritdoc/>
    protected override double Round(double value) => Math.Round(value, MidpointRounding.ToEven);
}
