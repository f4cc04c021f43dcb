using Sim.Verification.Claims;
using Sim.Verification.Solvers;

namespace Sim.Verification.Provers;

/// <summary>The inputs that a claim is about.</summary>
public static class InputSet
{
    /// <summary>Whether no input fulfils all relations within the boxes; null when that is not known.</summary>
    public static bool? IsEmpty(ChannelClaim claim, SolverPool? solvers, TimeSpan limit)
    {
        ArgumentNullException.ThrowIfNull(claim);
        if (claim.Relations.IsEmpty) return false;
        if (SumGroups.Of(claim, out _) is { } groups) return groups.IsEmpty;
        if (solvers is null) return null;
        try
        {
            return solvers.Ask(session =>
                session.Send(solvers.Solver.Limit(limit) + SmtText.InputSet(claim) + "(check-sat)\n", limit
                + TimeSpan.FromSeconds(2))) switch
            {
                "sat" => false,
                "unsat" => true,
                _ => null,
            };
        }
        catch (SolverException)
        {
            return null;
        }
    }
}
