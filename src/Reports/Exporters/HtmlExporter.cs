using System.Net;
using System.Text;
using Sim.Foundation.Text;
using Sim.Reports.Charts;

namespace Sim.Reports.Exporters;

/// <summary>
/// `index.html`: the study in one file that needs no network. Data, style, code and the chart library are inside; a build without the
/// library gives the static figures and a line that says what is missing.
/// </summary>
public sealed class HtmlExporter : IExporter
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    private readonly string? _library;

    /// <summary>With the chart library of this build, if it has one.</summary>
    public HtmlExporter() : this(WebAssets.ChartLibrary) { }

    /// <summary>With a given chart library, or none.</summary>
    public HtmlExporter(string? library) => _library = library;

    public string Format => "html";

    public void Export(Report report, IReportFiles files)
    {
        ArgumentNullException.ThrowIfNull(report);
        bool charts = _library is not null;
        var parts = new Dictionary<string, Action<Stream>>
        {
            ["title"] = Text(Escape(report.Title)),
            ["kind"] = Text(Escape(report.Kind)),
            ["description"] = Text(Escape(report.Result.Header.Description.Trim())),
            ["style"] = Text(WebAssets.Style),
            ["missing"] = Text(charts ? "" : Missing(report)),
            ["pareto"] = Text(charts ? ""
                : string.Concat(Figures.Of(report).Where(f => f.Name.StartsWith("pareto_", StringComparison.Ordinal))
                .Select(f => f.ToSvg()))),
            ["layers"] = Text(charts ? "" : string.Concat(Figures.Layers(report).Select(f => f.ToSvg()))),
            ["data"] = page => HtmlData.Write(report, PageSample.Of(report), page),
            ["library"] = Text(charts ? "<script>\n" + ScriptSafe(_library!) + "\n</script>" : ""),
            ["script"] = Text(ScriptSafe(WebAssets.Script)),
        };
        using Stream file = files.Open("index.html");
        Fill(file, WebAssets.Page, parts);
    }

    private static string Missing(Report report) =>
        "<section class=\"notice\"><p>The interactive charts are missing: this copy of sim was built without its chart library. "
        + "Install npm, run <code>npm ci</code> in <code>src/Reports/Web</code> and build again. "
        + (Figures.HaveLabels ? "The figures below are static; tables and filters work.</p></section>"
            : "The figures below are static, and without labels, as their font comes with the same command; tables and filters work.</p></section>");

    /// <summary>Replaces each `{{name}}` of the template once, left to right; inserted text is not looked at again.</summary>
    private static void Fill(Stream page, string template, Dictionary<string, Action<Stream>> parts)
    {
        int at = 0;
        while (template.IndexOf("{{", at, StringComparison.Ordinal) is var open and >= 0)
        {
            int close = template.IndexOf("}}", open, StringComparison.Ordinal);
            page.Write(Utf8.GetBytes(template[at..open]));
            parts[template[(open + 2)..close]](page);
            at = close + 2;
        }
        page.Write(Utf8.GetBytes(template[at..]));
    }

    private static Action<Stream> Text(string text) => page => page.Write(Utf8.GetBytes(text));

    private static string Escape(string text) => WebUtility.HtmlEncode(Printable.Lines(text));

    // Inside strings and regular expressions "<\/" means "</".
    private static string ScriptSafe(string code) =>
        code.Replace("</script", "<\\/script", StringComparison.OrdinalIgnoreCase).Replace("<!--", "<\\!--", StringComparison.Ordinal);
}
