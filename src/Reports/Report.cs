using System.Collections.Immutable;
using Sim.Exploration.Metrics;
using Sim.Exploration.Studies;
using Sim.Simulator;

namespace Sim.Reports;

/// <summary>All that an exporter may read: a study's results and how they were judged.</summary>
public sealed record Report(StudyResult Result, StudyAnalysis Analysis)
{
    /// <summary>A report of a study.</summary>
    public static Report Of(StudyResult result) => new(result, StudyAnalysis.Of(result));

    /// <summary>A report of single records without a study, with the default objectives.</summary>
    public static Report Of(string name, IReadOnlyList<RunRecord> records)
    {
        ArgumentNullException.ThrowIfNull(records);
        ImmutableArray<string> axes = [.. records.SelectMany(r => r.Parameters.Keys).Distinct().Order(StringComparer.Ordinal)];
        string version = string.Join(", ", records.Select(r => r.ToolVersion).Distinct().Order(StringComparer.Ordinal));
        FrontScope scope = records.Select(r => r.Network).Distinct().Count() > 1 ? FrontScope.PerNetwork : FrontScope.Joint;
        var header = new StudyHeader(name, "", "", version, records.Count, axes, StudyHeader.DefaultObjectives, [], scope, "");
        return Of(new StudyResult(header, [.. records.Select((r, i) => new PointResult(i, r.Parameters, PointStatus.Ok, null, r))]));
    }

    /// <summary>Metrics that at least one point knows, in catalogue order.</summary>
    public ImmutableArray<Metric> Metrics { get; } =
        [.. MetricCatalogue.All.Where(m => Result.Points.Any(p => p.Record is { } r && m.Of(r) is not null))];

    /// <summary>Axes in the order of the study; the network leads when there are several.</summary>
    public ImmutableArray<string> Axes => Result.Header.Axes;

    /// <summary>The points of every front, best first objective first.</summary>
    public ImmutableArray<JudgedPoint> FrontPoints
    {
        get
        {
            IEnumerable<JudgedPoint> members = Analysis.Points.Where(p => p.OnFront);
            if (Analysis.Objectives.IsEmpty) return [.. members];
            Objective first = Analysis.Objectives[0];
            return [.. members.OrderBy(p => first.Cost(MetricCatalogue.Get(first.Metric).Of(p.Point.Record!)!.Value)).ThenBy(p => p.Point.Index)];
        }
    }
}
