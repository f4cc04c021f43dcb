namespace Sim.Verification.Repair;

/// <summary>
/// Coordinate descent on integers: moves single weights, then pairs (one towards 0 that makes room for another), as long as the output
/// error on data falls and the feasible set holds the row. It ends where no such move helps.
/// </summary>
internal static class Descent
{
    private const int Sweeps = 12;

    internal static void Refine(Budget budget, ReadOnlySpan<double> wanted, InputMoments inputs)
    {
        int k = wanted.Length;
        double[] slope = new double[k];
        for (int i = 0; i < k; i++) Add(slope, inputs, i, budget.Weights[i] - wanted[i]);
        for (int sweep = 0; sweep < Sweeps; sweep++)
            if (!Singles(budget, inputs, slope) & !Pairs(budget, inputs, slope)) return;
    }

    private static bool Singles(Budget budget, InputMoments inputs, double[] slope)
    {
        bool moved = false;
        for (int i = 0; i < slope.Length; i++)
        {
            double curve = inputs.Damped[i * slope.Length + i];
            int step = budget.Nearest(i, budget.Weights[i] - slope[i] / curve) - budget.Weights[i];
            if (step != 0 && Falls(2 * step * slope[i] + curve * step * step, curve)) moved |= Move(budget, inputs, slope, i, step);
        }
        return moved;
    }

    private static bool Pairs(Budget budget, InputMoments inputs, double[] slope)
    {
        bool moved = false;
        int k = slope.Length;
        for (int i = 0; i < k; i++)
        {
            int release = -Math.Sign(budget.Weights[i]);
            if (release == 0) continue;
            double curve = inputs.Damped[i * k + i], alone = 2 * release * slope[i] + curve;
            int best = -1, bestStep = 0;
            double least = 0;
            budget.Set(i, budget.Weights[i] + release);
            for (int j = 0; j < k; j++)
            {
                if (j == i) continue;
                double now = slope[j] + release * inputs.Damped[i * k + j];
                int step = now > 0 ? -1 : 1;
                double change = alone + 2 * step * now + inputs.Damped[j * k + j];
                if (change >= least || !Falls(change, curve)) continue;
                (int low, int high) = budget.Room(j);
                if (budget.Weights[j] + step < low || budget.Weights[j] + step > high) continue;
                (best, bestStep, least) = (j, step, change);
            }
            budget.Set(i, budget.Weights[i] - release);
            if (best < 0) continue;
            Move(budget, inputs, slope, i, release);
            moved |= Move(budget, inputs, slope, best, bestStep);
        }
        return moved;
    }

    // Steps that rounding alone calls downhill would go round in circles.
    private static bool Falls(double change, double curve) => change < -1e-9 * curve;

    private static bool Move(Budget budget, InputMoments inputs, double[] slope, int i, int step)
    {
        budget.Set(i, budget.Weights[i] + step);
        Add(slope, inputs, i, step);
        return true;
    }

    private static void Add(double[] slope, InputMoments inputs, int i, double change)
    {
        ReadOnlySpan<double> row = inputs.Damped.AsSpan(i * slope.Length, slope.Length);
        for (int j = 0; j < slope.Length; j++) slope[j] += change * row[j];
    }
}
