namespace Sim.Verification.Relations;

/// <summary>
/// Chooses slopes. The dual of the linear program over the hulls of the staircases is convex for one earlier layer; its subgradient is
/// followed with steps of Adam (arXiv 1412.6980) that shrink. The number of steps is fixed, so answers do not depend on the machine's
/// speed.
/// </summary>
internal static class SlopeSearch
{
    /// <summary>The best slopes found, from the lines of the middle at the depth where these are tightest.</summary>
    /// <param name="steps">Descent steps; 0: the lines of the middle alone (affine propagation).</param>
    internal static Slopes Best(RelaxedSum sum, int steps)
    {
        Slopes best = Slopes.Middle(sum, 0);
        double least = sum.Bound(best);
        int depths = sum.Levels.Count - 1;
        var starts = new List<(Slopes Slopes, double Bound)>();
        for (int depth = 1; depth <= depths; depth++)
        {
            Slopes start = Slopes.Middle(sum, depth);
            double bound = sum.Bound(start);
            starts.Add((start, bound));
            if (bound < least) (best, least) = (start.Copy(), bound);
        }
        if (steps == 0) return best;
        // The best start of affine propagation, and the deepest: relations of far layers show only with lines all the way.
        foreach ((Slopes start, _) in starts.OrderBy(s => s.Bound).Take(1).Append(starts[^1]).Distinct())
        {
            Slopes at = start.Copy();
            Descend(sum, at, steps, ref best, ref least);
        }
        return best;
    }

    private static void Descend(RelaxedSum sum, Slopes at, int steps, ref Slopes best, ref double least)
    {
        int depths = sum.Levels.Count - 1;
        double[][] gradient = Zeros(sum, depths);
        (double[][] Mean, double[][] Square)[] moments = [(Zeros(sum, depths), Zeros(sum, depths)),
            (Zeros(sum, depths), Zeros(sum, depths))];
        for (int step = 1; step <= steps; step++)
        {
            double bound = sum.Bound(at, gradient);
            if (bound < least) (best, least) = (at.Copy(), bound);
            double rate = 0.25 * Math.Pow(0.02, (double)step / steps);
            for (int t = 0; t < depths; t++)
            {
                for (int n = 0; n < gradient[t].Length; n++)
                {
                    if (sum.WeightOf(t, n) == 0) continue;
                    bool above = sum.WeightOf(t, n) > 0;
                    double most = sum.Stairs(t, n, above).Steepest(above);
                    if (most == 0) continue;
                    (double[][] mean, double[][] square) = moments[above ? 0 : 1];
                    // In units of the steepest slope, so that one rate suits all.
                    double g = gradient[t][n] * most;
                    mean[t][n] = 0.8 * mean[t][n] + 0.2 * g;
                    square[t][n] = 0.95 * square[t][n] + 0.05 * g * g;
                    double move = rate * (mean[t][n] / (1 - Math.Pow(0.8, step))) / (Math.Sqrt(square[t][n] / (1 - Math.Pow(0.95, step)))
                        + 1e-9);
                    double[] slopes = at.Of(t, above);
                    slopes[n] = Math.Clamp(slopes[n] - move * most, 0, most);
                }
            }
        }
        double end = sum.Bound(at);
        if (end < least) (best, least) = (at.Copy(), end);
    }

    private static double[][] Zeros(RelaxedSum sum, int depths) => [.. sum.Levels.Take(depths).Select(l => new double[l.Count])];
}
