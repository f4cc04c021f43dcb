using System.Globalization;
using System.Xml.Linq;

namespace Sim.Reports.Tests;

/// <summary>What a figure shows, read from its SVG by the grammar of SVG 1.1.</summary>
internal sealed class SvgFigure
{
    public static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    public SvgFigure(string text) => Root = XDocument.Parse(text).Root!;

    public XElement Root { get; }

    public string[] Texts => [.. Root.Descendants(Svg + "text").Select(t => t.Value.Trim())];

    /// <summary>Centres of the discs of that colour.</summary>
    public (double X, double Y)[] Circles(string? fill = null) =>
        [.. Root.Descendants().Where(e => e.Name == Svg + "ellipse" || e.Name == Svg + "circle")
        .Where(e => fill is null || string.Equals((string?)e.Attribute("fill"), fill, StringComparison.OrdinalIgnoreCase))
            .Select(e => (Number(e, "cx"), Number(e, "cy")))];

    /// <summary>Filled rectangles of that colour.</summary>
    public (double X, double Width)[] Bars(string fill) => [.. Root.Descendants(Svg + "rect")
        .Where(e => string.Equals((string?)e.Attribute("fill"), fill, StringComparison.OrdinalIgnoreCase))
            .Select(e => (Number(e, "x"), Number(e, "width")))];

    /// <summary>Open lines of that colour, as points.</summary>
    public (double X, double Y)[][] Lines(string stroke) => [.. Root.Descendants(Svg + "path")
        .Where(e => string.Equals((string?)e.Attribute("stroke"), stroke, StringComparison.OrdinalIgnoreCase)
            && (string?)e.Attribute("fill") == "none").Select(e => Points(e.Attribute("d")!.Value))];

    private static (double X, double Y)[] Points(string d)
    {
        double[] numbers = [.. d.Split('M', 'L', ' ', ',').Where(n => n.Length > 0)
            .Select(n => double.Parse(n, CultureInfo.InvariantCulture))];
        return [.. numbers.Chunk(2).Select(p => (p[0], p[1]))];
    }

    private static double Number(XElement element, string attribute) =>
        element.Attribute(attribute) is { } a ? double.Parse(a.Value, CultureInfo.InvariantCulture) : 0;
}
