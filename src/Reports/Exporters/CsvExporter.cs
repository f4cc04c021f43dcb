using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Sim.Exploration.Metrics;
using Sim.Exploration.Studies;
using Sim.Simulator;

namespace Sim.Reports.Exporters;

/// <summary>
/// Tidy tables after RFC 4180, LF line ends: `designs.csv` a row per design point, `layers.csv` a row per layer of each, `costs.csv` a row per item of area
/// and per counted action. Units are in the column names; an unknown value is an empty cell.
/// </summary>
public sealed class CsvExporter : IExporter
{
    public string Format => "csv";

    public ImmutableArray<ReportFile> Export(Report report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return [new("designs.csv", Designs(report)), new("layers.csv", Layers(report)), new("costs.csv", Costs(report))];
    }

    private static string Designs(Report report)
    {
        var text = new StringBuilder();
        // Every metric is a column, known or not: tables of two studies have the same columns.
        Row(text, ["index", "status", "on_front", "network", .. report.Axes.Where(a => a != "network"), .. MetricCatalogue.All.Select(m => m.Column),
            "dynamic_energy_nj", "leakage_energy_nj", "float_accuracy", "samples", "violations", "reason", "design_key"]);
        foreach (JudgedPoint judged in report.Analysis.Points)
        {
            PointResult point = judged.Point;
            RunRecord? r = point.Record;
            Row(text, [Text(point.Index), point.Status.ToString().ToLowerInvariant(), judged.OnFront ? "true" : "false", r?.Network ?? point.Parameters.GetValueOrDefault("network", ""),
                .. report.Axes.Where(a => a != "network").Select(a => point.Parameters.GetValueOrDefault(a, "")), .. MetricCatalogue.All.Select(m => Text(r is null ? null : m.Of(r))),
                Text(r?.DynamicEnergyPicojoules * 1e-3), Text(r?.LeakageEnergyPicojoules * 1e-3), Text(r?.Accuracy?.FloatTop1), Text(r?.Accuracy?.Samples),
                string.Join("; ", judged.Violations), point.Reason ?? "", r?.DesignKey ?? ""]);
        }
        return text.ToString();
    }

    private static string Layers(Report report)
    {
        var text = new StringBuilder();
        Row(text, ["index", "layer", "op", "groups", "m", "n", "k", "compute_cycles", "stall_cycles", "utilization", "energy_nj", "sqnr_db", "outputs", "overflowed_outputs", "nan_outputs",
            "saturated_inputs", "nan_inputs", "encoded_inputs", "kernel"]);
        foreach ((int index, LayerRecord l) in report.Result.Points.Where(p => p.Record is not null).SelectMany(p => p.Record!.Layers.Select(l => (p.Index, l))))
            Row(text, [Text(index), l.Name, l.OpType, Text(l.Groups), Text(l.M), Text(l.N), Text(l.K), Text(l.ComputeCycles), Text(l.StallCycles), Text(l.Utilization), Text(LayerEnergy(l)),
                Text(l.Numerics?.SqnrDb), Text(l.Numerics?.Outputs), Text(l.Numerics?.OverflowedOutputs), Text(l.Numerics?.NaNOutputs), Text(l.Numerics?.SaturatedInputs), Text(l.Numerics?.NaNInputs),
                Text(l.Numerics?.EncodedInputs), l.Numerics?.Kernel ?? ""]);
        return text.ToString();
    }

    private static string Costs(Report report)
    {
        var text = new StringBuilder();
        Row(text, ["index", "kind", "layer", "component", "role_or_action", "count", "value", "unit", "source"]);
        foreach (PointResult point in report.Result.Points.Where(p => p.Record is not null))
        {
            foreach (CostItem item in point.Record!.Area) Row(text, [Text(point.Index), "area", "", item.Component, item.Role, "", Text(item.Value), item.Unit, item.Source]);
            foreach (LayerRecord layer in point.Record.Layers)
                foreach (ActionEnergy e in layer.Energy)
                    Row(text, [Text(point.Index), "energy", layer.Name, e.Component, e.Action, Text(e.Count), Text(e.PerActionPicojoules), "pJ", e.Source]);
        }
        return text.ToString();
    }

    internal static double LayerEnergy(LayerRecord layer) => layer.Energy.Sum(e => e.Count * e.PerActionPicojoules) * 1e-3;

    private static string Text(double? value) => value is { } v && !double.IsNaN(v) ? v.ToString("R", CultureInfo.InvariantCulture) : "";

    private static string Text(long? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "";

    private static string Text(int? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "";

    private static void Row(StringBuilder text, IEnumerable<string> cells) => text.AppendJoin(',', cells.Select(Cell)).Append('\n');

    private static string Cell(string value) => value.AsSpan().IndexOfAny(",\"\r\n") < 0 ? value : "\"" + value.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
}
