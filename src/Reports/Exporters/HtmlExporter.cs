using System.Collections.Immutable;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sim.Reports.Charts;

namespace Sim.Reports.Exporters;

/// <summary>
/// `index.html`: the whole study in one file that needs no network. Data, style, code and the chart library are inside; a build without the library
/// gives the static figures and a line that says what is missing.
/// </summary>
public sealed class HtmlExporter : IExporter
{
    // HTML ends a script at "</script" whatever the script's own grammar says, so '<' never appears in the data.
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.Default };

    private readonly string? _library;

    /// <summary>With the chart library of this build, if it has one.</summary>
    public HtmlExporter() : this(WebAssets.ChartLibrary) { }

    /// <summary>With a given chart library, or none.</summary>
    public HtmlExporter(string? library) => _library = library;

    public string Format => "html";

    public ImmutableArray<ReportFile> Export(Report report)
    {
        ArgumentNullException.ThrowIfNull(report);
        bool charts = _library is not null;
        ImmutableArray<IChart> figures = charts ? [] : Figures.Of(report);
        var parts = new Dictionary<string, string>
        {
            ["title"] = SvgWriter.Escape(report.Result.Header.Name),
            ["description"] = SvgWriter.Escape(report.Result.Header.Description.Trim()),
            ["style"] = WebAssets.Style,
            ["missing"] = charts ? "" : "<section class=\"notice\"><p>The interactive charts are missing: this copy of sim was built without its chart library. Install npm, run <code>npm ci</code> in <code>src/Reports/Web</code> and build again. The figures below are static; tables and filters work.</p></section>",
            ["pareto"] = string.Concat(figures.OfType<ParetoChart>().Select(f => f.ToSvg())),
            ["layers"] = string.Concat(figures.OfType<LayerBarsChart>().Select(f => f.ToSvg())),
            ["data"] = HtmlData.Of(report).ToJsonString(Json),
            ["library"] = charts ? "<script>\n" + ScriptSafe(_library!) + "\n</script>" : "",
            ["script"] = ScriptSafe(WebAssets.Script),
        };
        return [new("index.html", Fill(WebAssets.Page, parts))];
    }

    /// <summary>Replaces each `{{name}}` of the template once, left to right; inserted text is not looked at again.</summary>
    private static string Fill(string template, Dictionary<string, string> parts)
    {
        var page = new StringBuilder();
        int at = 0;
        while (template.IndexOf("{{", at, StringComparison.Ordinal) is var open and >= 0)
        {
            int close = template.IndexOf("}}", open, StringComparison.Ordinal);
            page.Append(template, at, open - at).Append(parts[template[(open + 2)..close]]);
            at = close + 2;
        }
        return page.Append(template, at, template.Length - at).ToString();
    }

    // Inside strings and regular expressions "<\/" means "</".
    private static string ScriptSafe(string code) => code.Replace("</script", "<\\/script", StringComparison.OrdinalIgnoreCase).Replace("<!--", "<\\!--", StringComparison.Ordinal);
}
