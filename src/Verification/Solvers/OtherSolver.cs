using System.Collections.Immutable;

namespace Sim.Verification.Solvers;

/// <summary>The first of several solvers on this machine that is another one than a given solver, by name and version.</summary>
public sealed class OtherSolver(ISmtSolver than, ImmutableArray<ISmtSolver> solvers) : ISmtSolver
{
    private readonly Lazy<ISmtSolver?> _chosen = new(() => solvers.FirstOrDefault(s =>
    {
        try
        {
            return s.Name != than.Name;
        }
        catch (SolverException)
        {
            return false;
        }
    }));

    /// <inheritdoc/>
    public string Name => Chosen.Name;

    /// <inheritdoc/>
    public bool HasObjectives => Chosen.HasObjectives;

    /// <inheritdoc/>
    public string Limit(TimeSpan time) => Chosen.Limit(time);

    /// <inheritdoc/>
    public ISmtSession Open(CancellationToken cancellation = default) => Chosen.Open(cancellation);

    private ISmtSolver Chosen => _chosen.Value ?? throw new SolverException($"there is no second solver beside '{than.Name}'");
}
