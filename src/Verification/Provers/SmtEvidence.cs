using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Sim.Verification.Verdicts;

namespace Sim.Verification.Provers;

/// <summary>A solver's answers to a script of questions: `sat` to the first (inputs exist), `unsat` to all others (no sum exceeds the
/// bounds).</summary>
/// <param name="Solver">Name and version.</param>
/// <param name="Low">Of each register the least sum; null where boxes alone bound it.</param>
/// <param name="High">The same of the largest.</param>
public sealed record SmtEvidence(string Solver, Func<string> Query, ImmutableArray<Int128?> Low, ImmutableArray<Int128?> High)
    : Evidence("smt")
{
    /// <summary>Name and version of a second solver that gave the same answers; null: there was none, or it does not know.</summary>
    public string? AgreedBy { get; init; }

    /// <inheritdoc/>
    public override (string Solver, string? ConfirmedBy)? Answers => (Solver, AgreedBy);

    /// <inheritdoc/>
    public override JsonObject ToJson(Func<string, string, (string Name, string Digest)> file)
    {
        ArgumentNullException.ThrowIfNull(file);
        (string script, string sha256) = file(".smt2", Query());
        return new()
        {
            ["low"] = new JsonArray([.. Low.Select(v => (JsonNode?)v?.ToString())]),
                ["high"] = new JsonArray([.. High.Select(v => (JsonNode?)v?.ToString())]),
            ["script"] = script, ["script_sha256"] = sha256,
        };
    }
}
