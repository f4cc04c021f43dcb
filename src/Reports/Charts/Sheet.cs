using ScottPlot;
using ScottPlot.TickGenerators;

namespace Sim.Reports.Charts;

/// <summary>An empty plot in the house style, and its axes.</summary>
internal static class Sheet
{
    /// <summary>A plot without heading, its legend to the right.</summary>
    public static Plot New()
    {
        bool font = FigureFont.IsThere;
        var plot = new Plot();
        if (font) plot.Font.Set(FigureFont.Family);
        plot.Axes.Color(Color.FromHex(Palette.Quiet));
        plot.Axes.Frame(false);
        plot.Axes.Left.FrameLineStyle.IsVisible = plot.Axes.Bottom.FrameLineStyle.IsVisible = true;
        plot.Grid.MajorLineColor = Color.FromHex(Palette.Grid);
        foreach (IAxis axis in new IAxis[] { plot.Axes.Left, plot.Axes.Bottom })
        {
            axis.TickLabelStyle.FontSize = 11;
            axis.Label.FontSize = 12;
            axis.Label.Bold = false;
            axis.Label.ForeColor = Color.FromHex(Palette.Ink);
        }
        return plot;
    }

    /// <summary>Puts the legend to the right of the plot; nothing without items.</summary>
    public static void Legend(Plot plot, IEnumerable<LegendItem> items)
    {
        plot.Legend.ManualItems.AddRange(items);
        if (plot.Legend.ManualItems.Count == 0) return;
        plot.Legend.DisplayPlottableLegendItems = false;
        plot.Legend.FontSize = 11;
        plot.Legend.OutlineWidth = 0;
        plot.Legend.ShadowColor = Colors.Transparent;
        ScottPlot.Panels.LegendPanel panel = plot.ShowLegend(Edge.Right);
        panel.Alignment = Alignment.UpperLeft;
    }

    /// <summary>Sets limits and ticks over values; the axis is logarithmic (then values are to be given as logarithms) when
    /// <see cref="Scale.Logarithmic"/>.</summary>
    public static void Axis(IAxis axis, Scale scale, string title)
    {
        axis.Label.Text = title;
        axis.Range.Set(scale.Low, scale.High);
        axis.TickGenerator = scale.Logarithmic
            ? new NumericManual([.. scale.Decades().Select(v => new Tick(Math.Log10(v), Scale.Label(v)))])
            : new NumericAutomatic { LabelFormatter = Scale.Label, MinorTickGenerator = new NoMinorTicks(), IntegerTicksOnly = scale.Whole,
                MinimumTickSpacing = 40 };
    }

    private sealed class NoMinorTicks : IMinorTickGenerator
    {
        public IEnumerable<double> GetMinorTicks(double[] majorTicks, CoordinateRange visibleRange) => [];
    }
}
