using Sim.Verification.Provers;
using Sim.Verification.Solvers;

namespace Sim.Verification.Tests.Solvers;

/// <summary>z3 where it is installed; tests that need it are skipped with that reason where it is not.</summary>
internal static class Z3
{
    private static readonly Lazy<string?> Missing = new(() =>
    {
        try
        {
            _ = SolverCommand.Z3().Name;
            return null;
        }
        catch (SolverException e)
        {
            return e.Message;
        }
    });

    internal static SolverPool Pool()
    {
        if (Missing.Value is { } why) Assert.Ignore($"needs z3: {why}");
        return new(SolverCommand.Z3());
    }

    internal static SmtProver Prover(SolverPool pool, double seconds = 60) => new(pool, TimeSpan.FromSeconds(seconds));
}
