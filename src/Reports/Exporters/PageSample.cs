using System.Collections.Immutable;
using Sim.Exploration.Studies;
using Sim.Reports.Charts;
using Sim.Simulator;

namespace Sim.Reports.Exporters;

/// <summary>
/// What of a large study goes into the page: every design has a row up to <see cref="MostRows"/>, and layers and costs as long as there is
/// room for them.
/// Members of fronts come first, then every n-th of the others; the tables beside the page hold all.
/// </summary>
internal sealed record PageSample(ImmutableHashSet<int> Rows, ImmutableHashSet<int> Detailed)
{
    /// <summary>Designs with a row and a mark.</summary>
    public const int MostRows = 20_000;

    // About 60 characters each.
    private const int MostDetailRows = 120_000;

    public static PageSample Of(Report report, int mostRows = MostRows, int mostDetailRows = MostDetailRows)
    {
        int? shown = Figures.Shown(report)?.Index;
        ImmutableArray<int> front = [.. report.FrontPoints.Select(p => p.Point.Index)];
        ImmutableArray<int> rows = [.. shown is { } s ? [s] : Array.Empty<int>(), .. front, .. report.Result.Points.Select(p => p.Index)];
        rows = Spread([.. rows.Distinct()], Math.Min(front.Length + 1, mostRows), mostRows);

        Dictionary<int, PointResult> points = report.Result.Points.ToDictionary(p => p.Index);
        ImmutableArray<int> ran = [.. rows.Where(i => points[i].Record is not null)];
        // The slim records do not say how many actions a layer counts; a dozen and a layer's own row is the usual size.
        int room = mostDetailRows;
        int Size(RunRecord record) => 40 + 12 * record.Layers.Length;
        int all = ran.Sum(i => Size(points[i].Record!));
        if (all > room) ran = Spread(ran, Math.Min(front.Length + 1, ran.Length), Math.Max(1, (int)((long)ran.Length * room / all)));
        return new PageSample([.. rows], [.. ran.TakeWhile(i => (room -= Size(points[i].Record!)) >= 0)]);
    }

    // The first ones, then every n-th of the rest, at most so many.
    private static ImmutableArray<int> Spread(ImmutableArray<int> items, int first, int most)
    {
        if (items.Length <= most) return items;
        if (first >= most) return items[..most];
        int rest = items.Length - first, take = most - first;
        return [.. items[..first], .. Enumerable.Range(0, take).Select(i => items[first + (int)((long)i * rest / take)])];
    }
}
