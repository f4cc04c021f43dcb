using System.Collections.Immutable;
using Sim.Exploration.Metrics;
using Sim.Exploration.Studies;
using Sim.Simulator;

namespace Sim.Reports.Exporters;

/// <summary>
/// `study.json`: the header, the fronts and every point with its whole record, and `designs.jsonl`: one flat object per design that
/// pandas reads with `read_json(lines=True)`. Unknown values are null, infinite ones the text "Infinity" or "-Infinity".
/// </summary>
public sealed class JsonExporter : IExporter
{
    private sealed record JudgedOut(int Index, PointStatus Status, bool OnFront, ImmutableArray<string> Violations, string? Reason,
        ImmutableSortedDictionary<string, string> Parameters,
        RunRecord? Record);

    public string Format => "json";

    public void Export(Report report, IReportFiles files)
    {
        ArgumentNullException.ThrowIfNull(report);
        using TextWriter study = files.OpenText("study.json"), lines = files.OpenText("designs.jsonl");
        study.Write($"{{\"schema\":{RecordJson.Write(StudyHeader.CurrentSchema)},\"header\":{RecordJson.Write(report.Result.Header)},\"fronts\":{RecordJson.Write(report.Analysis.Fronts)},");
        study.Write($"\"warnings\":{RecordJson.Write(report.Analysis.Warnings)},\"points\":[");
        bool first = true;
        foreach (JudgedPoint p in report.Whole())
        {
            if (!first) study.Write(',');
            first = false;
            study.Write(RecordJson.Write(new JudgedOut(p.Point.Index, p.Point.Status, p.OnFront, p.Violations, p.Point.Reason,
                p.Point.Parameters, p.Point.Record)));
            lines.Write(Line(report, p));
        }
        study.Write("]}\n");
    }

    private static string Line(Report report, JudgedPoint p)
    {
        var row = new Dictionary<string, object?>
        {
            ["index"] = p.Point.Index, ["status"] = p.Point.Status, ["on_front"] = p.OnFront, ["network"] = p.Point.Record?.Network
                ?? p.Point.Parameters.GetValueOrDefault("network"),
        };
        foreach (string axis in report.Axes.Where(a => a != "network")) row.Add(TableColumns.OfAxis(axis),
            p.Point.Parameters.GetValueOrDefault(axis));
        foreach (Metric m in MetricCatalogue.All) row.Add(m.Column, p.Point.Record is { } r ? m.Of(r) : null);
        row.Add("reason", p.Point.Reason);
        return RecordJson.Write(row) + "\n";
    }
}
