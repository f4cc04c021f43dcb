namespace Sim.Calibration;

/// <summary>
/// Least squares over relative errors with a sign for every coefficient (non-negative, or non-positive), by cyclic coordinate descent: each
/// step is the exact minimum in one coefficient, in a fixed order, so the result is the same everywhere.
/// </summary>
public sealed class LinearFit
{
    private const int Sweeps = 20000;
    private readonly int _count;
    private readonly bool[] _negative;
    private readonly double[,] _a;
    private readonly double[] _b;

    /// <summary>A fit of as many coefficients as <paramref name="negative"/> has entries; true marks one that may only be ≤ 0.</summary>
    public LinearFit(bool[] negative)
    {
        _count = negative.Length;
        _negative = negative;
        _a = new double[_count, _count];
        _b = new double[_count];
    }

    /// <summary>Adds the equation Σ coefficient · x = target with a weight on its squared relative error (relative to
    /// <paramref name="scale"/>).</summary>
    public void Add(double[] x, double target, double scale, double weight)
    {
        double w = weight / (scale * scale);
        for (int i = 0; i < _count; i++)
        {
            _b[i] += w * x[i] * target;
            for (int j = 0; j < _count; j++) _a[i, j] += w * x[i] * x[j];
        }
    }

    /// <summary>Pulls one coefficient towards a prior, so that what the rows do not tell apart stays near it.</summary>
    public void Prior(int coefficient, double value, double weight)
    {
        _a[coefficient, coefficient] += weight / (value * value);
        _b[coefficient] += weight / value;
    }

    /// <summary>The coefficients.</summary>
    public double[] Solve()
    {
        var c = new double[_count];
        for (int sweep = 0; sweep < Sweeps; sweep++)
        {
            double moved = 0;
            for (int i = 0; i < _count; i++)
            {
                if (_a[i, i] == 0) continue;
                double gradient = _b[i];
                for (int j = 0; j < _count; j++) gradient -= _a[i, j] * c[j];
                double next = c[i] + (gradient / _a[i, i]);
                next = _negative[i] ? Math.Min(0, next) : Math.Max(0, next);
                moved = Math.Max(moved, Math.Abs(next - c[i]));
                c[i] = next;
            }
            if (moved < 1e-12) break;
        }
        return c;
    }
}
