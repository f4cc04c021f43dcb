using Sim.Reports.Charts;

namespace Sim.Reports.Exporters;

/// <summary>Every figure as its own PNG image under `figures/`, two dots a pixel.</summary>
public sealed class PngExporter : IExporter
{
    public string Format => "png";

    public void Export(Report report, IReportFiles files)
    {
        ArgumentNullException.ThrowIfNull(files);
        foreach (Figure figure in Figures.Of(report))
        {
            using Stream file = files.Open($"figures/{figure.Name}.png");
            file.Write(figure.ToPng());
        }
    }
}
