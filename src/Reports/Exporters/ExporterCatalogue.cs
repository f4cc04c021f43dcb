using System.Collections.Immutable;

namespace Sim.Reports.Exporters;

/// <summary>Every exporter, in the order in which they run. A new one is one file and one line here.</summary>
public static class ExporterCatalogue
{
    /// <summary>All exporters.</summary>
    public static ImmutableArray<IExporter> All { get; } = [new HtmlExporter(), new CsvExporter(), new JsonExporter(),
        new MarkdownExporter(), new SvgExporter(), new PngExporter()];

    /// <summary>The exporter of that format, or null.</summary>
    public static IExporter? Find(string format) => All.FirstOrDefault(e => e.Format == format);
}
