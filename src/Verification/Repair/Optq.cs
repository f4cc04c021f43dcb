namespace Sim.Verification.Repair;

/// <summary>
/// OPTQ, also called GPTQ (arXiv 2210.17323): from the inputs that vary most to those that vary least, each weight takes its optimum given
/// the chosen ones when the others are free and real. With the Cholesky factor L of the covariance, that is one step of back substitution.
/// </summary>
public sealed class Optq : ErrorFeedback
{
    /// <inheritdoc/>
    public override string Name => "gptq";

    private protected override int Index(InputMoments inputs, int position) => inputs.Order[inputs.K - 1 - position];

    private protected override double Centre(RowProblem problem, InputMoments inputs, int position, double[] errors)
    {
        int row = inputs.K - 1 - position, k = inputs.K;
        double sum = 0;
        for (int j = row + 1; j < k; j++) sum += inputs.Factor[j * k + row] * errors[inputs.Order[j]];
        return problem.Wanted[inputs.Order[row]] - sum / inputs.Factor[row * k + row];
    }
}
