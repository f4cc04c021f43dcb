namespace Sim.Verification.Repair;

/// <summary>
/// Projects real weights and rounds them. Tiles are projected on the limits of the inner register first; what is projected on the outer
/// ones after that only shrinks, and so stays within them. Whatever rounding to float64 or to integers leaves outside is stepped in by
/// exact arithmetic.
/// </summary>
public abstract class ProjectionMethod : IRepairMethod
{
    /// <inheritdoc/>
    public abstract string Name { get; }

    /// <inheritdoc/>
    public bool NeedsData => false;

    /// <summary>Real weights near the given ones that the method takes to fit one register.</summary>
    public abstract double[] Project(ReadOnlySpan<double> values, SumLimits limits);

    /// <summary>How real weights become integers: towards zero, which only shrinks sums.</summary>
    protected virtual double Round(double value) => Math.Truncate(value);

    /// <inheritdoc/>
    public int[] Repair(RowProblem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        double[] projected = problem.Wanted;
        FeasibleSet set = problem.Set;
        if (set.Inner is not null)
        {
            projected = [.. projected];
            for (int from = 0; from < projected.Length; from += set.TileSize) Project(set.Tile<double>(projected, from), set.Inner)
                .CopyTo(projected, from);
        }
        projected = Project(projected, set.Whole);
        int[] weights = [.. projected.Select(v => (int)Math.Clamp(Round(v), (double)problem.Range.Low, (double)problem.Range.High))];
        set.PullIn(weights, projected);
        return weights;
    }
}
