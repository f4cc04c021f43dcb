using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Sim.Exploration.Metrics;
using Sim.Exploration.Studies;
using Sim.Reports.Charts;
using Sim.Simulator;

namespace Sim.Reports.Exporters;

/// <summary>
/// What the page's code reads. Records repeat names and sources thousands of times, so texts are listed once in `strings` and named by index, and rows are
/// arrays; Web/model.js and Web/detail.js hold the other end.
/// </summary>
internal sealed class HtmlData
{
    private readonly Dictionary<string, int> _strings = new(StringComparer.Ordinal);

    public static JsonObject Of(Report report)
    {
        var build = new HtmlData();
        StudyHeader header = report.Result.Header;
        ImmutableArray<Metric> metrics = report.Metrics;
        var points = new JsonArray([.. report.Analysis.Points.Select(p => build.Point(p, header.Axes, metrics))]);
        return new JsonObject
        {
            ["digest"] = header.Digest,
            ["toolVersion"] = header.ToolVersion,
            ["pointCount"] = header.PointCount,
            ["studyText"] = header.StudyText,
            ["shown"] = Figures.Shown(report)?.Index,
            ["objectives"] = new JsonArray([.. report.Analysis.Objectives.Select(o => new JsonObject { ["metric"] = o.Metric, ["goal"] = Word(o.Goal) })]),
            ["constraints"] = new JsonArray([.. header.Constraints.Select(c => JsonValue.Create(c.ToString()))]),
            ["fronts"] = new JsonArray([.. report.Analysis.Fronts.Select(f => new JsonObject
            {
                ["network"] = f.Network, ["members"] = new JsonArray([.. f.Members.Select(m => JsonValue.Create(m))]), ["candidates"] = f.Candidates, ["hypervolume"] = f.Hypervolume,
            })]),
            ["warnings"] = new JsonArray([.. report.Analysis.Warnings.Select(w => JsonValue.Create(w))]),
            ["metrics"] = new JsonArray([.. metrics.Select(m => new JsonObject { ["name"] = m.Name, ["label"] = m.Label, ["unit"] = m.Unit, ["goal"] = Word(m.Goal) })]),
            ["axes"] = new JsonArray([.. header.Axes.Select(a => JsonValue.Create(a))]),
            ["points"] = points,
            ["strings"] = new JsonArray([.. build._strings.OrderBy(s => s.Value).Select(s => JsonValue.Create(s.Key))]),
        };
    }

    private JsonObject Point(JudgedPoint judged, ImmutableArray<string> axes, ImmutableArray<Metric> metrics)
    {
        PointResult p = judged.Point;
        return new JsonObject
        {
            ["i"] = p.Index,
            ["s"] = p.Status.ToString().ToLowerInvariant(),
            ["r"] = p.Reason,
            ["f"] = judged.OnFront ? 1 : 0,
            ["v"] = new JsonArray([.. judged.Violations.Select(v => JsonValue.Create(v))]),
            ["p"] = new JsonArray([.. axes.Select(a => JsonValue.Create(Text(p.Parameters.GetValueOrDefault(a, ""))))]),
            ["m"] = new JsonArray([.. metrics.Select(m => Number(p.Record is { } r ? m.Of(r) : null))]),
            ["d"] = p.Record is { } record ? Detail(record) : null,
        };
    }

    private JsonObject Detail(RunRecord r) => new()
    {
        ["network"] = Text(r.Network),
        ["key"] = r.DesignKey,
        ["architecture"] = Text(r.ArchitectureJson),
        ["recipe"] = Text(r.RecipeJson),
        ["digests"] = new JsonArray([.. r.InputDigests.Select(d => new JsonArray(Text(d.Key), Text(d.Value)))]),
        ["accuracy"] = r.Accuracy is { } a ? new JsonObject { ["samples"] = a.Samples, ["float"] = Number(a.FloatTop1) } : null,
        ["dynamic"] = Number(r.DynamicEnergyPicojoules),
        ["leakage"] = Number(r.LeakageEnergyPicojoules),
        ["area"] = new JsonArray([.. r.Area.Select(i => new JsonArray(Text(i.Component), Text(i.Role), Number(i.Value), Text(i.Unit), Text(i.Source)))]),
        ["layers"] = new JsonArray([.. r.Layers.Select(Layer)]),
        ["warnings"] = new JsonArray([.. r.Warnings.Select(w => JsonValue.Create(Text(w)))]),
    };

    private JsonArray Layer(LayerRecord l) =>
    [
        Text(l.Name), Text(l.OpType), l.Groups, l.M, l.N, l.K, l.ComputeCycles, l.StallCycles, Number(l.Utilization),
        new JsonArray([.. l.Energy.Select(e => new JsonArray(Text(e.Component), Text(e.Action), e.Count, Number(e.PerActionPicojoules), Text(e.Source)))]),
        l.Numerics is { } n ? new JsonArray(Number(n.SqnrDb), n.Outputs, n.OverflowedOutputs, n.NaNOutputs, n.SaturatedInputs, n.EncodedInputs, Text(n.Kernel)) : null,
    ];

    private int Text(string text)
    {
        if (_strings.TryGetValue(text, out int index)) return index;
        _strings.Add(text, _strings.Count);
        return _strings.Count - 1;
    }

    // JSON has no NaN or infinity; for the page they are values that nobody knows.
    private static JsonValue? Number(double? value) => value is { } v && double.IsFinite(v) ? JsonValue.Create(v) : null;

    private static string Word(Goal goal) => goal == Goal.Maximize ? "maximize" : "minimize";
}
