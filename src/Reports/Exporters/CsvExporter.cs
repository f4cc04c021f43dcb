using System.Globalization;
using Sim.Exploration.Metrics;
using Sim.Exploration.Studies;
using Sim.Foundation.Text;
using Sim.Simulator;

namespace Sim.Reports.Exporters;

/// <summary>
/// Tidy tables after RFC 4180, LF line ends: `designs.csv` a row per design point, `layers.csv` a row per layer of each, `costs.csv` a row
/// per item of area and per counted action. Units are in the column names; an unknown value is an empty cell. Texts are no formulas
/// (<see cref="CsvText.Cell"/>).
/// </summary>
public sealed class CsvExporter : IExporter
{
    public string Format => "csv";

    public void Export(Report report, IReportFiles files)
    {
        ArgumentNullException.ThrowIfNull(report);
        using TextWriter designs = files.OpenText("designs.csv"), layers = files.OpenText("layers.csv"),
            costs = files.OpenText("costs.csv");
        // Every metric is a column, known or not: tables of two studies have the same columns.
        designs.Write(CsvText.Row(["index", "status", "on_front", "network", .. report.Axes.Where(a => a != "network")
            .Select(TableColumns.OfAxis), .. MetricCatalogue.All.Select(m => m.Column),
            .. TableColumns.Last]));
        layers.Write(LayerTable.Head);
        costs.Write("index,kind,layer,component,role_or_action,count,value,unit,source\n");
        foreach (JudgedPoint judged in report.Whole())
        {
            designs.Write(Design(report, judged));
            if (judged.Point.Record is not { } record) continue;
            string index = Text(judged.Point.Index);
            foreach (LayerRecord layer in record.Layers) layers.Write(LayerTable.Row(judged.Point.Index, layer));
            foreach (CostItem item in record.Area) costs.Write(CsvText.Row([index, "area", "", item.Component, item.Role, "",
                Text(item.Value), item.Unit, item.Source]));
            foreach (LayerRecord layer in record.Layers)
                foreach (ActionEnergy e in layer.Energy)
                    costs.Write(CsvText.Row([index, "energy", layer.Name, e.Component, e.Action, Text(e.Count),
                        Text(e.PerActionPicojoules), "pJ", e.Source]));
        }
    }

    private static string Design(Report report, JudgedPoint judged)
    {
        PointResult point = judged.Point;
        RunRecord? r = point.Record;
        return CsvText.Row([Text(point.Index), point.Status.ToString().ToLowerInvariant(), judged.OnFront ? "true" : "false", r?.Network
            ?? point.Parameters.GetValueOrDefault("network", ""),
            .. report.Axes.Where(a => a != "network").Select(a => point.Parameters.GetValueOrDefault(a, "")),
                .. MetricCatalogue.All.Select(m => Text(r is null ? null : m.Of(r))),
            Text(r?.DynamicEnergyPicojoules * 1e-3), Text(r?.LeakageEnergyPicojoules * 1e-3), Text(r?.Accuracy?.FloatTop1),
                Text(r?.Accuracy?.Samples),
            string.Join("; ", judged.Violations), point.Reason ?? "", r?.DesignKey ?? ""]);
    }

    internal static string Text(double? value) => value is { } v && !double.IsNaN(v) ? v.ToString("R", CultureInfo.InvariantCulture) : "";

    internal static string Text(long? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "";

    internal static string Text(int? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "";
}
