using System.Collections.Immutable;
using Sim.Verification.Claims;
using Sim.Verification.Solvers;

namespace Sim.Verification.Provers;

/// <summary>
/// Asks a solver of linear integer arithmetic about inputs that relations tie: one question for each partial sum whose interval exceeds the
/// bound, in one session. A solver that is missing, dies or takes too long leaves the bounds of the intervals and a reason.
/// </summary>
/// <param name="solvers">Sessions; disposed by whoever made them. null: no solver, every claim is refused.</param>
/// <param name="limit">Time for all questions about one channel.</param>
public sealed class SmtProver(SolverPool? solvers, TimeSpan limit) : IProver
{
    /// <inheritdoc/>
    public string Name => "smt";

    /// <inheritdoc/>
    public string? Refuses(ChannelClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        if (solvers is null) return "no solver is given";
        if (claim.Relations.IsEmpty) return "the inputs are independent: their extremes are exact";
        if (claim.Layer.Weights.Length == 0) return "the weights are not constant, so the sums are not linear";
        return claim.Layer.InputStep != 1 ? "the inputs are not all integers of their box" : null;
    }

    /// <inheritdoc/>
    public ProverBound Bound(ChannelClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        if (solvers is null) throw new ArgumentException("no solver is given", nameof(claim));
        PartialSum[] sums = [.. PrefixExtremes.Each(claim)];
        try
        {
            ProverBound found = solvers.Ask(session => new SmtSearch(claim, sums, session, solvers.Solver, limit).Run());
            return found.Evidence is [SmtEvidence evidence] && solvers.Second is { } second ? Confirmed(found, evidence, second, sums)
                : found;
        }
        catch (SolverException e)
        {
            return new(PartialSum.Hulls(sums, claim.Registers.Length), [], [], e.Message);
        }
    }

    // Where a second solver contradicts the first, neither counts.
    private ProverBound Confirmed(ProverBound found, SmtEvidence evidence, SolverPool second, PartialSum[] sums)
    {
        string script = evidence.Query();
        bool? agrees = ScriptAnswers.Of(second, script, script.Split("(check-sat)").Length - 2, limit);
        return agrees switch
        {
            true => found with { Evidence = [evidence with { AgreedBy = second.Solver.Name }] },
            false => new(PartialSum.Hulls(sums, found.Ranges.Length), [], [],
                $"the solvers '{evidence.Solver}' and '{second.Solver.Name}' contradict each other"),
            _ => found,
        };
    }
}
