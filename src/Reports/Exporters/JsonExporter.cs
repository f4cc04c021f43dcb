using System.Collections.Immutable;
using System.Text;
using Sim.Exploration.Metrics;
using Sim.Exploration.Store;
using Sim.Exploration.Studies;

namespace Sim.Reports.Exporters;

/// <summary>
/// `study.json`: the header, the fronts and every point with its whole record, and `designs.jsonl`: one flat object per design that
/// pandas reads with `read_json(lines=True)`. Unknown values are null.
/// </summary>
public sealed class JsonExporter : IExporter
{
    private sealed record JudgedOut(int Index, PointStatus Status, bool OnFront, ImmutableArray<string> Violations, string? Reason, ImmutableSortedDictionary<string, string> Parameters,
        Sim.Simulator.RunRecord? Record);

    private sealed record StudyOut(string Schema, StudyHeader Header, ImmutableArray<Front> Fronts, ImmutableArray<string> Warnings, ImmutableArray<JudgedOut> Points);

    public string Format => "json";

    public ImmutableArray<ReportFile> Export(Report report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var study = new StudyOut(StudyHeader.CurrentSchema, report.Result.Header, report.Analysis.Fronts, report.Analysis.Warnings,
            [.. report.Analysis.Points.Select(p => new JudgedOut(p.Point.Index, p.Point.Status, p.OnFront, p.Violations, p.Point.Reason, p.Point.Parameters, p.Point.Record))]);
        return [new("study.json", RecordJson.Write(study) + "\n"), new("designs.jsonl", Lines(report))];
    }

    private static string Lines(Report report)
    {
        var text = new StringBuilder();
        foreach (JudgedPoint p in report.Analysis.Points)
        {
            var row = new Dictionary<string, object?> { ["index"] = p.Point.Index, ["status"] = p.Point.Status, ["on_front"] = p.OnFront, ["network"] = p.Point.Record?.Network };
            foreach (string axis in report.Axes) row[axis] = p.Point.Parameters.GetValueOrDefault(axis);
            foreach (Metric m in MetricCatalogue.All) row[m.Column] = p.Point.Record is { } r ? m.Of(r) : null;
            row["reason"] = p.Point.Reason;
            text.Append(RecordJson.Write(row)).Append('\n');
        }
        return text.ToString();
    }
}
