using System.Collections.Immutable;
using System.Globalization;
using Sim.Exploration.Metrics;
using Sim.Exploration.Studies;

namespace Sim.Reports.Exporters;

/// <summary>`report.md`: what the study asked, its fronts as a table, what could not run and why.</summary>
public sealed class MarkdownExporter : IExporter
{
    private const int MostRows = 200;

    public string Format => "md";

    public void Export(Report report, IReportFiles files)
    {
        ArgumentNullException.ThrowIfNull(report);
        StudyHeader header = report.Result.Header;
        using TextWriter text = files.OpenText("report.md");
        text.Write($"# {MarkdownText.Escape(report.Title)}\n\n");
        if (header.Description.Length > 0) text.Write(MarkdownText.Escape(header.Description.Trim()) + "\n\n");
        int Count(PointStatus status) => report.Result.Points.Count(p => p.Status == status);
        text.Write(string.Create(CultureInfo.InvariantCulture,
            $"{Count(PointStatus.Ok)} of {header.PointCount} designs ran; {Count(PointStatus.Infeasible)} are infeasible, {Count(PointStatus.Failed)} failed.\n"));
        text.Write("Objectives: " + string.Join(", ",
            report.Analysis.Objectives.Select(o => $"{o.Metric} ({(o.Goal == Goal.Maximize ? "max" : "min")})")) + ".\n");
        if (!header.Constraints.IsEmpty) text.Write("Constraints: " + string.Join(", ", header.Constraints.Select(c => c.ToString()))
            + ".\n");
        if (report.Slow > 0) text.Write(string.Create(CultureInfo.InvariantCulture,
            $"Marked with !: {report.Slow} designs miss their clock, which the study allows; their latency cannot be reached.\n"));
        foreach (Front front in report.Analysis.Fronts) AppendFront(text, report, front);
        AppendProblems(text, report);
        text.Write($"\nTool {MarkdownText.Escape(header.ToolVersion)}{(header.Digest.Length > 0 ? $", study digest `{header.Digest}`" : "")}.\n");
    }

    /// <summary>A front as a table: its design numbers, axes and objectives.</summary>
    internal static void AppendFront(TextWriter text, Report report, Front front)
    {
        string of = front.Network.Length > 0 ? " of " + MarkdownText.Escape(front.Network) : "";
        text.Write(front.Candidates == 1 ? $"\n## Results{of}\n\n"
            : string.Create(CultureInfo.InvariantCulture,
            $"\n## Pareto front{of}: {front.Members.Length} of {front.Candidates} designs\n\n"));
        if (front.Hypervolume is { } volume)
            text.Write(string.Create(CultureInfo.InvariantCulture,
                $"Hypervolume of the scaled objectives: {volume:F4} (1 would be the ideal point alone).\n\n"));
        Metric[] metrics = [.. report.Analysis.Objectives.Select(o => MetricCatalogue.Get(o.Metric))];
        string[] heads = ["design", .. report.Axes.Select(MarkdownText.Escape), .. metrics.Select(m => report.Unit(m).Heading(m.Label))];
        text.Write("| " + string.Join(" | ", heads) + " |\n|"
            + string.Join('|', heads.Select((_, i) => i == 0 || i > report.Axes.Length ? "---:" : "---")) + "|\n");
        var members = front.Members.ToHashSet();
        foreach (JudgedPoint p in report.FrontPoints.Where(p => members.Contains(p.Point.Index)).Take(MostRows))
            text.Write("| " + string.Join(" | ",
                [(p.Point.Record!.MissesClock ? "! " : "") + p.Point.Index.ToString(CultureInfo.InvariantCulture),
                .. report.Axes.Select(a => MarkdownText.Escape(p.Point.Parameters.GetValueOrDefault(a, ""))),
                .. metrics.Select(m => ReadableNumber.Of(m.Of(p.Point.Record!) / report.Unit(m).Factor, m.Unit))]) + " |\n");
        if (front.Members.Length > MostRows) text.Write(string.Create(CultureInfo.InvariantCulture,
            $"\nThe first {MostRows} of {front.Members.Length}; `designs.csv` has all.\n"));
    }

    private static void AppendProblems(TextWriter text, Report report)
    {
        foreach (string warning in report.Analysis.Warnings) text.Write($"\nWarning: {MarkdownText.Escape(warning)}\n");
        ImmutableArray<Problem> reasons = [.. Problem.Of(report).Where(p => p.Kind != Problem.Warning)];
        if (reasons.IsEmpty) return;
        text.Write("\n## Designs that did not run\n\n| designs | status | reason |\n|---:|---|---|\n");
        foreach (Problem p in reasons.Take(MostRows)) text.Write(string.Create(CultureInfo.InvariantCulture,
            $"| {p.Count} | {p.Kind} | {MarkdownText.Escape(p.Text)} |\n"));
        if (reasons.Length > MostRows) text.Write(string.Create(CultureInfo.InvariantCulture,
            $"\nThe first {MostRows} of {reasons.Length} reasons; `designs.csv` has all.\n"));
    }
}
