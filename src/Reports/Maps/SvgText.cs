using System.Globalization;
using System.Net;
using System.Text;
using Sim.Foundation.Text;

namespace Sim.Reports.Maps;

/// <summary>Pieces of a drawing that takes its colours and fonts from the page around it.</summary>
internal sealed class SvgText
{
    private readonly StringBuilder _text = new();

    public SvgText(double width, double height, string label, string style)
    {
        Raw($"<svg class=\"{style}\" viewBox=\"0 0 {F(width)} {F(height)}\" role=\"img\" aria-label=\"{E(label)}\">");
    }

    /// <summary>Numbers of coordinates.</summary>
    public static string F(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    /// <summary>Text of users, printable and escaped.</summary>
    public static string E(string text) => WebUtility.HtmlEncode(Printable.Lines(text));

    public void Raw(string piece) => _text.Append(piece);

    public void Rectangle(double x, double y, double width, double height, string style, string? title = null, double round = 3) =>
        Raw($"<rect class=\"{style}\" x=\"{F(x)}\" y=\"{F(y)}\" width=\"{F(Math.Max(0, width))}\" height=\"{F(height)}\" rx=\"{F(round)}\""
            + (title is null ? "/>" : $"><title>{E(title)}</title></rect>"));

    public void Line(double x1, double y1, double x2, double y2, string style) =>
        Raw($"<line class=\"{style}\" x1=\"{F(x1)}\" y1=\"{F(y1)}\" x2=\"{F(x2)}\" y2=\"{F(y2)}\"/>");

    public void Text(double x, double y, string text, string style, string anchor = "start") =>
        Raw($"<text class=\"{style}\" x=\"{F(x)}\" y=\"{F(y)}\" text-anchor=\"{anchor}\">{E(text)}</text>");

    public override string ToString() => _text + "</svg>";
}
