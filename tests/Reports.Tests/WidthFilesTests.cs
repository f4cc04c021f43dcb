using Sim.Exploration.Store;
using Sim.Exploration.Widths;
using Sim.Reports.Widths;
using Sim.Simulator;

namespace Sim.Reports.Tests;

/// <summary>The files of a width study.</summary>
public class WidthFilesTests
{
    private static readonly WidthStudy Study = new("net", 100, "nangate45", 0.9,
    [
        new("conv, first", "QLinearConv", 4, 9, 36, 16, 14, 13, 12,
            [new(32, 0, 0, 0.9, 1, 700, 1.7, 0.0612, 500), new(12, 7, 5, 0.5, 0.55, 500, 1.1, 0.0396, 400)]),
        new("fc", "QLinearConv", 10, 4, 40, 12, 11, 11, null, [new(12, 0, 0, 0.9, 1, 500, 1.1, 0.044, 300)]),
    ], [new(16, 0.9, 1, 0, 0), new(12, 0.4, 0.45, 7, 5)],
        [new("net_a2q", "net_a2q_14", 14, 0.85, 1), new("net_a2q", "net_a2q_12", 12, 0.7, 1)]);

    private static string Text(string path)
    {
        var files = new MemoryFiles();
        WidthFiles.Of(Study)(files);
        return files.Text(path);
    }

    [Test]
    public void Tables_have_a_row_a_width()
    {
        string[] layers = Text("layers.csv").TrimEnd('\n').Split('\n');
        Assert.That(layers, Has.Length.EqualTo(4));
        Assert.That(layers[2], Is.EqualTo("\"conv, first\",QLinearConv,4,9,36,16,14,13,12,12,7,5,0.5,0.55,500,1.1,0.0396,400"));
        Assert.That(layers[3], Does.StartWith("fc,QLinearConv,10,4,40,12,11,11,,12,"), "not found is an empty cell");
        Assert.That(Text("accuracy.csv").TrimEnd('\n').Split('\n')[1..], Is.EqualTo(new[]
        {
            "wrapping,net,16,0.9,1,0,0", "wrapping,net,12,0.4,0.45,7,5", "net_a2q,net_a2q_14,14,0.85,1,0,0",
                "net_a2q,net_a2q_12,12,0.7,1,0,0",
        }));
        WidthStudy back = RecordJson.Read<WidthStudy>(Text("widths.json"));
        Assert.That(back.Layers.SelectMany(l => l.Widths), Is.EqualTo(Study.Layers.SelectMany(l => l.Widths)));
    }

    [Test]
    public void The_figure_shows_every_width_and_curve()
    {
        var svg = new SvgFigure(Text("widths.svg"));
        Assert.That(svg.Texts, Is.SupersetOf(new[] { "Accumulator widths of net", "conv, first", "fc", "net, wrapping", "net_a2q",
            "Accuracy (%)", "proven: no sum can leave it" }));
        // Three marks of the first layer, two of the second (it never failed), their legend; two points and two of the other series.
        Assert.That(svg.Circles("#0072B2").Length, Is.EqualTo(2 + 1 + 2), "proven widths, their legend, the network's curve");
        Assert.That(svg.Circles("#D55E00").Length, Is.EqualTo(1 + 1), "the failing width");
        (double X, double Y) failing = svg.Circles("#D55E00").MinBy(c => c.X);
        Assert.That(svg.Circles("#0072B2").Single(c => Math.Abs(c.Y - failing.Y) < 0.01).X, Is.GreaterThan(failing.X),
            "16 bits lie right of 12");
    }
}
