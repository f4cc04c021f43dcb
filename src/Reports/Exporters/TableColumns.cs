using System.Collections.Immutable;
using Sim.Exploration.Metrics;

namespace Sim.Reports.Exporters;

/// <summary>Columns of the tables with a row for each design.</summary>
internal static class TableColumns
{
    public static ImmutableArray<string> Last { get; } = ["dynamic_energy_nj", "leakage_energy_nj", "float_accuracy", "samples",
        "violations", "reason", "design_key"];

    private static readonly ImmutableHashSet<string> Own = ["index", "status", "on_front", "network",
        .. MetricCatalogue.All.Select(m => m.Column), .. Last];

    /// <summary>The column of an axis: its name, or `axis.NAME` when a column of the table has that name already.</summary>
    public static string OfAxis(string axis) => Own.Contains(axis) ? "axis." + axis : axis;
}
