using System.Globalization;
using System.Text;
using System.Xml.Linq;

namespace Sim.Reports.Charts;

/// <summary>Makes what Skia writes as SVG a document that stands alone or inside a page: valid lists of numbers, a title, ids of its own, a
/// stack of fonts.</summary>
internal static class SvgDocument
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg", Xlink = "http://www.w3.org/1999/xlink";

    public static string Finish(byte[] skia, string name, string title, int width, int height)
    {
        XElement root = XDocument.Parse(Encoding.UTF8.GetString(skia), LoadOptions.None).Root!;
        root.Attributes(XNamespace.Xmlns + "xlink").Where(_ => !root.Descendants().Any(e => e.Attribute(Xlink + "href") is not null))
            .Remove();
        root.SetAttributeValue("viewBox", string.Create(CultureInfo.InvariantCulture, $"0 0 {width} {height}"));
        root.SetAttributeValue("role", "img");
        // Of several figures in one page each clips by its own rectangles; Skia numbers them through the whole process.
        string prefix = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_')) + "_";
        Dictionary<string, string> ids = root.Descendants().Attributes("id").Select((id, i) => (id.Value, i))
            .ToDictionary(p => p.Value, p => string.Create(CultureInfo.InvariantCulture, $"{prefix}{p.i}"));
        foreach (XElement element in root.DescendantsAndSelf())
        {
            if (element.Attribute("id") is { } id) id.Value = ids[id.Value];
            foreach (XAttribute attribute in element.Attributes().ToArray())
                if (attribute.Value.StartsWith("url(#", StringComparison.Ordinal)) attribute.Value =
                    $"url(#{ids[attribute.Value["url(#".Length..^1]]})";
            if (element.Name == Svg + "text") Tidy(element);
        }
        root.AddFirst(new XElement(Svg + "title", title));
        var text = new StringBuilder();
        using (var writer = System.Xml.XmlWriter.Create(text,
            new System.Xml.XmlWriterSettings { OmitXmlDeclaration = true, Indent = true, IndentChars = "",
            NewLineChars = "\n" })) root.Save(writer);
        return text.Append('\n').ToString();
    }

    // Skia ends every list of places with a comma, which the grammar of SVG forbids, and puts line ends around the words.
    private static void Tidy(XElement text)
    {
        foreach (string list in new[] { "x", "y" })
            if (text.Attribute(list) is { } places) places.Value = places.Value.TrimEnd(' ', ',');
        if (text.Attribute("font-family") is { } family) family.Value = FigureFont.Stack;
        text.Value = text.Value.Trim('\n', '\t', '\r');
    }
}
