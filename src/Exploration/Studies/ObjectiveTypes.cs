using System.Text.Json.Nodes;
using Sim.Exploration.Metrics;
using Sim.Foundation;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.Exploration.Studies;

/// <summary>How objectives and constraints are written in a study.</summary>
internal static class ObjectiveTypes
{
    private static readonly YamlType<Metric> MetricName = YamlTypes.Choice([.. MetricCatalogue.All.Select(m => (m.Name, m))]);
    private static readonly YamlField<Metric> MetricKey = YamlField.Required("metric", MetricName, "What is measured.");
    private static readonly YamlField<Goal> GoalKey =
        YamlField.Optional("goal", YamlTypes.Choice(("max", Exploration.Metrics.Goal.Maximize), ("min", Exploration.Metrics.Goal.Minimize)),
        "Which direction is better. Left out: max for accuracy and the like, min for costs.");

    private static readonly YamlField<YamlNode> Min =
        YamlField.Optional("min", YamlTypes.Node("a number with the metric's unit",
        () => new JsonObject { ["type"] = new JsonArray("number", "string") }), "Least value allowed.");
    private static readonly YamlField<YamlNode> Max =
        YamlField.Optional("max", YamlTypes.Node("a number with the metric's unit",
        () => new JsonObject { ["type"] = new JsonArray("number", "string") }), "Largest value allowed.");

    private static readonly YamlSchema ObjectiveSchema = new("objective", "A metric and the direction that is better.",
        [MetricKey, GoalKey]);
    private static readonly YamlSchema ConstraintSchema = new("constraint", "Bounds on a metric.", [MetricKey, Min, Max]);

    /// <summary>A metric's name, or `{metric: ..., goal: ...}`.</summary>
    public static YamlType<Objective> Objective { get; } = new ObjectiveType();

    /// <summary>`{metric: area, max: 2 mm2}`.</summary>
    public static YamlType<Constraint> Constraint { get; } = YamlTypes.Map<Constraint>(ConstraintSchema, ReadConstraint);

    // By the unit in which the metric is kept: a quantity in a study always names its unit.
    private static YamlType<double> Quantity(Metric metric) => metric.Unit switch
    {
        "nJ" => YamlQuantities.Of<double>("an energy such as '500 nJ'", [("pJ", 1e-3), ("nJ", 1), ("uJ", 1e3), ("mJ", 1e6), ("J", 1e9)],
            Same),
        "us" => YamlQuantities.Of<double>("a time such as '20 us'", [("ns", 1e-3), ("us", 1), ("ms", 1e3), ("s", 1e6)], Same),
        "mm2" => YamlQuantities.Of<double>("an area such as '2 mm2'", [("um2", 1e-6), ("mm2", 1)], Same),
        "mW" => YamlQuantities.Of<double>("a power such as '30 mW'", [("uW", 1e-3), ("mW", 1), ("W", 1e3)], Same),
        "ns" => SignedTime,
        "MHz" => YamlQuantities.Of<double>("a frequency such as '500 MHz'", [("kHz", 1e-3), ("MHz", 1), ("GHz", 1e3)], Same),
        "dB" => YamlQuantities.Of<double>("a ratio such as '30 dB'", [("dB", 1)], Same),
        "nJ us" => YamlQuantities.Of<double>("an energy-delay product such as '100 nJ us'",
            [("nJ us", 1), ("uJ us", 1e3), ("uJ ms", 1e6), ("mJ ms", 1e9), ("J s", 1e15)], Same),
        "" => YamlTypes.Number(),
        _ => throw new InvalidOperationException($"no way to write a quantity in '{metric.Unit}'"),
    };

    // Slack may be negative, which other quantities cannot be.
    private static readonly YamlType<double> SignedTime = new YamlScalarType<double>("a time such as '0.2 ns' or '-50 ps' (units: ps, ns)",
        (string text, out double value) =>
    {
        value = 0;
        double factor = text.EndsWith("ps", StringComparison.Ordinal) ? 1e-3 : text.EndsWith("ns", StringComparison.Ordinal) ? 1 : 0;
        if (factor == 0 || !StrictNumber.TryReal(text.AsSpan(0, text.Length - 2).TrimEnd(), out double number)) return false;
        value = number * factor;
        return double.IsFinite(value);
    }, () => new JsonObject { ["type"] = "string", ["pattern"] = "^-?[0-9.eE+-]+ ?(ps|ns)$" }, "CFG007");

    private static bool Same(double number, out double value)
    {
        value = number;
        return true;
    }

    private static bool ReadConstraint(YamlMap map, DiagnosticBag bag, out Constraint value)
    {
        value = null!;
        if (!MetricKey.TryRead(map, bag, out Metric metric)) return false;
        int before = bag.ErrorCount;
        double? min = Bound(Min, metric, map, bag), max = Bound(Max, metric, map, bag);
        if (min is null && max is null && bag.ErrorCount == before) bag.Error(map.Location, "CFG004",
            "a constraint needs 'min', 'max' or both");
        if (min > max) bag.Error(Min.Place(map), "CFG201", "'min' is above 'max': no design can keep this");
        value = new Constraint(metric.Name, min, max);
        return bag.ErrorCount == before;
    }

    private static double? Bound(YamlField<YamlNode> field, Metric metric, YamlMap map, DiagnosticBag bag) =>
        field.TryRead(map, bag, out YamlNode node) && Quantity(metric).TryRead(node, field.Name, bag, out double value) ? value : null;

    private sealed class ObjectiveType : YamlType<Objective>
    {
        private static readonly YamlType<Objective> Mapping = YamlTypes.Map(ObjectiveSchema,
            (YamlMap map, DiagnosticBag bag, out Objective value) =>
        {
            bool good = MetricKey.TryRead(map, bag, out Metric metric);
            value = good ? new Objective(metric.Name, GoalKey.TryRead(map, bag, out Goal goal) ? goal : metric.Goal) : null!;
            return good;
        });

        public override string Expectation =>
            $"a metric ({string.Join(", ", MetricCatalogue.All.Select(m => m.Name))}) or {{metric: ..., goal: min or max}}";

        public override JsonObject JsonSchema() =>
            new() { ["anyOf"] = new JsonArray(MetricName.JsonSchema(), ObjectiveSchema.JsonSchema()) };

        public override bool TryRead(YamlNode node, string key, DiagnosticBag bag, out Objective value)
        {
            if (node is YamlMap) return Mapping.TryRead(node, key, bag, out value);
            bool good = MetricName.TryRead(node, key, bag, out Metric metric);
            value = good ? new Objective(metric.Name, metric.Goal) : null!;
            return good;
        }
    }
}
