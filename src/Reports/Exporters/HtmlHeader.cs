using System.Text.Json;
using Sim.Exploration.Metrics;
using Sim.Exploration.Studies;
using Sim.Reports.Charts;

namespace Sim.Reports.Exporters;

/// <summary>The part of the page's data that does not grow with the designs: the study, its fronts, metrics with the units shown, problems
/// by reason.</summary>
internal static class HtmlHeader
{
    public static void Write(Report report, PageSample sample, Utf8JsonWriter json, int mostProblems)
    {
        StudyHeader header = report.Result.Header;
        Dictionary<string, int> counts = report.Result.Points.GroupBy(p => p.Status.ToString().ToLowerInvariant())
            .ToDictionary(g => g.Key, g => g.Count());
        Problem[] problems = [.. Problem.Of(report)];
        json.WritePropertyName("header");
        JsonSerializer.Serialize(json, new
        {
            digest = header.Digest,
            toolVersion = header.ToolVersion,
            kind = report.Kind,
            pointCount = header.PointCount,
            finished = report.Result.Points.Length,
            listed = sample.Rows.Count,
            detailed = sample.Detailed.Count,
            counts,
            slow = report.Slow,
            studyText = header.StudyText,
            shown = Figures.Shown(report)?.Index,
            objectives = report.Analysis.Objectives.Select(o => new { metric = o.Metric, goal = Word(o.Goal) }),
            constraints = header.Constraints.Select(c => c.ToString()),
            fronts = report.Analysis.Fronts.Select(f =>
                new { network = f.Network, members = f.Members.Length, candidates = f.Candidates, hypervolume = Finite(f.Hypervolume) }),
            warnings = report.Analysis.Warnings,
            metrics = report.Metrics.Select(m =>
                new { name = m.Name, label = m.Label, column = m.Unit, unit = report.Unit(m).Name, factor = report.Unit(m).Factor,
                goal = Word(m.Goal) }),
            units = DisplayUnit.Choices.OrderBy(c => c.Key, StringComparer.Ordinal)
                .ToDictionary(c => c.Key, c => c.Value.Select(u => new object[] { u.Name, u.Factor })),
            axes = header.Axes,
            problems = problems.Take(mostProblems).Select(p => new object[] { p.Kind, p.Text, p.Count, p.First }),
            problemsLeftOut = Math.Max(0, problems.Length - mostProblems),
        });
    }

    private static double? Finite(double? value) => value is { } v && double.IsFinite(v) ? v : null;

    private static string Word(Goal goal) => goal == Goal.Maximize ? "maximize" : "minimize";
}
