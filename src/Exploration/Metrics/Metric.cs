using Sim.Simulator;

namespace Sim.Exploration.Metrics;

/// <summary>Which direction is better.</summary>
public enum Goal : byte { Maximize, Minimize }

/// <summary>
/// One number read from a record: an objective, a constraint or a column. Null means not known.
/// </summary>
/// <param name="Name">Name in studies, e.g. `energy`.</param>
/// <param name="Label">Words for axes and headings.</param>
/// <param name="Unit">Unit of the value as printed, "" for a fraction or a count.</param>
/// <param name="Column">Column name in tables, with the unit.</param>
/// <param name="Goal">Which direction is better unless a study says otherwise.</param>
/// <param name="Read">The value in <paramref name="Unit"/>; null when the record does not hold it.</param>
public sealed record Metric(string Name, string Label, string Unit, string Column, Goal Goal, Func<RunRecord, double?> Read)
{
    /// <summary>The value in <see cref="Unit"/>; null when not known (a NaN in the record is not known either).</summary>
    public double? Of(RunRecord record) => Read(record) is { } value && !double.IsNaN(value) ? value : null;
}
