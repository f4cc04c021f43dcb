using System.Globalization;
using System.Text;

namespace Sim.Reports.Charts;

/// <summary>Writes the few SVG shapes that figures need, coordinates with two decimals, all text escaped.</summary>
public sealed class SvgWriter
{
    private readonly StringBuilder _text = new();

    /// <summary>Starts a document of that size in pixels, with a title for screen readers.</summary>
    public SvgWriter(int width, int height, string title)
    {
        _text.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" font-family=\"Helvetica, Arial, sans-serif\">\n");
        _text.Append("<title>").Append(Escape(title)).Append("</title>\n");
        Rectangle(0, 0, width, height, "#ffffff");
    }

    /// <summary>A filled rectangle; the optional title shows on hover.</summary>
    public void Rectangle(double x, double y, double width, double height, string fill, string? title = null) =>
        Shape($"<rect x=\"{N(x)}\" y=\"{N(y)}\" width=\"{N(width)}\" height=\"{N(height)}\" fill=\"{fill}\"", title);

    /// <summary>A disc, hollow when <paramref name="stroke"/> is given with fill `none`.</summary>
    public void Circle(double x, double y, double radius, string fill, string? stroke = null, double opacity = 1, string? title = null) =>
        Shape($"<circle cx=\"{N(x)}\" cy=\"{N(y)}\" r=\"{N(radius)}\" fill=\"{fill}\"{(stroke is null ? "" : $" stroke=\"{stroke}\" stroke-width=\"1.5\"")}{(opacity < 1 ? $" fill-opacity=\"{N(opacity)}\"" : "")}", title);

    /// <summary>A straight line.</summary>
    public void Line(double x1, double y1, double x2, double y2, string stroke, double width = 1) =>
        Shape($"<line x1=\"{N(x1)}\" y1=\"{N(y1)}\" x2=\"{N(x2)}\" y2=\"{N(y2)}\" stroke=\"{stroke}\" stroke-width=\"{N(width)}\"", null);

    /// <summary>An open polyline.</summary>
    public void Polyline(IEnumerable<(double X, double Y)> points, string stroke, double width) =>
        Shape($"<polyline points=\"{string.Join(' ', points.Select(p => N(p.X) + "," + N(p.Y)))}\" fill=\"none\" stroke=\"{stroke}\" stroke-width=\"{N(width)}\"", null);

    /// <summary>Text with its anchor (`start`, `middle`, `end`), optionally turned by degrees around its place.</summary>
    public void Text(double x, double y, string text, string anchor = "start", double size = 12, string fill = "#1f2933", double turn = 0, bool bold = false) =>
        _text.Append(CultureInfo.InvariantCulture, $"<text x=\"{N(x)}\" y=\"{N(y)}\" font-size=\"{N(size)}\" text-anchor=\"{anchor}\" fill=\"{fill}\"{(bold ? " font-weight=\"600\"" : "")}{(turn != 0 ? $" transform=\"rotate({N(turn)} {N(x)} {N(y)})\"" : "")}>")
            .Append(Escape(text)).Append("</text>\n");

    /// <summary>The finished document.</summary>
    public string Finish() => _text + "</svg>\n";

    /// <summary>Text for element content and attributes.</summary>
    public static string Escape(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal)
            .Replace("\"", "&quot;", StringComparison.Ordinal).Replace("'", "&#39;", StringComparison.Ordinal);
    }

    private void Shape(string start, string? title)
    {
        _text.Append(start);
        if (title is null)
        {
            _text.Append("/>\n");
            return;
        }
        string element = start[1..start.IndexOf(' ', StringComparison.Ordinal)];
        _text.Append("><title>").Append(Escape(title)).Append("</title></").Append(element).Append(">\n");
    }

    private static string N(double value) => Math.Round(value, 2).ToString("0.##", CultureInfo.InvariantCulture);
}
