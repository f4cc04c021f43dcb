using System.Collections.Immutable;
using ScottPlot;
using SkiaSharp;

namespace Sim.Reports.Charts;

/// <summary>A static figure, drawn by ScottPlot: a heading, a line below it, and one or more plots under each other. The same figure gives
/// the same bytes.</summary>
/// <param name="Name">File name without extension.</param>
/// <param name="Title">Heading.</param>
/// <param name="Note">What the reader has to know: what is drawn and what is left out.</param>
/// <param name="Width">Pixels.</param>
/// <param name="Panels">The plots, from the top, each with its height in pixels.</param>
public sealed record Figure(string Name, string Title, string Note, int Width, ImmutableArray<(Plot Plot, int Height)> Panels)
{
    private const int Head = 56, Margin = 6;
    private const string NoFont = "Built without its font: no labels. Run npm ci in src-Reports-Web.";

    /// <summary>Pixels.</summary>
    public int Height => Head + Panels.Sum(p => p.Height);

    /// <summary>A complete SVG document, readable on white and in print.</summary>
    public string ToSvg() => ToSvg(FigureFont.IsThere);

    /// <summary>The same, or as a build without its font draws it: no labels, and a message in letters made of lines.</summary>
    public string ToSvg(bool labelled)
    {
        using var bytes = new MemoryStream();
        using (SKCanvas canvas = SKSvgCanvas.Create(new SKRect(0, 0, Width, Height), bytes)) Draw(canvas, labelled);
        return SvgDocument.Finish(bytes.ToArray(), Name, FigureFont.Shown(Title), Width, Height);
    }

    /// <summary>A PNG image, <paramref name="scale"/> dots a pixel.</summary>
    public byte[] ToPng(int scale = 2)
    {
        using var bitmap = new SKBitmap(Width * scale, Height * scale, SKColorType.Rgba8888, SKAlphaType.Opaque);
        using (var canvas = new SKCanvas(bitmap))
        {
            canvas.Scale(scale);
            Draw(canvas, FigureFont.IsThere);
        }
        using SKData data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    // ScottPlot keeps its fonts in static lists that are not made for several threads.
    private static readonly Lock Drawing = new();

    private void Draw(SKCanvas canvas, bool labelled)
    {
        lock (Drawing)
        {
            canvas.Clear(SKColors.White);
            using Paint paint = Paint.NewDisposablePaint();
            if (labelled)
            {
                Line(canvas, paint, Title, 28, 16, Palette.Ink);
                Line(canvas, paint, Note, 47, 12, Palette.Quiet);
            }
            else StrokeText.Draw(canvas, NoFont, 12, 20, 11, Color.FromHex(Palette.Front));
            float top = Head;
            foreach ((Plot plot, int height) in Panels)
            {
                if (!labelled) Unlabelled(plot);
                // Sizes of labels are known after a first drawing. Plot.Render would make both on the canvas, and clear what stands above.
                plot.RenderInMemory(Width - 2 * Margin, height);
                plot.RenderManager.RenderActions.RemoveAll(a => a is ScottPlot.Rendering.RenderActions.ClearCanvas);
                plot.RenderManager.Render(canvas, new PixelRect(Margin, Width - Margin, top + height, top));
                top += height;
            }
        }
    }

    private void Line(SKCanvas canvas, Paint paint, string text, float baseline, float size, string colour)
    {
        var style = new LabelStyle { FontName = FigureFont.Family, FontSize = size, ForeColor = Color.FromHex(colour),
            Alignment = Alignment.LowerLeft };
        int longest = 200;
        do style.Text = FigureFont.Shown(text, longest--);
        while (longest > 20 && style.Measure(paint).Width > Width - 24);
        style.Render(canvas, new Pixel(12, baseline), paint);
    }

    // With whatever font the machine has, or with none, labels would differ from place to place.
    private static void Unlabelled(Plot plot)
    {
        foreach (IPanel legend in plot.Axes.GetPanels().OfType<ScottPlot.Panels.LegendPanel>().ToArray()) plot.Axes.Remove(legend);
        plot.Remove<ScottPlot.Plottables.Text>();
        foreach (IAxis axis in plot.Axes.GetAxes())
        {
            axis.Label.IsVisible = false;
            axis.TickLabelStyle.IsVisible = false;
        }
    }
}
