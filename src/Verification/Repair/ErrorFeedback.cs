namespace Sim.Verification.Repair;

/// <summary>
/// Rounds weights one after the other, each told the error that those before it made on data, and each kept within what the exact limits
/// have left (AXE, arXiv 2409.17092: a soft threshold for the row's budget, a strict clamp for each step). Descent from the better of that
/// and the plain projection ends it.
/// </summary>
public abstract class ErrorFeedback : IRepairMethod
{
    /// <inheritdoc/>
    public abstract string Name { get; }

    /// <inheritdoc/>
    public bool NeedsData => true;

    /// <summary>The real value that weight k should have, given the errors of those already chosen (integer − wanted; 0 for the
    /// others).</summary>
    private protected abstract double Centre(RowProblem problem, InputMoments inputs, int position, double[] errors);

    /// <summary>Weight of each step.</summary>
    private protected abstract int Index(InputMoments inputs, int position);

    /// <inheritdoc/>
    public int[] Repair(RowProblem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        InputMoments inputs = problem.Inputs ?? throw new ArgumentException("error feedback needs data", nameof(problem));
        double[] wanted = problem.Wanted, shrunk = new SignSplit().Project(wanted, problem.Set.Whole), errors = new double[wanted.Length];
        // The thresholds of the projection: what each sign gives up.
        double positive = 0, negative = 0;
        for (int k = 0; k < wanted.Length; k++)
        {
            if (wanted[k] > 0) positive = Math.Max(positive, wanted[k] - shrunk[k]);
            else negative = Math.Max(negative, shrunk[k] - wanted[k]);
        }
        var budget = new Budget(problem.Set, problem.Range, wanted.Length);
        for (int position = 0; position < wanted.Length; position++)
        {
            int k = Index(inputs, position);
            double centre = Centre(problem, inputs, position, errors);
            centre = centre > 0 ? Math.Max(0, centre - positive) : Math.Min(0, centre + negative);
            budget.Set(k, budget.Nearest(k, centre));
            errors[k] = budget.Weights[k] - wanted[k];
        }
        var other = new Budget(problem.Set, problem.Range, wanted.Length);
        int[] projected = new SignSplit().Repair(problem);
        for (int k = 0; k < projected.Length; k++) other.Set(k, projected[k]);
        Budget better = inputs.Variance(errors) <= inputs.Variance([.. projected.Select((q, k) => q - wanted[k])]) ? budget : other;
        Descent.Refine(better, wanted, inputs);
        return better.Weights;
    }
}
