using System.Collections.Immutable;
using Sim.Reports.Charts;

namespace Sim.Reports.Exporters;

/// <summary>Every figure as its own SVG file under `figures/`.</summary>
public sealed class SvgExporter : IExporter
{
    public string Format => "svg";

    public ImmutableArray<ReportFile> Export(Report report) => [.. Figures.Of(report).Select(c => new ReportFile($"figures/{c.Name}.svg", c.ToSvg()))];
}
