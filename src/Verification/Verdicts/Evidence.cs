using System.Text.Json.Nodes;

namespace Sim.Verification.Verdicts;

/// <summary>Why a bound holds that the weights and boxes alone do not show: an LP's dual solution, a solver's answer.</summary>
/// <param name="Kind">What the checker looks up: see <see cref="Checking.EvidenceCheckCatalogue"/>.</param>
public abstract record Evidence(string Kind)
{
    /// <summary>The evidence as JSON, integers and rationals as text. Files that belong to it are handed to <paramref name="file"/> as (extension, text), which answers with the name to write down.</summary>
    public abstract JsonObject ToJson(Func<string, string, string> file);
}
