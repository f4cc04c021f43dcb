namespace Sim.Workloads.Execution.Operators;

/// <summary>The error function to about double precision: Taylor series near zero, continued fraction of erfc (Abramowitz and Stegun 7.1.5,
/// 7.1.14) beyond.</summary>
internal static class ErrorFunction
{
    internal static double Erf(double x)
    {
        if (double.IsNaN(x)) return x;
        double a = Math.Abs(x);
        double value = a < 2.5 ? Series(a) : a > 6 ? 1 : 1 - Complement(a);
        return x < 0 ? -value : value;
    }

    private static double Series(double x)
    {
        double term = x, sum = x;
        for (int n = 1; Math.Abs(term) > 1e-18 * sum && n < 200; n++)
        {
            term *= -x * x / n;
            sum += term / (2 * n + 1);
        }
        return 2 / Math.Sqrt(Math.PI) * sum;
    }

    private static double Complement(double x)
    {
        double fraction = x;
        for (int n = 60; n >= 1; n--) fraction = x + n / 2.0 / fraction;
        return Math.Exp(-x * x) / (Math.Sqrt(Math.PI) * fraction);
    }
}
