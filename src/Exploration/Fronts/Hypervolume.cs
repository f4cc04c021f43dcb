namespace Sim.Exploration.Fronts;

/// <summary>
/// Exact hypervolume of a set of points under minimisation: the volume of what they dominate inside the box below a reference point.
/// Recursion over exclusive contributions, after While, Bradstreet and Barone, "A Fast Way of Calculating Exact Hypervolumes", IEEE TEVC
/// 16(1), 2012.
/// </summary>
public static class Hypervolume
{
    /// <summary>
    /// Volume between <paramref name="costs"/> and <paramref name="reference"/>, in the product of the costs' units. Points that are not
    /// strictly better than the reference everywhere contribute nothing. Any number of dimensions ≥ 1; time grows exponentially with it.
    /// </summary>
    public static double Of(IReadOnlyList<double[]> costs, ReadOnlySpan<double> reference)
    {
        ArgumentNullException.ThrowIfNull(costs);
        ParetoFront.Check(costs);
        double[] corner = reference.ToArray();
        if (costs.Count > 0 && costs[0].Length != corner.Length) throw new ArgumentException("the reference needs one value per cost",
            nameof(reference));
        return Volume(NonDominated([.. costs.Where(c => Inside(c, corner))]), corner);
    }

    private static double Volume(List<double[]> points, double[] corner)
    {
        if (points.Count == 0) return 0;
        if (corner.Length == 2) return Staircase(points, corner);
        double total = 0;
        for (int i = 0; i < points.Count; i++)
        {
            // What point i adds beyond the points after it: its own box minus what they cover inside that box.
            double[] p = points[i];
            var limited = new List<double[]>(points.Count - i - 1);
            for (int j = i + 1; j < points.Count; j++) limited.Add(Worse(p, points[j]));
            total += Box(p, corner) - Volume(NonDominated(limited), corner);
        }
        return total;
    }

    private static double Staircase(List<double[]> points, double[] corner)
    {
        double total = 0, ceiling = corner[1];
        foreach (double[] p in points.OrderBy(p => p[0]).ThenBy(p => p[1]))
        {
            if (p[1] >= ceiling) continue;
            total += (corner[0] - p[0]) * (ceiling - p[1]);
            ceiling = p[1];
        }
        return total;
    }

    private static List<double[]> NonDominated(List<double[]> points)
    {
        points.Sort((a, b) => ParetoFront.Lexicographic(a, b));
        var kept = new List<double[]>(points.Count);
        foreach (double[] candidate in points)
            if (!kept.Exists(k => NowhereWorse(k, candidate))) kept.Add(candidate);
        return kept;
    }

    private static bool NowhereWorse(double[] a, double[] b)
    {
        for (int i = 0; i < a.Length; i++)
            if (a[i] > b[i]) return false;
        return true;
    }

    private static bool Inside(double[] p, double[] corner)
    {
        for (int i = 0; i < p.Length; i++)
            if (!(p[i] < corner[i])) return false;
        return true;
    }

    private static double[] Worse(double[] a, double[] b)
    {
        var worse = new double[a.Length];
        for (int i = 0; i < a.Length; i++) worse[i] = Math.Max(a[i], b[i]);
        return worse;
    }

    private static double Box(double[] p, double[] corner)
    {
        double volume = 1;
        for (int i = 0; i < p.Length; i++) volume *= corner[i] - p[i];
        return volume;
    }
}
