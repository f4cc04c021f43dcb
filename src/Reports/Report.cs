using System.Collections.Immutable;
using Sim.Exploration.Metrics;
using Sim.Exploration.Store;
using Sim.Exploration.Studies;

namespace Sim.Reports;

/// <summary>
/// All that an exporter may read: a study's results and how they were judged. Of a store the points in <see cref="Result"/> are slim
/// (<see cref="SlimRecords"/>): what metrics and fronts need stays in memory, whole records are read again when they are written.
/// </summary>
public sealed record Report(StudyResult Result, StudyAnalysis Analysis)
{
    private Func<IEnumerable<PointResult>>? _stream;
    private Func<int, PointResult?>? _find;

    /// <summary>A report of a study whose results are in memory.</summary>
    public static Report Of(StudyResult result) => new(result, StudyAnalysis.Of(result));

    /// <summary>A report of a store, which has to stay open while the report is used.</summary>
    public static Report Of(ResultStore store)
    {
        ArgumentNullException.ThrowIfNull(store);
        var slim = new SlimRecords();
        return Of(new StudyResult(store.Header, [.. store.Stream().Select(slim.Of)])) with { _stream = store.Stream, _find = store.Find };
    }

    /// <summary>Heading of pages and figures.</summary>
    public string Title { get; init; } = Result.Header.Name;

    /// <summary>What kind of report it is, above its heading.</summary>
    public string Kind { get; init; } = "Design-space study";

    /// <summary>Metrics that at least one point knows, in catalogue order.</summary>
    public ImmutableArray<Metric> Metrics { get; } =
        [.. MetricCatalogue.All.Where(m => Result.Points.Any(p => p.Record is { } r && m.Of(r) is not null))];

    /// <summary>Axes in the order of the study; the network leads when there are several.</summary>
    public ImmutableArray<string> Axes => Result.Header.Axes;

    /// <summary>Every point, judged, with its whole record, in order of index: one at a time from the store.</summary>
    public IEnumerable<JudgedPoint> Whole()
    {
        if (_stream is null) return Analysis.Points;
        // A sweep that still runs may have added points since the fronts were drawn: they belong to the next report.
        Dictionary<int, JudgedPoint> judged = Analysis.Points.ToDictionary(p => p.Point.Index);
        return _stream().Where(p => judged.ContainsKey(p.Index)).Select(p => judged[p.Index] with { Point = p });
    }

    /// <summary>A point with its whole record.</summary>
    public PointResult Whole(PointResult point)
    {
        ArgumentNullException.ThrowIfNull(point);
        return _find?.Invoke(point.Index) ?? point;
    }

    /// <summary>The unit in which a metric is shown to people: one for the whole report, so that designs compare.</summary>
    public DisplayUnit Unit(Metric metric)
    {
        ArgumentNullException.ThrowIfNull(metric);
        if (_units.TryGetValue(metric.Name, out DisplayUnit unit)) return unit;
        unit = DisplayUnit.Of(metric.Name == "cycles" ? "cycles" : metric.Unit,
            Result.Points.Select(p => p.Record is { } r ? metric.Of(r) : null).OfType<double>());
        _units.Add(metric.Name, unit);
        return unit;
    }

    private readonly Dictionary<string, DisplayUnit> _units = [];

    /// <summary>How many designs miss their clock: the study allows it, and their latency cannot be reached.</summary>
    public int Slow => Result.Points.Count(p => p.Record is { MissesClock: true });

    /// <summary>The points of every front, best first objective first.</summary>
    public ImmutableArray<JudgedPoint> FrontPoints
    {
        get
        {
            IEnumerable<JudgedPoint> members = Analysis.Points.Where(p => p.OnFront);
            if (Analysis.Objectives.IsEmpty) return [.. members];
            Objective first = Analysis.Objectives[0];
            return [.. members.OrderBy(p => first.Cost(MetricCatalogue.Get(first.Metric).Of(p.Point.Record!)!.Value))
                .ThenBy(p => p.Point.Index)];
        }
    }
}
