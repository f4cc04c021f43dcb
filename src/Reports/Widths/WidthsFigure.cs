using System.Globalization;
using ScottPlot;
using ScottPlot.TickGenerators;
using Sim.Exploration.Widths;
using Sim.Reports.Charts;
using Palette = Sim.Reports.Charts.Palette;

namespace Sim.Reports.Widths;

/// <summary>Proven, observed and failing widths of every layer above; below, accuracy against the width of all registers, and of networks
/// made for a width.</summary>
internal static class WidthsFigure
{
    private const int Width = 980, Row = 20;

    private static readonly (string Words, string Colour, Func<LayerWidths, int?> Of)[] Kinds =
    [
        ("failing: accuracy falls by > 1 point", Palette.Categories[5], l => l.Failing),
        ("observed: held every sum on data", Palette.Categories[2], l => l.Observed),
        ("proven: no sum can leave it", Palette.Categories[0], l => l.Proven),
    ];

    public static Figure Of(WidthStudy study)
    {
        string note = string.Create(CultureInfo.InvariantCulture,
            $"{study.Samples} samples; a failing width is one at which the layer alone wraps");
        return new Figure("widths", $"Accumulator widths of {study.Name}", note, Width,
            [(Layers(study), 76 + Row * Math.Max(4, study.Layers.Length)), (Curves(study), 330)]);
    }

    private static Plot Layers(WidthStudy study)
    {
        Plot plot = Sheet.New();
        double[] bits = [.. study.Layers.SelectMany(l => Kinds.Select(k => k.Of(l))).Where(b => b is not null).Select(b => (double)b!)];
        Sheet.Axis(plot.Axes.Bottom, Scale.Over(bits, whole: true) with { Logarithmic = false }, "Accumulator width (bits)");
        for (int row = 0; row < study.Layers.Length; row++)
        {
            LayerWidths layer = study.Layers[row];
            ScottPlot.Plottables.Scatter span =
                plot.Add.ScatterLine(new Coordinates[] { new(layer.Failing ?? layer.Observed, -row), new(layer.Proven, -row) },
                Color.FromHex("#c8ced4"));
            span.LineWidth = 3;
        }
        foreach ((string _, string colour, Func<LayerWidths, int?> of) in Kinds)
        {
            Coordinates[] marks = [.. study.Layers.Select((l, row) => (Bits: of(l), row)).Where(m => m.Bits is not null)
                .Select(m => new Coordinates(m.Bits!.Value, -m.row))];
            if (marks.Length > 0) plot.Add.Markers(marks, MarkerShape.FilledCircle, 10, Color.FromHex(colour));
        }
        plot.Axes.Left.Range.Set(0.5 - Math.Max(4, study.Layers.Length), 0.5);
        plot.Axes.Left.TickGenerator = new NumericManual([.. study.Layers.Select((l, i) => new Tick(-i, FigureFont.Shown(l.Name, 34)))]);
        plot.Axes.Left.MajorTickStyle.Length = 0;
        Sheet.Legend(plot, Kinds.Reverse()
            .Select(k => new LegendItem { LabelText = k.Words, MarkerShape = MarkerShape.FilledCircle, MarkerSize = 9,
            MarkerFillColor = Color.FromHex(k.Colour) }));
        return plot;
    }

    private static Plot Curves(WidthStudy study)
    {
        (string Name, Coordinates[] Points)[] series =
        [
            ($"{study.Name}, wrapping", [.. study.Network.Select(w => new Coordinates(w.Bits, 100 * (w.Accuracy ?? w.Agreement)))]),
            .. study.Beside.GroupBy(b => b.Series)
                .Select(g => (g.Key, g.OrderByDescending(b => b.Proven)
                .Select(b => new Coordinates(b.Proven, 100 * (b.Accuracy ?? b.Agreement))).ToArray())),
        ];
        Plot plot = Sheet.New();
        Sheet.Axis(plot.Axes.Bottom, Scale.Over(series.SelectMany(s => s.Points.Select(p => p.X)), whole: true) with
            { Logarithmic = false }, "Accumulator width (bits)");
        Sheet.Axis(plot.Axes.Left, new Scale(0, 104, false), study.Accuracy is not null ? "Accuracy (%)" : "Agreement with exact sums (%)");
        var legend = new List<LegendItem>();
        for (int s = 0; s < series.Length; s++)
        {
            Color colour = Color.FromHex(Palette.Category(s));
            ScottPlot.Plottables.Scatter line = plot.Add.ScatterLine(series[s].Points, colour);
            line.LineWidth = 2;
            plot.Add.Markers(series[s].Points, MarkerShape.FilledCircle, 7, colour);
            legend.Add(new LegendItem { LabelText = FigureFont.Shown(series[s].Name, 34), LineColor = colour, LineWidth = 2 });
        }
        Sheet.Legend(plot, legend);
        return plot;
    }
}
