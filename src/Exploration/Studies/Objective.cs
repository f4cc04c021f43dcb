using System.Globalization;
using Sim.Exploration.Metrics;

namespace Sim.Exploration.Studies;

/// <summary>What a study optimises: a metric's name and the direction that is better.</summary>
public sealed record Objective(string Metric, Goal Goal)
{
    /// <summary>The value as a cost: negated when larger is better.</summary>
    public double Cost(double value) => Goal == Goal.Maximize ? -value : value;
}

/// <summary>Bounds on a metric, in the metric's unit, ends included; null leaves a side open. A metric that is not known violates its
/// constraint.</summary>
public sealed record Constraint(string Metric, double? Min, double? Max)
{
    /// <summary>Null when the value keeps the constraint, else what is wrong.</summary>
    public string? Violation(double? value)
    {
        Metric metric = MetricCatalogue.Get(Metric);
        if (value is not { } v) return $"{Metric} is not known";
        if (v < Min) return string.Create(CultureInfo.InvariantCulture, $"{Metric} {v:G6} is below {Min:G6} {metric.Unit}").TrimEnd();
        if (v > Max) return string.Create(CultureInfo.InvariantCulture, $"{Metric} {v:G6} is above {Max:G6} {metric.Unit}").TrimEnd();
        return null;
    }

    /// <summary>The bounds in words, e.g. `area ≤ 2 mm2`.</summary>
    public override string ToString()
    {
        string unit = MetricCatalogue.Get(Metric).Unit;
        string low = Min is { } min ? string.Create(CultureInfo.InvariantCulture, $" ≥ {min:G6} {unit}").TrimEnd() : "";
        string high = Max is { } max ? string.Create(CultureInfo.InvariantCulture, $" ≤ {max:G6} {unit}").TrimEnd() : "";
        return low.Length > 0 && high.Length > 0 ? $"{Metric}{low}, {Metric}{high}" : Metric + low + high;
    }
}
