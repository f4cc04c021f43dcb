using System.Globalization;
using Sim.Exploration.Widths;
using Sim.Reports.Charts;

namespace Sim.Reports.Widths;

/// <summary>Proven, observed and failing widths of every layer above; below, accuracy against the width of all registers, and of networks made for a width.</summary>
public sealed class WidthsChart(WidthStudy study) : IChart
{
    private const int Left = 80, Width = 620, LayersTop = 70, LayersBottom = 320, CurveTop = 440, CurveBottom = 710, Legend = Left + Width + 24;

    private static readonly (string Words, string Colour, Func<LayerWidths, int?> Of)[] Marks =
    [
        ("proven: no sum can leave it", Palette.Categories[0], l => l.Proven),
        ("observed: held every sum on data", Palette.Categories[2], l => l.Observed),
        ("failing: accuracy falls by > 1 point", Palette.Categories[5], l => l.Failing),
    ];

    /// <inheritdoc/>
    public string Name => "widths";

    /// <inheritdoc/>
    public string ToSvg()
    {
        var svg = new SvgWriter(Legend + 230, CurveBottom + 70, $"Accumulator widths of {study.Name}");
        svg.Text(Left, 28, $"Accumulator widths of {study.Name}", size: 16, bold: true);
        svg.Text(Left, 48, string.Create(CultureInfo.InvariantCulture, $"{study.Samples} samples; a failing width is one at which the layer alone wraps"), fill: Palette.Quiet);
        Layers(svg);
        Curves(svg);
        return svg.Finish();
    }

    private void Layers(SvgWriter svg)
    {
        int?[] all = [.. study.Layers.SelectMany(l => Marks.Select(m => m.Of(l)))];
        Axis y = Axis.Over([.. all.Where(v => v is not null).Select(v => (double)v!)], LayersBottom, LayersTop);
        Frame.Values(svg, y, "Bits", (Left, LayersTop, Left + Width, LayersBottom));
        svg.Line(Left, LayersBottom, Left + Width, LayersBottom, Palette.Quiet);
        double step = (double)Width / study.Layers.Length;
        for (int i = 0; i < study.Layers.Length; i++)
        {
            LayerWidths layer = study.Layers[i];
            double x = Left + (i + 0.5) * step;
            svg.Line(x, y.At(layer.Proven), x, y.At(layer.Failing ?? layer.Observed), Palette.Grid, 3);
            foreach ((string words, string colour, Func<LayerWidths, int?> of) in Marks)
                if (of(layer) is { } bits) svg.Circle(x, y.At(bits), 5.5, colour, title: string.Create(CultureInfo.InvariantCulture, $"{layer.Name}: {bits} bits, {words}"));
            string label = layer.Name.Length > 22 ? layer.Name[..21] + "…" : layer.Name;
            svg.Text(x, LayersBottom + 16, label, "end", 10, Palette.Quiet, turn: -35);
        }
        for (int m = 0; m < Marks.Length; m++)
        {
            svg.Circle(Legend + 6, LayersTop + 8 + 20 * m, 5.5, Marks[m].Colour);
            svg.Text(Legend + 18, LayersTop + 12 + 20 * m, Marks[m].Words, size: 11);
        }
    }

    private void Curves(SvgWriter svg)
    {
        bool labelled = study.Accuracy is not null;
        (string Name, (double X, double Y)[] Points)[] series =
        [
            ($"{study.Name}, wrapping", [.. study.Network.Select(w => ((double)w.Bits, 100 * (w.Accuracy ?? w.Agreement)))]),
            .. study.Beside.GroupBy(b => b.Series).Select(g => (g.Key, g.OrderByDescending(b => b.Proven).Select(b => ((double)b.Proven, 100 * (b.Accuracy ?? b.Agreement))).ToArray())),
        ];
        Axis x = Axis.Over([.. series.SelectMany(s => s.Points.Select(p => p.X))], Left, Left + Width), y = Axis.Over([0, 100], CurveBottom, CurveTop, fromZero: true);
        Frame.Draw(svg, x, y, "Accumulator width (bits)", labelled ? "Accuracy (%)" : "Agreement with exact sums (%)", (Left, CurveTop, Left + Width, CurveBottom), grid: true);
        for (int s = 0; s < series.Length; s++)
        {
            (string name, (double X, double Y)[] points) = series[s];
            string colour = Palette.Category(s);
            svg.Polyline(points.Select(p => (x.At(p.X), y.At(p.Y))), colour, 2);
            foreach ((double bits, double share) in points)
                svg.Circle(x.At(bits), y.At(share), 4, colour, title: string.Create(CultureInfo.InvariantCulture, $"{name}: {share:0.0} % at {bits} bits"));
            svg.Line(Legend, CurveTop + 8 + 20 * s, Legend + 14, CurveTop + 8 + 20 * s, colour, 2);
            svg.Text(Legend + 20, CurveTop + 12 + 20 * s, name.Length > 34 ? name[..33] + "…" : name, size: 11);
        }
    }
}
