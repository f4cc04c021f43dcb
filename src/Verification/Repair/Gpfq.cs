namespace Sim.Verification.Repair;

/// <summary>Greedy path following (GPFQ, arXiv 2010.11365): in the order of the inputs, each weight takes what brings the error of the sum
/// so far nearest to 0.</summary>
public sealed class Gpfq : ErrorFeedback
{
    /// <inheritdoc/>
    public override string Name => "gpfq";

    private protected override int Index(InputMoments inputs, int position) => position;

    private protected override double Centre(RowProblem problem, InputMoments inputs, int position, double[] errors)
    {
        double sum = 0;
        for (int j = 0; j < position; j++) sum += inputs.Damped[position * inputs.K + j] * errors[j];
        return problem.Wanted[position] - sum / inputs.Damped[position * inputs.K + position];
    }
}
