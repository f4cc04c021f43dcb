using System.Globalization;
using System.Text.Json.Nodes;
using Sim.Foundation.Text;
using Sim.Mapper.Advice;
using Sim.Mapper.Search;

namespace Sim.Cli.Verbs.Maps;

/// <summary>Which single change of an accelerator helps most, as text or as JSON.</summary>
internal static class AdviceReport
{
    /// <summary>One or two lines.</summary>
    public static IEnumerable<string> Lines(MapAdvice advice, MapObjective objective, double clockHertz)
    {
        string name = objective.ToString().ToLowerInvariant();
        int tried = advice.Rows.Length;
        if (advice.Best(objective) is not { } best)
            yield return Invariant($"would help most: none of the {tried} single changes tried gains 0.1 % of {name}");
        else
            yield return $"would help most: {best.Change.Text}: {Cost(best.Before, clockHertz)} → {Cost(best.After, clockHertz)}"
                + Invariant($", {name} {best.Gain(objective):0.00#} times better, {Area(best)}")
                + (best.Bound is { } bound ? $", then bound by {bound}" : "")
                + Invariant($" (of {tried} tried{(best.IsProved ? "" : "; not proved: searches of bounded effort")})");
        if (advice.BetterFound)
            yield return "  these searches found a mapping that is better, waits counted, than the one above on the unchanged accelerator; "
                + "gains are against it";
    }

    private static string Cost(AdviceCost cost, double clockHertz) =>
        $"{SiNumber.Of(cost.Picojoules * 1e-12)}J, {SiNumber.Of(cost.Cycles).TrimEnd()} cycles ({SiNumber.Of(cost.Cycles / clockHertz)}s)";

    private static string Area(AdviceRow row) => row.AreaAfter is not { } after ? $"area not counted: {row.Change.Unpriced}"
        : Invariant($"area {row.AreaBefore / 1e6:0.####} → {(row.AreaIsLeast ? "at least " : "")}{after / 1e6:0.####} mm2");

    /// <summary>All that was tried, the best first.</summary>
    public static JsonObject Json(MapAdvice advice, MapObjective objective) => new()
    {
        ["effort"] = advice.Effort,
        ["better_mapping_found"] = advice.BetterFound,
        ["best"] = advice.Best(objective)?.Change.Text,
        ["tried"] = new JsonArray([.. advice.Rows.Select(r => (JsonNode)new JsonObject
        {
            ["change"] = r.Change.Text,
            ["gain"] = r.Gain(objective),
            ["before"] = Json(r.Before),
            ["after"] = Json(r.After),
            ["bound"] = r.Bound,
            ["area_before_um2"] = r.AreaBefore,
            ["area_after_um2"] = r.AreaAfter,
            ["area_is_least"] = r.AreaIsLeast,
            ["area_missing"] = r.Change.Unpriced,
            ["misses_clock"] = r.MissesClock,
            ["proved"] = r.IsProved,
        })]),
        ["not_tried"] = new JsonArray([.. advice.NotTried.Select(n => (JsonNode)new JsonObject
            { ["change"] = n.Change, ["reason"] = n.Reason })]),
    };

    private static JsonObject Json(AdviceCost cost) => new() { ["picojoules"] = cost.Picojoules, ["cycles"] = cost.Cycles };

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
