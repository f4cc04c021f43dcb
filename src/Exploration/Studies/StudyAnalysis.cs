using System.Collections.Immutable;
using Sim.Exploration.Fronts;
using Sim.Exploration.Metrics;

namespace Sim.Exploration.Studies;

/// <summary>One point judged: what it violates (empty when it keeps every constraint) and whether it lies on a front.</summary>
public sealed record JudgedPoint(PointResult Point, ImmutableArray<string> Violations, bool OnFront);

/// <summary>
/// A front: the network it belongs to ("" when joint), its members by index, and the hypervolume of the objectives scaled to [0, 1] between
/// the best and the worst feasible point of that scope, with the reference at the worst corner (null when fewer than two points have every
/// objective).
/// </summary>
public sealed record Front(string Network, ImmutableArray<int> Members, int Candidates, double? Hypervolume);

/// <summary>Constraints, Pareto fronts and hypervolumes of a study.</summary>
public sealed record StudyAnalysis(ImmutableArray<JudgedPoint> Points, ImmutableArray<Front> Fronts, ImmutableArray<Objective> Objectives,
    ImmutableArray<string> Warnings)
{
    /// <summary>
    /// Judges every point. An objective that no point knows (accuracy without labels) is left out with a warning; a point that lacks
    /// another objective is not on any front.
    /// </summary>
    public static StudyAnalysis Of(StudyResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        StudyHeader header = result.Header;
        var warnings = ImmutableArray.CreateBuilder<string>();
        ImmutableArray<PointResult> ran = [.. result.Points.Where(p => p.Record is not null)];
        ImmutableArray<Objective> known = [.. header.Objectives.Where(o => ran.Any(p => Value(p, o.Metric) is not null))];
        if (ran.Length > 0)
            foreach (Objective o in header.Objectives.Except(known)) warnings.Add($"no point has a value for the objective '{o.Metric}': it is left out");

        var violations = result.Points.ToDictionary(p => p.Index, p => Violations(p, header.Constraints));
        var fronts = ImmutableArray.CreateBuilder<Front>();
        foreach (IGrouping<string, PointResult> scope in ran.GroupBy(p => header.Fronts == FrontScope.PerNetwork ? p.Record!.Network : "")
            .OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            PointResult[] candidates = [.. scope.Where(p => violations[p.Index].IsEmpty && known.All(o => Value(p, o.Metric) is not null))];
            int unknown = scope.Count(p => known.Any(o => Value(p, o.Metric) is null));
            if (unknown > 0) warnings.Add($"{unknown} points lack an objective and cannot be on a front");
            if (known.IsEmpty) continue;
            double[][] costs = [.. candidates.Select(p => known.Select(o => o.Cost(Value(p, o.Metric)!.Value)).ToArray())];
            ImmutableArray<int> members = ParetoFront.Of(costs);
            fronts.Add(new Front(scope.Key, [.. members.Select(i => candidates[i].Index)], candidates.Length, Scaled(costs)));
        }
        var onFront = fronts.SelectMany(f => f.Members).ToHashSet();
        return new StudyAnalysis([.. result.Points.Select(p => new JudgedPoint(p, violations[p.Index], onFront.Contains(p.Index)))],
            fronts.ToImmutable(), known, warnings.ToImmutable());
    }

    private static double? Value(PointResult point, string metric) =>
        point.Record is { } record ? MetricCatalogue.Get(metric).Of(record) : null;

    private static ImmutableArray<string> Violations(PointResult point, ImmutableArray<Constraint> constraints) =>
        point.Record is null ? [] : [.. constraints.Select(c => c.Violation(Value(point, c.Metric))).OfType<string>()];

    // An infinitely good value (the SQNR of an exact design) has no place between best and worst: there is no volume then. An infinitely
    // bad one (outputs that are not finite) stands at the worst corner, where it covers nothing.
    private static double? Scaled(double[][] costs)
    {
        if (costs.Length < 2 || costs.Any(c => c.Any(double.IsNegativeInfinity))) return null;
        costs = [.. costs.Where(c => c.All(double.IsFinite))];
        if (costs.Length < 2) return null;
        int dimensions = costs[0].Length;
        double[] low = [.. Enumerable.Range(0, dimensions).Select(d => costs.Min(c => c[d]))];
        double[] high = [.. Enumerable.Range(0, dimensions).Select(d => costs.Max(c => c[d]))];
        // An objective that is the same everywhere tells nothing; it would make every box flat.
        int[] varied = [.. Enumerable.Range(0, dimensions).Where(d => high[d] > low[d])];
        if (varied.Length == 0) return null;
        double[][] scaled = [.. costs.Select(c => varied.Select(d => (c[d] - low[d]) / (high[d] - low[d])).ToArray())];
        return Exploration.Fronts.Hypervolume.Of(scaled, Enumerable.Repeat(1.0, varied.Length).ToArray());
    }
}
