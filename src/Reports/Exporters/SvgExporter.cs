using Sim.Reports.Charts;

namespace Sim.Reports.Exporters;

/// <summary>Every figure as its own SVG file under `figures/`.</summary>
public sealed class SvgExporter : IExporter
{
    public string Format => "svg";

    public void Export(Report report, IReportFiles files)
    {
        foreach (Figure figure in Figures.Of(report)) files.Write($"figures/{figure.Name}.svg", figure.ToSvg());
    }
}
