namespace Sim.Verification.Solvers;

/// <summary>
/// Asks a script whose answers are prescribed: `sat` to its first check-sat, `unsat` to all others. Each `unsat` counts only when the
/// solver, asked the opposite in the same state, says `sat`, as it must.
/// </summary>
public static class ScriptAnswers
{
    private const string CheckSat = "(check-sat)\n", Next = "(pop 1)\n(push 1)\n";

    /// <summary>true: all answers are as prescribed. false: the solver contradicts. null: it does not know, died, or was caught answering
    /// wrongly.</summary>
    /// <param name="unsat">Questions after the first one.</param>
    public static bool? Of(SolverPool solvers, string script, int unsat, TimeSpan limit)
    {
        ArgumentNullException.ThrowIfNull(solvers);
        ArgumentNullException.ThrowIfNull(script);
        string[] parts = script.Split(CheckSat);
        if (parts.Length != unsat + 2) throw new ArgumentException($"a script of {parts.Length - 1} questions, {unsat + 1} are announced",
            nameof(unsat));
        TimeSpan grace = limit + TimeSpan.FromSeconds(2);
        try
        {
            return solvers.Ask(session =>
            {
                for (int i = 0; i <= unsat; i++)
                {
                    string answer = session.Send((i == 0 ? solvers.Solver.Limit(limit) : "") + parts[i] + CheckSat, grace);
                    if (answer == (i == 0 ? "unsat" : "sat")) return false;
                    if (answer != (i == 0 ? "sat" : "unsat")) return null;
                    if (i > 0 && session.Send(Next + Opposite(parts[i]) + CheckSat, grace) != "sat") return null;
                }
                return (bool?)true;
            });
        }
        catch (SolverException)
        {
            return null;
        }
    }

    // "(assert (> sum bound))" becomes "(assert (<= sum bound))".
    private static string Opposite(string question)
    {
        string claim = question[question.LastIndexOf("(assert (", StringComparison.Ordinal)..];
        return claim[9] == '>' ? "(assert (<= " + claim[11..] : "(assert (>= " + claim[11..];
    }
}
