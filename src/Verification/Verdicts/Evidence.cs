using System.Text.Json.Nodes;

namespace Sim.Verification.Verdicts;

/// <summary>Why a bound holds that the weights and boxes alone do not show: sums of groups, lines through layers, a solver's
/// answer.</summary>
/// <param name="Kind">The name in certificates.</param>
public abstract record Evidence(string Kind)
{
    /// <summary>The solver whose answers it rests on, and a second one that gave the same; null: it rests on none.</summary>
    public virtual (string Solver, string? ConfirmedBy)? Answers => null;

    /// <summary>The evidence as JSON, integers and rationals as text. Files that belong to it are handed to <paramref name="file"/> as
    /// (extension, text), which answers with the name and the SHA-256 to write down.</summary>
    public abstract JsonObject ToJson(Func<string, string, (string Name, string Digest)> file);
}
