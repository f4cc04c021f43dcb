namespace Sim.Verification.Repair;

/// <summary>How the K inputs of a sum vary on data.</summary>
/// <param name="Mean">Mean of each input, zero point subtracted.</param>
/// <param name="Covariance">K×K, row-major: the mean of (x_i − mean_i)(x_j − mean_j). What the mean does to a sum, a bias can undo; this is the rest.</param>
public sealed record InputMoments(double[] Mean, double[] Covariance)
{
    /// <summary>Inputs.</summary>
    public int K => Mean.Length;

    /// <summary>Variance over the data of the change of the sum when the weights change by <paramref name="error"/>.</summary>
    public double Variance(ReadOnlySpan<double> error)
    {
        double sum = 0;
        for (int i = 0; i < error.Length; i++)
        {
            double row = 0;
            for (int j = 0; j < error.Length; j++) row += Covariance[i * K + j] * error[j];
            sum += row * error[i];
        }
        return sum;
    }
}
