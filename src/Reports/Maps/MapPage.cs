using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Sim.Foundation.Text;
using Sim.Mapper.Advice;
using Sim.Mapper.Answers;
using static Sim.Reports.Maps.SvgText;

namespace Sim.Reports.Maps;

/// <summary>The page of best mappings: one file that needs no network and no scripts.</summary>
public sealed class MapPage
{
    private readonly MapAnswer _answer;
    private readonly double _clock;
    private readonly ImmutableArray<(MappedLayer Layer, int Times, int Kind)> _kinds;
    private readonly ImmutableArray<(string Bound, string Colour)> _colours;

    private MapPage(MapAnswer answer)
    {
        (_answer, _clock) = (answer, answer.Target.Architecture.ClockHertz);
        _kinds = [.. answer.Layers.Zip(answer.Kinds).GroupBy(l => l.Second).Select(g => (g.First().First, g.Count(), g.Key))];
        _colours = RooflineFigure.Colours(_kinds.Select(k => k.Layer));
    }

    /// <summary>The page.</summary>
    /// <param name="answer">What was mapped, of at least one layer.</param>
    /// <param name="version">Of the tool.</param>
    public static string Of(MapAnswer answer, string version)
    {
        ArgumentNullException.ThrowIfNull(answer);
        var page = new MapPage(answer);
        string objective = answer.Pareto ? "energy, of all that trade energy for cycles" : answer.Objective switch
        {
            Mapper.Search.MapObjective.Energy => "energy",
            Mapper.Search.MapObjective.Latency => "cycles",
            _ => "energy × cycles",
        };
        var parts = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["title"] = E($"{answer.Target.Architecture.Name} · {answer.Network}"),
            ["lead"] = E($"Mappings of least {objective} of each matrix layer, one layer after another."),
            ["style"] = WebAssets.Style + WebAssets.MapStyle,
            ["facts"] = page.Facts(),
            ["advice"] = page.Advice(),
            ["legend"] = TimeFigure.Legend(page._colours.Select(c => ("bound by " + c.Bound, c.Colour))),
            ["roofs"] = page.Roofs(),
            ["time"] = TimeFigure.Of(page._kinds),
            ["layers"] = MapTables.Layers(answer),
            ["kinds"] = string.Concat(page._kinds.Select(k => MapTables.Kind(answer, k.Layer, k.Times, k.Kind))),
            ["footer"] = E($"sim {version}. Cycles are those of the nest with all waits; a memory's ceiling is what its bus and ports "
                + "allow."),
        };
        return Fill(WebAssets.MapPage, parts);
    }

    private string Facts()
    {
        double macs = _answer.Layers.Sum(l => (double)l.Layer.Macs);
        int proved = _answer.Layers.Count(l => l.Result.Certificate.IsOptimal);
        string Fact(string name, string value) => $"<div><dt>{E(name)}</dt><dd>{E(value)}</dd></div>";
        return Fact("layers", _kinds.Length == _answer.Layers.Length ? $"{_answer.Layers.Length}"
                : $"{_answer.Layers.Length}, {_kinds.Length} kinds")
            + Fact("products", SiNumber.Of(macs) + "MAC") + Fact("energy", SiNumber.Of(_answer.Picojoules * 1e-12) + "J")
            + Fact("time", SiNumber.Of(_answer.Cycles / _clock) + "s") + Fact("cycles", SiNumber.Of(_answer.Cycles).TrimEnd())
            + Fact("of the peak", Percent(macs / (_answer.Cycles * _answer.Target.Peak)))
            + Fact("proved optimal", $"{proved} of {_answer.Layers.Length}");
    }

    private string Advice()
    {
        if (_answer.Advice is not { Whole: var advice }) return "";
        if (advice.Best(_answer.Objective) is null) return "<section class=\"notice\"><p>"
            + E($"None of {advice.Rows.Length} single changes of the architecture helps.") + "</p></section>";
        return "<section class=\"card\"><h2>What would help most <small>single changes, each tried by mapping the layers again</small></h2>"
            + MapTables.Changes([.. advice.Rows.Where(r => r.Gain(_answer.Objective) >= MapAdvice.LeastGain).Take(6)], _answer.Objective,
                _clock)
            + (advice.BetterFound
                ? "<p class=\"hint\">On the way a mapping was found that is better, waits counted, than the one below on the "
                + "unchanged accelerator; gains are against it.</p>" : "") + "</section>";
    }

    private string Roofs()
    {
        var text = new StringBuilder("<div class=\"roofs\">");
        double peak = _answer.Target.Peak * _clock;
        foreach (MemoryRoof roof in MemoryRoof.Of(_answer.Target.Architecture))
        {
            ImmutableArray<RoofPoint> points = [.. _kinds.Select(k => Point(k.Layer, k.Times, k.Kind, roof)).OfType<RoofPoint>()];
            if (points.IsEmpty) continue;
            text.Append($"<figure{(roof.Level == 0 ? " class=\"whole\"" : "")}>");
            text.Append(RooflineFigure.Of(roof.Memory, peak, roof.BytesPerCycle * _clock, points, roof.Level == 0)).Append("</figure>");
        }
        return text.Append("</div>").ToString();
    }

    private RoofPoint? Point(MappedLayer layer, int times, int kind, MemoryRoof roof)
    {
        double bytes = roof.BytesOf(StoreTraffic.Of(layer.Result, layer.Problem)), cycles = layer.Time.Total;
        return bytes == 0 ? null : new(layer.Layer.Name, kind, layer.Layer.Macs / bytes, layer.Layer.Macs / cycles * _clock,
            times * cycles / _answer.Cycles, layer.Result.Cost.Bound, _colours.First(c => c.Bound == layer.Result.Cost.Bound).Colour);
    }

    internal static string Percent(double part) => string.Create(CultureInfo.InvariantCulture, $"{100 * part:0.#} %");

    // Replaces each `{{name}}` once, left to right; inserted text is not looked at again.
    private static string Fill(string template, Dictionary<string, string> parts)
    {
        var page = new StringBuilder();
        int at = 0;
        while (template.IndexOf("{{", at, StringComparison.Ordinal) is var open and >= 0)
        {
            int close = template.IndexOf("}}", open, StringComparison.Ordinal);
            page.Append(template, at, open - at).Append(parts[template[(open + 2)..close]]);
            at = close + 2;
        }
        return page.Append(template, at, template.Length - at).ToString();
    }
}
