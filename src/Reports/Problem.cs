using System.Collections.Immutable;
using Sim.Exploration.Studies;

namespace Sim.Reports;

/// <summary>A reason why designs did not run, or a warning, with the designs that have it: how many, and the first of them.</summary>
public sealed record Problem(string Kind, string Text, int Count, ImmutableArray<int> First)
{
    /// <summary>The kind of what designs that ran had to say.</summary>
    public const string Warning = "warning";

    private const int Listed = 12;

    /// <summary>All of them: what stopped designs before warnings, the most frequent first.</summary>
    public static ImmutableArray<Problem> Of(Report report)
    {
        ArgumentNullException.ThrowIfNull(report);
        IEnumerable<(string Kind, string Text, int Index)> all = report.Result.Points.SelectMany(p => p.Reason is { } reason
            ? [(p.Status.ToString().ToLowerInvariant(), reason, p.Index)] : p.Record?.Warnings.Distinct()
                .Select(w => (Warning, w, p.Index)) ?? []);
        return [.. all.GroupBy(p => (p.Kind, p.Text))
            .Select(g => new Problem(g.Key.Kind, g.Key.Text, g.Count(), [.. g.Take(Listed).Select(p => p.Index)]))
            .OrderBy(p => p.Kind == Warning).ThenByDescending(p => p.Count).ThenBy(p => p.First[0])];
    }
}
