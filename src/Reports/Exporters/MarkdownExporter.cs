using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Sim.Exploration.Metrics;
using Sim.Exploration.Studies;

namespace Sim.Reports.Exporters;

/// <summary>`report.md`: what the study asked, its fronts as a table, what could not run and why.</summary>
public sealed class MarkdownExporter : IExporter
{
    public string Format => "md";

    public ImmutableArray<ReportFile> Export(Report report)
    {
        ArgumentNullException.ThrowIfNull(report);
        StudyHeader header = report.Result.Header;
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# {Escape(header.Name)}\n\n");
        if (header.Description.Length > 0) text.Append(Escape(header.Description.Trim())).Append("\n\n");
        int ran = report.Result.Points.Count(p => p.Status == PointStatus.Ok);
        text.Append(CultureInfo.InvariantCulture, $"{ran} of {header.PointCount} designs ran; {report.Result.Points.Count(p => p.Status == PointStatus.Infeasible)} are infeasible, {report.Result.Points.Count(p => p.Status == PointStatus.Failed)} failed.\n");
        text.Append("Objectives: ").AppendJoin(", ", report.Analysis.Objectives.Select(o => $"{o.Metric} ({(o.Goal == Goal.Maximize ? "max" : "min")})")).Append(".\n");
        if (!header.Constraints.IsEmpty) text.Append("Constraints: ").AppendJoin(", ", header.Constraints.Select(c => c.ToString())).Append(".\n");
        foreach (Front front in report.Analysis.Fronts) AppendFront(text, report, front);
        AppendProblems(text, report);
        text.Append(CultureInfo.InvariantCulture, $"\nTool {Escape(header.ToolVersion)}, study digest `{header.Digest}`.\n");
        return [new("report.md", text.ToString())];
    }

    private static void AppendFront(StringBuilder text, Report report, Front front)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n## Pareto front{(front.Network.Length > 0 ? " of " + Escape(front.Network) : "")}: {front.Members.Length} of {front.Candidates} designs\n\n");
        if (front.Hypervolume is { } volume) text.Append(CultureInfo.InvariantCulture, $"Hypervolume of the scaled objectives: {volume:F4} (1 would be the ideal point alone).\n\n");
        Metric[] metrics = [.. report.Analysis.Objectives.Select(o => MetricCatalogue.Get(o.Metric))];
        string[] heads = ["design", .. report.Axes, .. metrics.Select(m => m.Unit.Length > 0 ? $"{m.Label} ({m.Unit})" : m.Label)];
        text.Append("| ").AppendJoin(" | ", heads.Select(Escape)).Append(" |\n|").AppendJoin('|', heads.Select((_, i) => i == 0 || i > report.Axes.Length ? "---:" : "---")).Append("|\n");
        var members = front.Members.ToHashSet();
        foreach (JudgedPoint p in report.FrontPoints.Where(p => members.Contains(p.Point.Index)))
            text.Append("| ").AppendJoin(" | ", [p.Point.Index.ToString(CultureInfo.InvariantCulture), .. report.Axes.Select(a => Escape(p.Point.Parameters.GetValueOrDefault(a, ""))),
                .. metrics.Select(m => Number(m.Of(p.Point.Record!)))]).Append(" |\n");
    }

    private static void AppendProblems(StringBuilder text, Report report)
    {
        foreach (string warning in report.Analysis.Warnings) text.Append("\nWarning: ").Append(Escape(warning)).Append('\n');
        var reasons = report.Result.Points.Where(p => p.Reason is not null).GroupBy(p => (p.Status, p.Reason)).ToArray();
        if (reasons.Length == 0) return;
        text.Append("\n## Designs that did not run\n\n| designs | status | reason |\n|---:|---|---|\n");
        foreach (var group in reasons) text.Append(CultureInfo.InvariantCulture, $"| {group.Count()} | {group.Key.Status} | {Escape(group.Key.Reason!)} |\n");
    }

    /// <summary>Four significant digits without an exponent for everyday sizes; "unknown" when not known.</summary>
    public static string Number(double? value) => value switch
    {
        null => "unknown",
        0 => "0",
        { } v when Math.Abs(v) is >= 1e-4 and < 1e15 => v.ToString(Math.Abs(v) >= 1000 ? "F0" : "0." + new string('#', Math.Max(0, 3 - (int)Math.Floor(Math.Log10(Math.Abs(v))))), CultureInfo.InvariantCulture),
        { } v => v.ToString("G4", CultureInfo.InvariantCulture),
    };

    private static string Escape(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("|", "\\|", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace("\r", "", StringComparison.Ordinal).Replace("\n", " ", StringComparison.Ordinal);
}
