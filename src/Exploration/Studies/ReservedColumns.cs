using Sim.Exploration.Metrics;

namespace Sim.Exploration.Studies;

/// <summary>Columns that every table of designs has: no axis may be called so, or it would stand in their place.</summary>
public static class ReservedColumns
{
    private static readonly HashSet<string> Names = new(
        ["index", "design", "status", "on_front", "violations", "reason", "design_key", "dynamic_energy_nj", "leakage_energy_nj",
            "float_accuracy",
            "samples", .. MetricCatalogue.All.Select(m => m.Column)],
        // Readers of tables such as SQL and spreadsheets tell columns apart without case.
        StringComparer.OrdinalIgnoreCase);

    /// <summary>All of them but the leading `network`, which is the axis of the workloads.</summary>
    public static IEnumerable<string> All => Names;

    /// <summary>Whether a name is taken.</summary>
    public static bool Contains(string name) => Names.Contains(name);
}
