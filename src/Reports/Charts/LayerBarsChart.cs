using System.Collections.Immutable;
using Sim.Reports.Exporters;
using Sim.Simulator;

namespace Sim.Reports.Charts;

/// <summary>A stacked bar per layer of one design.</summary>
/// <param name="name">File name without extension.</param>
/// <param name="title">Heading.</param>
/// <param name="unit">Words and unit of the vertical axis.</param>
/// <param name="layers">Layer names, left to right.</param>
/// <param name="series">Stacked parts, bottom first: a name and one value ≥ 0 per layer; null draws nothing.</param>
public sealed class LayerBarsChart(string name, string title, string unit, ImmutableArray<string> layers, ImmutableArray<(string Name, ImmutableArray<double?> Values)> series) : IChart
{
    public string Name => name;

    /// <summary>Energy of each layer by component, in nJ.</summary>
    public static LayerBarsChart Energy(string name, string design, RunRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        string[] components = [.. record.Layers.SelectMany(l => l.Energy.Select(e => e.Component)).Distinct().Order(StringComparer.Ordinal)];
        return new LayerBarsChart(name, $"Dynamic energy per layer, {design}", "Energy (nJ)", Names(record), [.. components.Select(c => (c,
            record.Layers.Select(l => (double?)(l.Energy.Where(e => e.Component == c).Sum(e => e.Count * e.PerActionPicojoules) * 1e-3)).ToImmutableArray()))]);
    }

    /// <summary>Cycles of each layer, computing and stalled.</summary>
    public static LayerBarsChart Cycles(string name, string design, RunRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return new LayerBarsChart(name, $"Cycles per layer, {design}", "Cycles", Names(record),
            [("compute", [.. record.Layers.Select(l => (double?)l.ComputeCycles)]), ("stall", [.. record.Layers.Select(l => (double?)l.StallCycles)])]);
    }

    /// <summary>Signal to quantization-noise ratio of each layer, in dB.</summary>
    public static LayerBarsChart Sqnr(string name, string design, RunRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return new LayerBarsChart(name, $"SQNR per layer, {design}", "SQNR (dB)", Names(record), [("SQNR", [.. record.Layers.Select(l => l.Numerics?.SqnrDb)])]);
    }

    public string ToSvg()
    {
        int step = Math.Clamp(640 / Math.Max(1, layers.Length), 14, 70), left = 80, top = 64, right = left + step * layers.Length, bottom = 330;
        int width = right + 190, height = bottom + 130;
        var svg = new SvgWriter(width, height, title);
        double[] tops = [.. layers.Select((_, i) => series.Sum(s => Math.Max(0, s.Values[i] ?? 0)))];
        double[] lows = [.. layers.Select((_, i) => series.Sum(s => Math.Min(0, s.Values[i] ?? 0)))];
        Axis y = Axis.Over([.. tops, .. lows], bottom, top, fromZero: true);
        svg.Text(left, 28, title, size: 16, bold: true);
        Frame.Values(svg, y, unit, (left, top, right, bottom));
        for (int i = 0; i < layers.Length; i++) Bar(svg, y, i, left + (i + 0.15) * step, step * 0.7, bottom);
        svg.Line(left, y.At(0), right, y.At(0), Palette.Quiet);
        if (series.Length > 1)
            foreach ((string part, int s) in series.Select((p, s) => (p.Name, s)))
            {
                svg.Rectangle(right + 20, top + s * 20, 12, 12, Palette.Category(s));
                svg.Text(right + 38, top + s * 20 + 10, part, size: 11);
            }
        return svg.Finish();
    }

    private void Bar(SvgWriter svg, Axis y, int layer, double x, double width, double bottom)
    {
        double high = 0, low = 0;
        foreach ((var part, int s) in series.Select((p, s) => (p, s)))
        {
            if (part.Values[layer] is not { } value || value == 0) continue;
            double from = value > 0 ? high : low, to = from + value;
            if (value > 0) high = to;
            else low = to;
            svg.Rectangle(x, Math.Min(y.At(from), y.At(to)), width, Math.Abs(y.At(to) - y.At(from)), Palette.Category(s), $"{layers[layer]}, {part.Name}: {MarkdownExporter.Number(value)}");
        }
        string label = layers[layer].Length > 22 ? layers[layer][..21] + "…" : layers[layer];
        svg.Text(x + width / 2, bottom + 14, label, "end", 10, Palette.Quiet, turn: -45);
    }

    private static ImmutableArray<string> Names(RunRecord record) => [.. record.Layers.Select(l => l.Name)];
}
