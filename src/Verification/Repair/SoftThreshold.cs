namespace Sim.Verification.Repair;

/// <summary>Euclidean projections by soft thresholds: every magnitude shrinks by λ times its cost, or to 0.</summary>
public static class SoftThreshold
{
    /// <summary>The nearest point with Σ|v| ≤ radius.</summary>
    public static double[] OntoBall(ReadOnlySpan<double> values, double radius)
    {
        double norm = 0;
        foreach (double v in values) norm += Math.Abs(v);
        if (norm <= radius) return values.ToArray();
        double[] costs = new double[values.Length];
        Array.Fill(costs, 1);
        double threshold = Multiplier(values, costs, radius);
        return Shrunk(values, threshold, threshold);
    }

    /// <summary>
    /// The nearest point of the exact feasible set of a register: x_max·S⁺ − x_min·S⁻ ≤ high and x_max·S⁻ − x_min·S⁺ ≤ low. Each limit that
    /// binds shrinks the two signs by its multiplier times what they cost it; where both bind, S⁺ and S⁻ are known and the signs are two
    /// simplex projections. With x_min = 0 these are the two of the sign split.
    /// </summary>
    public static double[] OntoLimits(ReadOnlySpan<double> values, SumLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        double up = (double)limits.Box.High, down = -(double)limits.Box.Low, high = (double)limits.High, low = (double)limits.Low;
        bool Fits(double[] v)
        {
            (double p, double n) = Signed(v);
            // As exact as float64 sums are; integers are judged exactly afterwards.
            const double Slack = 1e-9;
            return up * p + down * n <= high * (1 + Slack) + Slack && up * n + down * p <= low * (1 + Slack) + Slack;
        }
        double[] free = values.ToArray();
        if (Fits(free)) return free;
        double upper = Multiplier(values, Costs(values, up, down), high);
        double[] one = Shrunk(values, upper * up, upper * down);
        if (Fits(one)) return one;
        double lower = Multiplier(values, Costs(values, down, up), low);
        double[] other = Shrunk(values, lower * down, lower * up);
        if (Fits(other)) return other;
        double area = up * up - down * down, positive = Math.Max(0, (up * high - down * low) / area),
            negative = Math.Max(0, (up * low - down * high) / area);
        return Shrunk(values, SignThreshold(values, 1, positive), SignThreshold(values, -1, negative));
    }

    /// <summary>S⁺ and S⁻ of real weights.</summary>
    internal static (double Positive, double Negative) Signed(ReadOnlySpan<double> values)
    {
        double positive = 0, negative = 0;
        foreach (double v in values)
        {
            if (v > 0) positive += v;
            else negative -= v;
        }
        return (positive, negative);
    }

    /// <summary>The threshold that brings the magnitudes of one sign to a sum; 0 when they are below it.</summary>
    private static double SignThreshold(ReadOnlySpan<double> values, int sign, double sum)
    {
        double[] costs = new double[values.Length];
        for (int i = 0; i < costs.Length; i++) costs[i] = Math.Sign(values[i]) == sign ? 1 : 0;
        return Multiplier(values, costs, sum);
    }

    // λ ≥ 0 with Σ cost·max(|v| − λ·cost, 0) = budget; 0 when the sum does not exceed it. The terms that stay are those of the largest
    // |v|/cost.
    private static double Multiplier(ReadOnlySpan<double> values, double[] costs, double budget)
    {
        var order = new List<(double Ratio, double Magnitude, double Cost)>(values.Length);
        for (int i = 0; i < values.Length; i++)
            if (costs[i] > 0) order.Add((Math.Abs(values[i]) / costs[i], Math.Abs(values[i]), costs[i]));
        order.Sort((a, b) => b.Ratio.CompareTo(a.Ratio));
        double sum = 0, squares = 0, multiplier = 0;
        foreach ((double ratio, double magnitude, double cost) in order)
        {
            sum += magnitude * cost;
            squares += cost * cost;
            double candidate = (sum - budget) / squares;
            if (ratio <= candidate) break;
            multiplier = candidate;
        }
        return Math.Max(0, multiplier);
    }

    private static double[] Costs(ReadOnlySpan<double> values, double positive, double negative)
    {
        double[] costs = new double[values.Length];
        for (int i = 0; i < costs.Length; i++) costs[i] = values[i] > 0 ? positive : negative;
        return costs;
    }

    private static double[] Shrunk(ReadOnlySpan<double> values, double positive, double negative)
    {
        double[] shrunk = new double[values.Length];
        for (int i = 0; i < shrunk.Length; i++)
            shrunk[i] = values[i] > 0 ? Math.Max(values[i] - positive, 0) : Math.Min(values[i] + negative, 0);
        return shrunk;
    }
}
