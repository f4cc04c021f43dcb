using System.Collections.Immutable;

namespace Sim.Verification.Solvers;

/// <summary>The first of several solvers that there is on this machine. Those before it that there are not are told to whoever wants to
/// know.</summary>
public sealed class FirstSolver(ImmutableArray<ISmtSolver> solvers, Action<string>? note = null) : ISmtSolver
{
    private readonly Lock _choosing = new();
    private ISmtSolver? _chosen;
    private SolverException? _none;

    /// <inheritdoc/>
    public string Name => Chosen.Name;

    /// <inheritdoc/>
    public bool HasObjectives => Chosen.HasObjectives;

    /// <inheritdoc/>
    public string Limit(TimeSpan time) => Chosen.Limit(time);

    /// <inheritdoc/>
    public ISmtSession Open(CancellationToken cancellation = default) => Chosen.Open(cancellation);

    private ISmtSolver Chosen
    {
        get
        {
            lock (_choosing)
            {
                if (_chosen is not null) return _chosen;
                if (_none is not null) throw _none;
                List<string> missing = [];
                foreach (ISmtSolver solver in solvers)
                {
                    try
                    {
                        string name = solver.Name; // Asked of the solver itself, so that it is known to run.
                        foreach (string what in missing) note?.Invoke($"{what}; {name} is asked instead");
                        return _chosen = solver;
                    }
                    catch (SolverException e)
                    {
                        missing.Add(e.Message);
                    }
                }
                throw _none = new SolverException($"no solver: {string.Join("; ", missing)}");
            }
        }
    }
}
