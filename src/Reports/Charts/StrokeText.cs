using ScottPlot;
using SkiaSharp;

namespace Sim.Reports.Charts;

/// <summary>Capital letters drawn as lines, for the one message that a figure without a font has to show.</summary>
internal static class StrokeText
{
    // Points of a grid of 3 columns (0 to 2) and 5 rows (0 at the top to 4) as digit pairs; strokes apart by a space.
    private static readonly Dictionary<char, string> Strokes = new()
    {
        ['A'] = "0401102124 0222", ['B'] = "0400102112 12231404 0212", ['C'] = "20000424", ['D'] = "04001021231404",
            ['E'] = "20000424 0212", ['F'] = "200004 0212",
        ['G'] = "200004242212", ['H'] = "0004 2024 0222", ['I'] = "1014", ['L'] = "000424", ['M'] = "0400122024", ['N'] = "04002420",
            ['O'] = "0020240400",
        ['P'] = "0400202202", ['R'] = "0400202202 1224", ['S'] = "200002222404", ['T'] = "0020 1014", ['U'] = "00042420", ['V'] = "001420",
            ['W'] = "0004122420",
        ['Y'] = "001220 1214", ['-'] = "0222", ['.'] = "1314", [':'] = "1011 1314",
    };

    /// <summary>Draws the text with its top left corner at that place, letters <paramref name="size"/> pixels high.</summary>
    public static void Draw(SKCanvas canvas, string text, float x, float y, float size, Color colour)
    {
        ArgumentNullException.ThrowIfNull(canvas);
        float unit = size / 4;
        using var paint = new SKPaint { Style = SKPaintStyle.Stroke, StrokeWidth = size / 7, Color = colour.ToSKColor(),
            IsAntialias = true, StrokeCap = SKStrokeCap.Round };
        foreach (char c in text.ToUpperInvariant())
        {
            if (Strokes.TryGetValue(c, out string? strokes))
                foreach (string stroke in strokes.Split(' ')) Draw(canvas, stroke, x, y, unit, paint);
            x += unit * 3.2f;
        }
    }

    private static void Draw(SKCanvas canvas, string stroke, float x, float y, float unit, SKPaint paint)
    {
        using var path = new SKPath();
        for (int i = 0; i + 1 < stroke.Length; i += 2)
        {
            float px = x + unit * (stroke[i] - '0'), py = y + unit * (stroke[i + 1] - '0');
            if (i == 0) path.MoveTo(px, py);
            else path.LineTo(px, py);
        }
        canvas.DrawPath(path, paint);
    }
}
