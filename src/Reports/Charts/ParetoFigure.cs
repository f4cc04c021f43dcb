using System.Collections.Immutable;
using System.Globalization;
using ScottPlot;
using Sim.Exploration.Fronts;
using Sim.Exploration.Metrics;
using Sim.Exploration.Studies;

namespace Sim.Reports.Charts;

/// <summary>All designs by two objectives; for each scope (network, when each has its own front) the front of these two as steps; members
/// of the study's fronts ringed.</summary>
internal static class ParetoFigure
{
    private const int Width = 860, Most = 2000, LongestLegend = 22;

    private sealed record Mark(JudgedPoint Judged, double X, double Y);

    public static Figure Of(Report report, Objective x, Objective y)
    {
        Metric mx = MetricCatalogue.Get(x.Metric), my = MetricCatalogue.Get(y.Metric);
        DisplayUnit ux = report.Unit(mx), uy = report.Unit(my);
        Mark[] all = [.. report.Analysis.Points.Where(p => p.Point.Record is { } r && mx.Of(r) is not null && my.Of(r) is not null)
            .Select(p => new Mark(p, mx.Of(p.Point.Record!)!.Value / ux.Factor, my.Of(p.Point.Record!)!.Value / uy.Factor))];
        // Designs that break a constraint would stretch the axes for nothing; they are counted, not drawn, unless there are no others.
        Mark[] points = all.Any(p => p.Judged.Violations.IsEmpty) ? [.. all.Where(p => p.Judged.Violations.IsEmpty)] : all;
        Scale sx = Scale.Over(points.Select(p => p.X)), sy = Scale.Over(points.Select(p => p.Y));

        Plot plot = Sheet.New();
        Sheet.Axis(plot.Axes.Bottom, sx, ux.Heading(mx.Label));
        Sheet.Axis(plot.Axes.Left, sy, uy.Heading(my.Label));
        (string axis, ImmutableArray<string> categories) = Colouring(report);
        Mark[] drawn = Some(points);
        foreach (IGrouping<string, Mark> scope in points.Where(p => p.Judged.Violations.IsEmpty)
            .GroupBy(p => Scope(report, p))) Steps(plot, sx, sy, x, y, [.. scope]);
        foreach (bool front in new[] { false, true })
            foreach (IGrouping<int, Mark> group in drawn.Where(p => p.Judged.OnFront == front).GroupBy(p => Category(categories, axis, p))
                .OrderBy(g => g.Key))
                Marks(plot, sx, sy, group, Palette.Category(group.Key), front);
        Sheet.Legend(plot, Legend(axis, categories, scopes: report.Analysis.Fronts.Length));
        return new Figure($"pareto_{x.Metric}_{y.Metric}", report.Title, Note(report, all.Length, points, drawn.Length), Width,
            [(plot, 440)]);
    }

    private static string Scope(Report report, Mark p) =>
        report.Result.Header.Fronts == FrontScope.PerNetwork ? p.Judged.Point.Record!.Network : "";

    private static int Category(ImmutableArray<string> categories, string axis, Mark p) =>
        Math.Max(0, categories.IndexOf(p.Judged.Point.Parameters.GetValueOrDefault(axis, "")));

    // All members of fronts, and of the others every n-th: thousands of marks over each other are one blot.
    private static Mark[] Some(Mark[] points)
    {
        Mark[] others = [.. points.Where(p => !p.Judged.OnFront)];
        if (others.Length <= Most) return points;
        int step = (others.Length + Most - 1) / Most;
        return [.. points.Where(p => p.Judged.OnFront), .. others.Where((_, i) => i % step == 0)];
    }

    private static void Marks(Plot plot, Scale sx, Scale sy, IEnumerable<Mark> marks, string colour, bool front)
    {
        foreach (IGrouping<bool, Mark> group in marks.GroupBy(p => double.IsFinite(p.X) && double.IsFinite(p.Y)))
        {
            // What has no place on the axis (an exact result has an infinite ratio) stands as a triangle at its end.
            ScottPlot.Plottables.Markers drawn = plot.Add.Markers(group.Select(p => new Coordinates(sx.At(p.X), sy.At(p.Y))).ToArray(),
                group.Key ? MarkerShape.FilledCircle : MarkerShape.FilledTriangleUp,
                front ? 10 : 7, Color.FromHex(colour).WithAlpha(front ? 1 : 0.55));
            drawn.MarkerStyle.OutlineColor = Color.FromHex(Palette.Ink);
            drawn.MarkerStyle.OutlineWidth = front ? 1.5f : 0;
        }
    }

    private static void Steps(Plot plot, Scale sx, Scale sy, Objective x, Objective y, Mark[] points)
    {
        double[][] costs = [.. points.Select(p => new[] { x.Cost(p.X), y.Cost(p.Y) })];
        (double X, double Y)[] front = [.. ParetoFront.Of(costs).Select(i => (points[i].X, points[i].Y)).Distinct()
            .OrderBy(p => x.Cost(p.X))];
        var corners = new List<Coordinates>();
        for (int i = 0; i < front.Length; i++)
        {
            // Between two members the better of both cannot be had: the step runs through the worse corner.
            if (i > 0) corners.Add(new Coordinates(sx.At(front[i].X), sy.At(front[i - 1].Y)));
            corners.Add(new Coordinates(sx.At(front[i].X), sy.At(front[i].Y)));
        }
        if (corners.Count < 2) return;
        ScottPlot.Plottables.Scatter line = plot.Add.ScatterLine(corners, Color.FromHex(Palette.Front));
        line.LineWidth = 1.5f;
    }

    private static (string Axis, ImmutableArray<string> Values) Colouring(Report report)
    {
        // The axis of the study with the most to tell: the first that has more than one value, as the study lists the important ones first.
        foreach (string axis in report.Axes)
        {
            ImmutableArray<string> values = [.. report.Result.Points.Select(p => p.Parameters.GetValueOrDefault(axis, "")).Distinct()];
            if (values.Length > 1) return (axis, values);
        }
        return ("", [""]);
    }

    private static IEnumerable<LegendItem> Legend(string axis, ImmutableArray<string> values, int scopes)
    {
        if (axis.Length > 0)
        {
            yield return new LegendItem { LabelText = FigureFont.Shown(axis, 30), LabelFontSize = 12 };
            foreach ((string value, int i) in values.Take(LongestLegend).Select((v, i) => (v, i)))
                yield return new LegendItem { LabelText = FigureFont.Shown(value, 30), MarkerShape = MarkerShape.FilledCircle,
                    MarkerSize = 9, MarkerFillColor = Color.FromHex(Palette.Category(i)) };
            if (values.Length > LongestLegend) yield return new LegendItem
                { LabelText = string.Create(CultureInfo.InvariantCulture, $"and {values.Length - LongestLegend} more") };
        }
        yield return new LegendItem { LabelText = scopes > 1 ? "a network's front of these two" : "front of these two",
            LineColor = Color.FromHex(Palette.Front), LineWidth = 1.5f };
    }

    private static string Note(Report report, int all, Mark[] points, int drawn)
    {
        int ringed = points.Count(p => p.Judged.OnFront), infinite = points.Count(p => !double.IsFinite(p.X) || !double.IsFinite(p.Y));
        var note = new List<string>
        {
            string.Create(CultureInfo.InvariantCulture,
                $"{(drawn < points.Length ? $"{drawn} of {points.Length}" : $"{points.Length}")} designs"),
            string.Create(CultureInfo.InvariantCulture,
                $"ringed: the {ringed} on the {(report.Analysis.Fronts.Length > 1 ? "fronts" : "front")} of all {report.Analysis.Objectives.Length} objectives"),
        };
        if (all > points.Length) note.Add(string.Create(CultureInfo.InvariantCulture,
            $"{all - points.Length} that violate a constraint are left out"));
        if (infinite > 0) note.Add(string.Create(CultureInfo.InvariantCulture, $"triangles at the edge: {infinite} exact or not finite"));
        if (points.Count(p => p.Judged.Point.Record!.MissesClock) is > 0
            and var slow) note.Add(string.Create(CultureInfo.InvariantCulture, $"{slow} miss their clock"));
        return string.Join("; ", note);
    }
}
