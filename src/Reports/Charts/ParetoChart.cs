using System.Collections.Immutable;
using System.Globalization;
using Sim.Exploration.Fronts;
using Sim.Exploration.Metrics;
using Sim.Exploration.Studies;
using Sim.Reports.Exporters;

namespace Sim.Reports.Charts;

/// <summary>All designs by two objectives; the front of these two as steps; members of the study's front (all objectives) ringed.</summary>
public sealed class ParetoChart(Report report, Objective x, Objective y) : IChart
{
    private const int Width = 860, Height = 520, Left = 80, Top = 64, Right = 640, Bottom = 460;

    public string Name => $"pareto_{x.Metric}_{y.Metric}";

    public string ToSvg()
    {
        Metric mx = MetricCatalogue.Get(x.Metric), my = MetricCatalogue.Get(y.Metric);
        var points = report.Analysis.Points.Where(p => p.Point.Record is { } r && mx.Of(r) is not null && my.Of(r) is not null)
            .Select(p => (Judged: p, X: mx.Of(p.Point.Record!)!.Value, Y: my.Of(p.Point.Record!)!.Value)).ToArray();
        // Designs that break a constraint would stretch the axes for nothing; they are counted, not drawn, unless there are no others.
        int all = points.Length;
        if (points.Any(p => p.Judged.Violations.IsEmpty)) points = [.. points.Where(p => p.Judged.Violations.IsEmpty)];
        string leftOut = all > points.Length ? string.Create(CultureInfo.InvariantCulture, $"; {all - points.Length} that violate a constraint are left out") : "";
        var svg = new SvgWriter(Width, Height, $"{report.Result.Header.Name}: {my.Label} against {mx.Label}");
        Axis ax = Axis.Over([.. points.Select(p => p.X)], Left, Right), ay = Axis.Over([.. points.Select(p => p.Y)], Bottom, Top);
        Frame.Draw(svg, ax, ay, Heading(mx), Heading(my), (Left, Top, Right, Bottom), grid: true);
        svg.Text(Left, 28, report.Result.Header.Name, size: 16, bold: true);
        svg.Text(Left, 47, string.Create(CultureInfo.InvariantCulture, $"{points.Length} designs; ringed: the {points.Count(p => p.Judged.OnFront)} on the front of all {report.Analysis.Objectives.Length} objectives{leftOut}"), fill: Palette.Quiet);

        (string axis, ImmutableArray<string> categories) = Colouring();
        foreach (var p in points.OrderBy(p => p.Judged.OnFront))
        {
            int category = categories.IndexOf(p.Judged.Point.Parameters.GetValueOrDefault(axis, ""));
            svg.Circle(ax.At(p.X), ay.At(p.Y), p.Judged.OnFront ? 5 : 3.5, Palette.Category(Math.Max(0, category)), p.Judged.OnFront ? Palette.Ink : null,
                p.Judged.Violations.IsEmpty ? 0.85 : 0.25, Tip(p.Judged, mx, p.X, my, p.Y));
        }
        Steps(svg, ax, ay, [.. points.Where(p => p.Judged.Violations.IsEmpty).Select(p => (p.X, p.Y))]);
        Legend(svg, axis, categories);
        return svg.Finish();
    }

    private void Steps(SvgWriter svg, Axis ax, Axis ay, (double X, double Y)[] points)
    {
        double[][] costs = [.. points.Select(p => new[] { x.Cost(p.X), y.Cost(p.Y) })];
        (double X, double Y)[] front = [.. ParetoFront.Of(costs).Select(i => points[i]).Distinct().OrderBy(p => x.Cost(p.X))];
        var corners = new List<(double, double)>();
        for (int i = 0; i < front.Length; i++)
        {
            // Between two members the better of both cannot be had: the step runs through the worse corner.
            if (i > 0) corners.Add((ax.At(front[i].X), ay.At(front[i - 1].Y)));
            corners.Add((ax.At(front[i].X), ay.At(front[i].Y)));
        }
        if (corners.Count > 1) svg.Polyline(corners, Palette.Front, 1.5);
    }

    private (string Axis, ImmutableArray<string> Values) Colouring()
    {
        // The axis of the study with the most to tell: the first that has more than one value, as the study lists the important ones first.
        foreach (string axis in report.Axes)
        {
            ImmutableArray<string> values = [.. report.Result.Points.Select(p => p.Parameters.GetValueOrDefault(axis, "")).Distinct()];
            if (values.Length > 1) return (axis, values);
        }
        return ("", [""]);
    }

    private static void Legend(SvgWriter svg, string axis, ImmutableArray<string> values)
    {
        double y = Top + 8;
        svg.Text(Right + 24, y, axis, bold: true);
        foreach ((string value, int i) in values.Take(24).Select((v, i) => (v, i)))
        {
            svg.Circle(Right + 30, y + 16, 5, Palette.Category(i));
            svg.Text(Right + 42, y + 20, value.Length > 26 ? value[..25] + "…" : value, size: 11);
            y += 18;
        }
        svg.Line(Right + 24, y + 22, Right + 38, y + 22, Palette.Front, 1.5);
        svg.Text(Right + 42, y + 26, "front of these two", size: 11);
    }

    private string Tip(JudgedPoint p, Metric mx, double vx, Metric my, double vy) =>
        string.Create(CultureInfo.InvariantCulture, $"design {p.Point.Index}\n") + string.Join('\n', report.Axes.Select(a => $"{a}: {p.Point.Parameters.GetValueOrDefault(a, "")}"))
        + $"\n{mx.Label}: {MarkdownExporter.Number(vx)} {mx.Unit}\n{my.Label}: {MarkdownExporter.Number(vy)} {my.Unit}";

    private static string Heading(Metric m) => m.Unit.Length > 0 ? $"{m.Label} ({m.Unit})" : m.Label;
}
