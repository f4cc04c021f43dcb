namespace Sim.Verification.Repair;

/// <summary>
/// The zero-centred ball of A2Q+ (arXiv 2401.10432): weights minus their mean, projected on Σ|w| ≤ (2^P − 2)/(2^N − 1), centred again,
/// because soft thresholds break the zero sum, scaled down where that left the ball, truncated towards zero. Truncation breaks the zero sum
/// too, so the integers are judged exactly afterwards.
/// </summary>
public sealed class A2qPlus : ProjectionMethod
{
    /// <inheritdoc/>
    public override string Name => "a2q+";

    /// <summary>The ball's radius; a bias takes its part of it.</summary>
    public static double Radius(SumLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        return 2 * (double)Int128.Min(limits.High, limits.Low) / (double)(limits.Box.High - limits.Box.Low);
    }

    /// <inheritdoc/>
    public override double[] Project(ReadOnlySpan<double> values, SumLimits limits)
    {
        double radius = Radius(limits);
        double[] projected = Centred(SoftThreshold.OntoBall(Centred(values), radius));
        double norm = projected.Sum(Math.Abs);
        if (norm > radius)
            for (int i = 0; i < projected.Length; i++) projected[i] *= radius / norm;
        return projected;
    }

    private static double[] Centred(ReadOnlySpan<double> values)
    {
        double mean = 0;
        foreach (double v in values) mean += v;
        mean /= values.Length;
        double[] centred = values.ToArray();
        for (int i = 0; i < centred.Length; i++) centred[i] -= mean;
        return centred;
    }
}
