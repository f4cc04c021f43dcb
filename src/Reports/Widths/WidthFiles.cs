using System.Globalization;
using System.Text;
using Sim.Simulator;
using Sim.Exploration.Widths;
using Sim.Foundation.Text;
using Sim.Reports.Exporters;

namespace Sim.Reports.Widths;

/// <summary>The files of a width study: `widths.json` everything, `layers.csv` a row per layer and width, `accuracy.csv` a row per network
/// and width, `widths.svg` the figure.</summary>
public static class WidthFiles
{
    /// <summary>Writes all files. Equal studies give equal bytes.</summary>
    public static Action<IReportFiles> Of(WidthStudy study)
    {
        ArgumentNullException.ThrowIfNull(study);
        return files =>
        {
            files.Write("widths.json", RecordJson.Write(study, indented: true) + "\n");
            files.Write("layers.csv", Layers(study));
            files.Write("accuracy.csv", Accuracy(study));
            files.Write("widths.svg", WidthsFigure.Of(study).ToSvg());
        };
    }

    private static string Layers(WidthStudy study)
    {
        var text = new StringBuilder("layer,type,rows,k,macs_per_sample,proven,observed,observed_final,failing,bits,persistent,transient,accuracy,agreement,mac_area_um2,mac_energy_pj,energy_nj_per_sample,finn_luts\n");
        foreach (LayerWidths l in study.Layers)
            foreach (LayerAtWidth w in l.Widths)
                text.Append(CultureInfo.InvariantCulture,
                    $"{CsvText.Cell(l.Name)},{CsvText.Cell(l.Operator)},{l.Rows},{l.K},{l.MacsPerSample},{l.Proven},{l.Observed},{l.ObservedFinal},{l.Failing},{w.Bits},{w.Persistent},{w.Transient},")
                    .Append(CultureInfo.InvariantCulture,
                        $"{w.Accuracy:R},{w.Agreement:R},{w.MacSquareMicrometres:R},{w.MacPicojoules:R},{w.NanojoulesPerSample:R},{w.FinnLuts:R}\n");
        return text.ToString();
    }

    private static string Accuracy(WidthStudy study)
    {
        var text = new StringBuilder("series,network,bits,accuracy,agreement,persistent,transient\n");
        foreach (NetworkAtWidth w in study.Network)
            text.Append(CultureInfo.InvariantCulture,
                $"wrapping,{CsvText.Cell(study.Name)},{w.Bits},{w.Accuracy:R},{w.Agreement:R},{w.Persistent},{w.Transient}\n");
        foreach (NetworkMadeForWidth n in study.Beside)
            text.Append(CultureInfo.InvariantCulture,
                $"{CsvText.Cell(n.Series)},{CsvText.Cell(n.Name)},{n.Proven},{n.Accuracy:R},{n.Agreement:R},0,0\n");
        return text.ToString();
    }
}
