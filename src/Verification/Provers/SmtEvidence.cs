using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Sim.Verification.Verdicts;

namespace Sim.Verification.Provers;

/// <summary>A solver's answers to a script of questions: `sat` to the first (inputs exist), `unsat` to all others (no sum exceeds the bounds).</summary>
/// <param name="Solver">Name and version.</param>
/// <param name="Low">Of each register the least sum; null where boxes alone bound it.</param>
/// <param name="High">The same of the largest.</param>
public sealed record SmtEvidence(string Solver, Func<(string Script, int Questions)> Query, ImmutableArray<Int128?> Low, ImmutableArray<Int128?> High) : Evidence("smt")
{
    /// <inheritdoc/>
    public override JsonObject ToJson(Func<string, string, string> file)
    {
        ArgumentNullException.ThrowIfNull(file);
        (string script, int questions) = Query();
        return new()
        {
            ["solver"] = Solver,
            ["low"] = new JsonArray([.. Low.Select(v => (JsonNode?)v?.ToString())]),
            ["high"] = new JsonArray([.. High.Select(v => (JsonNode?)v?.ToString())]),
            ["script"] = file(".smt2", script),
            ["answers"] = file(".answers", "sat\n" + string.Concat(Enumerable.Repeat("unsat\n", questions))),
        };
    }
}
