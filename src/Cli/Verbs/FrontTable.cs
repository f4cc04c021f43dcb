using Sim.Exploration.Metrics;
using Sim.Exploration.Studies;
using Sim.Reports;
using Sim.Reports.Exporters;
using Spectre.Console;

namespace Sim.Cli.Verbs;

/// <summary>What a study found, on the terminal: the fronts as tables, then what could not run.</summary>
internal static class FrontTable
{
    private const int MostReasons = 5, MostRanges = 8, MostRows = 60;

    /// <summary>Prints to stdout: plain columns that fit 80 characters for a study of the demo's size.</summary>
    public static void Print(Report report, Terminal terminal)
    {
        StudyResult result = report.Result;
        foreach (Front front in report.Analysis.Fronts)
        {
            var members = front.Members.ToHashSet();
            string of = front.Network.Length > 0 ? $" of {front.Network}" : "";
            string volume = front.Hypervolume is { } v
                ? $", hypervolume {v.ToString("F4", System.Globalization.CultureInfo.InvariantCulture)}" : "";
            terminal.OutConsole.WriteLine($"Pareto front{of}: {front.Members.Length} of {front.Candidates} designs{volume}");
            terminal.OutConsole.Write(Table(report, [.. report.FrontPoints.Where(p => members.Contains(p.Point.Index)).Take(MostRows)]));
            if (members.Count > MostRows) terminal.OutConsole.WriteLine($"and {members.Count - MostRows} more: sim report lists them all");
        }
        foreach (string warning in report.Analysis.Warnings) terminal.Error.WriteLine($"warning: {warning}");
        int Count(PointStatus status) => result.Points.Count(p => p.Status == status);
        terminal.OutConsole.WriteLine($"{result.Header.PointCount} designs: {Count(PointStatus.Ok)} ran, {Count(PointStatus.Infeasible)} infeasible, {Count(PointStatus.Failed)} failed");
        int slow = result.Points.Count(p => p.Record is { MissesClock: true });
        if (slow > 0) terminal.OutConsole.WriteLine($"! {slow} designs miss their clock, which the study allows: their latency cannot be reached");
        var reasons = result.Points.Where(p => p.Reason is not null).GroupBy(p => (p.Status, p.Reason)).OrderByDescending(g => g.Count())
            .ToArray();
        foreach (var reason in reasons.Take(MostReasons))
            terminal.Error.WriteLine($"{reason.Count()} {reason.Key.Status.ToString().ToLowerInvariant()} (design {Indices([.. reason.Select(p => p.Index)])}): {reason.Key.Reason}");
        if (reasons.Length > MostReasons) terminal.Error.WriteLine($"and {reasons.Length - MostReasons} other reasons for {reasons.Skip(MostReasons).Sum(r => r.Count())} designs: sim report lists them all");
    }

    // Neighbours as a range, the first few of many.
    private static string Indices(int[] designs)
    {
        var ranges = new List<(int First, int Last)>();
        foreach (int i in designs)
            if (ranges.Count > 0 && ranges[^1].Last == i - 1) ranges[^1] = (ranges[^1].First, i);
            else ranges.Add((i, i));
        return string.Join(", ", ranges.Take(MostRanges).Select(r => r.First == r.Last ? $"{r.First}" : $"{r.First}-{r.Last}"))
            + (ranges.Count > MostRanges ? ", ..." : "");
    }

    private static Table Table(Report report, JudgedPoint[] points)
    {
        Metric[] metrics = [.. report.Analysis.Objectives.Select(o => MetricCatalogue.Get(o.Metric))];
        Table table = new Table { UseSafeBorder = true }.Border(TableBorder.None);
        table.AddColumn(new TableColumn("design").RightAligned().NoWrap().PadLeft(0).PadRight(1));
        // An axis that does not vary says nothing, and a network's own front has its name above.
        string[] axes = [.. report.Axes.Where(a => report.Result.Points.Select(p => p.Parameters.GetValueOrDefault(a, "")).Distinct()
            .Count() > 1 && (a != Study.NetworkAxis || report.Result.Header.Fronts == FrontScope.Joint))];
        foreach (string axis in axes) table.AddColumn(new TableColumn(Markup.Escape(axis)).NoWrap().PadLeft(0).PadRight(1));
        foreach (Metric m in metrics) table.AddColumn(new TableColumn(Markup.Escape(report.Unit(m).Name is { Length: > 0 } unit
            ? $"{m.Name}\n({unit})" : m.Name)).RightAligned().NoWrap().PadLeft(0).PadRight(1));
        foreach (JudgedPoint p in points)
            table.AddRow([.. Cells(report, p, axes, metrics).Select(Markup.Escape)]);
        return table;
    }

    private static IEnumerable<string> Cells(Report report, JudgedPoint p, string[] axes, Metric[] metrics) =>
    [
        (p.Point.Record!.MissesClock ? "! " : "") + p.Point.Index.ToString(System.Globalization.CultureInfo.InvariantCulture),
            .. axes.Select(a => p.Point.Parameters.GetValueOrDefault(a, "")),
        .. metrics.Select(m => ReadableNumber.Of(m.Of(p.Point.Record!) / report.Unit(m).Factor, m.Unit)),
    ];
}
