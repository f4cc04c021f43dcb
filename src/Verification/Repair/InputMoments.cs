namespace Sim.Verification.Repair;

/// <summary>How the K inputs of a sum vary on data.</summary>
public sealed class InputMoments
{
    // Of the mean variance: inputs that never vary on the data still have some weight (the damping of OPTQ, arXiv 2210.17323).
    private const double Damping = 0.01;

    private readonly Lazy<double[]> _factor;

    /// <param name="mean">Mean of each input, zero point subtracted.</param>
    /// <param name="covariance">K×K, row-major: the mean of (x_i − mean_i)(x_j − mean_j). What the mean does to a sum, a bias can undo;
    /// this is the rest.</param>
    public InputMoments(double[] mean, double[] covariance)
    {
        ArgumentNullException.ThrowIfNull(mean);
        ArgumentNullException.ThrowIfNull(covariance);
        if (covariance.LongLength != mean.LongLength
            * mean.Length) throw new ArgumentException($"{covariance.Length} covariances of {mean.Length} inputs", nameof(covariance));
        (Mean, Covariance) = (mean, covariance);
        double trace = 0;
        for (int i = 0; i < K; i++) trace += covariance[i * K + i];
        Damped = [.. covariance];
        double damping = trace > 0 ? Damping * trace / K : 1;
        for (int i = 0; i < K; i++) Damped[i * K + i] += damping;
        Order = [.. Enumerable.Range(0, K).OrderBy(i => Damped[i * K + i])];
        _factor = new(Cholesky);
    }

    /// <summary>Mean of each input.</summary>
    public double[] Mean { get; }

    /// <summary>K×K.</summary>
    public double[] Covariance { get; }

    /// <summary>Inputs of a sum.</summary>
    public int K => Mean.Length;

    /// <summary>The covariance, a hundredth of its mean diagonal added to the diagonal: positive definite.</summary>
    internal double[] Damped { get; }

    /// <summary>Inputs by rising variance.</summary>
    internal int[] Order { get; }

    /// <summary>Lower Cholesky factor of the damped covariance in <see cref="Order"/>.</summary>
    internal double[] Factor => _factor.Value;

    /// <summary>Variance over the data of the change of the sum when the weights change by <paramref name="error"/>.</summary>
    public double Variance(ReadOnlySpan<double> error)
    {
        double sum = 0;
        for (int i = 0; i < error.Length; i++)
        {
            if (error[i] == 0) continue;
            double row = 0;
            for (int j = 0; j < error.Length; j++) row += Covariance[i * K + j] * error[j];
            sum += row * error[i];
        }
        return Math.Max(0, sum);
    }

    /// <summary>Mean over the data of the change of the sum when the weights change by <paramref name="error"/>.</summary>
    public double Shift(ReadOnlySpan<double> error)
    {
        double sum = 0;
        for (int i = 0; i < error.Length; i++) sum += Mean[i] * error[i];
        return sum;
    }

    private double[] Cholesky()
    {
        double[] l = new double[K * K];
        for (int i = 0; i < K; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                double sum = Damped[Order[i] * K + Order[j]];
                for (int m = 0; m < j; m++) sum -= l[i * K + m] * l[j * K + m];
                l[i * K + j] = i == j ? Math.Sqrt(sum) : sum / l[j * K + j];
            }
        }
        return l;
    }
}
