using System.Collections.Immutable;
using System.Globalization;
using ScottPlot;
using ScottPlot.TickGenerators;
using Sim.Reports.Exporters;
using Sim.Simulator;

namespace Sim.Reports.Charts;

/// <summary>A stacked bar for each layer of one design, from the top in the order of the record. Of a deep network the largest layers have
/// a bar each; the line below the heading says what the others come to.</summary>
internal static class LayerFigures
{
    /// <summary>Layers that have a bar of their own.</summary>
    public const int Most = 24;

    private const int Width = 860, Row = 20;

    /// <summary>One part of the bars: a name and one value for each layer; null draws nothing.</summary>
    private sealed record Part(string Name, double?[] Values);

    /// <summary>Energy of each layer by component.</summary>
    public static Figure Energy(string name, string design, RunRecord record)
    {
        string[] components = [.. record.Layers.SelectMany(l => l.Energy.Select(e => e.Component)).Distinct()
            .Order(StringComparer.Ordinal)];
        Part[] parts = [.. components.Select(c =>
            new Part(c, [.. record.Layers.Select(l =>
            (double?)(l.Energy.Where(e => e.Component == c).Sum(e => e.Count * e.PerActionPicojoules) * 1e-3))]))];
        return Bars(name, $"Dynamic energy of each layer, {design}", "Energy per inference", "nJ", record, parts);
    }

    /// <summary>Cycles of each layer, computing and stalled.</summary>
    public static Figure Cycles(string name, string design, RunRecord record) =>
        Bars(name, $"Cycles of each layer, {design}", "Cycles", "cycles", record,
        [new("compute", [.. record.Layers.Select(l => (double?)l.ComputeCycles)]),
            new("stall", [.. record.Layers.Select(l => (double?)l.StallCycles)])]);

    /// <summary>Signal to quantization-noise ratio of each layer, in dB.</summary>
    public static Figure Sqnr(string name, string design, RunRecord record) =>
        Bars(name, $"SQNR of each layer, {design}", "SQNR (dB)", "dB", record,
            [new("SQNR", [.. record.Layers.Select(l => l.Numerics?.SqnrDb)])], lowest: true);

    private static Figure Bars(string name, string title, string label, string unit, RunRecord record, Part[] parts, bool lowest = false)
    {
        double[] totals = [.. record.Layers.Select((_, i) => parts.Sum(p => p.Values[i] ?? 0))];
        DisplayUnit shown = unit == "dB" ? new DisplayUnit("", 1) : DisplayUnit.Of(unit, totals);
        // Layers without a value (of a figure of ratios: what was not measured) take no row.
        int[] known = [.. Enumerable.Range(0, totals.Length).Where(i => parts.Any(p => p.Values[i] is not null))];
        int[] own = known.Length <= Most ? known
            : [.. (lowest ? known.OrderBy(i => totals[i]) : known.OrderByDescending(i => totals[i])).Take(Most).Order()];
        int[] rest = [.. known.Except(own)];
        List<(string Name, double?[] Values)> rows =
            [.. own.Select(i => (record.Layers[i].Name, parts.Select(p => p.Values[i] / shown.Factor).ToArray()))];

        Plot plot = Draw(rows, parts, shown.Heading(label));
        int infinite = rows.Count(r => r.Values.Any(v => v is { } x && !double.IsFinite(x)));
        string note = string.Create(CultureInfo.InvariantCulture,
            $"{record.Network}, {record.Layers.Length} layers from the first at the top to the last")
            + (rest.Length == 0 ? "" : lowest ? string.Create(CultureInfo.InvariantCulture, $"; the {Most} lowest of {known.Length}")
                : string.Create(CultureInfo.InvariantCulture,
                    $"; the {Most} largest, the others have {100 * rest.Sum(i => totals[i]) / totals.Sum():0.#} % of all"))
            + (infinite > 0 ? string.Create(CultureInfo.InvariantCulture, $"; {infinite} without a bar: exact or not finite") : "");
        return new Figure(name, title, note, Width, [(plot, 70 + Row * Math.Max(4, rows.Count))]);
    }

    private static void Words(Plot plot, string words, int row)
    {
        ScottPlot.Plottables.Text text = plot.Add.Text(words, 0, -row);
        text.LabelFontName = FigureFont.Family;
        text.LabelFontSize = 11;
        text.LabelFontColor = Color.FromHex(Palette.Quiet);
        text.LabelAlignment = Alignment.MiddleLeft;
        text.OffsetX = 5;
    }

    private static Plot Draw(List<(string Name, double?[] Values)> rows, Part[] parts, string heading)
    {
        Plot plot = Sheet.New();
        double most = 0, least = 0;
        for (int row = 0; row < rows.Count; row++)
        {
            double high = 0, low = 0;
            for (int part = 0; part < parts.Length; part++)
            {
                if (rows[row].Values[part] is { } infinite && double.IsInfinity(infinite)) Words(plot, ReadableNumber.Of(infinite, "dB"),
                    row);
                if (rows[row].Values[part] is not { } value || value == 0 || !double.IsFinite(value)) continue;
                double from = value > 0 ? high : low;
                plot.Add.Bar(new Bar { Position = -row, ValueBase = from, Value = from + value, Size = 0.72,
                    Orientation = Orientation.Horizontal, LineWidth = 0, FillColor = Color.FromHex(Palette.Category(part)) });
                if (value > 0) high += value;
                else low += value;
            }
            (most, least) = (Math.Max(most, high), Math.Min(least, low));
        }
        Sheet.Axis(plot.Axes.Bottom, Scale.Over([least, most], fromZero: true), heading);
        plot.Axes.Left.Range.Set(0.5 - Math.Max(4, rows.Count), 0.5);
        plot.Axes.Left.TickGenerator = new NumericManual([.. rows.Select((r, i) => new Tick(-i, FigureFont.Shown(r.Name, 34)))]);
        plot.Axes.Left.MajorTickStyle.Length = 0;
        plot.Grid.YAxisStyle.IsVisible = false;
        if (parts.Length > 1)
            Sheet.Legend(plot, parts.Select((p, i) =>
                new LegendItem { LabelText = FigureFont.Shown(p.Name, 26), FillColor = Color.FromHex(Palette.Category(i)) }));
        return plot;
    }
}
