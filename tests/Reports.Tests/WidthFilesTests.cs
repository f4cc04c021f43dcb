using System.Xml.Linq;
using Sim.Exploration.Store;
using Sim.Exploration.Widths;
using Sim.Reports.Exporters;
using Sim.Reports.Widths;

namespace Sim.Reports.Tests;

/// <summary>The files of a width study.</summary>
public class WidthFilesTests
{
    private static readonly WidthStudy Study = new("net", 100, "nangate45", 0.9,
    [
        new("conv, first", "QLinearConv", 4, 9, 36, 16, 14, 13, 12, [new(32, 0, 0, 0.9, 1, 700, 1.7, 0.0612, 500), new(12, 7, 5, 0.5, 0.55, 500, 1.1, 0.0396, 400)]),
        new("fc", "QLinearConv", 10, 4, 40, 12, 11, 11, null, [new(12, 0, 0, 0.9, 1, 500, 1.1, 0.044, 300)]),
    ], [new(16, 0.9, 1, 0, 0), new(12, 0.4, 0.45, 7, 5)], [new("net_a2q", "net_a2q_14", 14, 0.85, 1), new("net_a2q", "net_a2q_12", 12, 0.7, 1)]);

    private static string Text(string path) => WidthFiles.Of(Study).Single(f => f.Path == path).Text;

    [Test]
    public void Tables_have_a_row_a_width()
    {
        string[] layers = Text("layers.csv").TrimEnd('\n').Split('\n');
        Assert.That(layers, Has.Length.EqualTo(4));
        Assert.That(layers[2], Is.EqualTo("\"conv, first\",QLinearConv,4,9,36,16,14,13,12,12,7,5,0.5,0.55,500,1.1,0.0396,400"));
        Assert.That(layers[3], Does.StartWith("fc,QLinearConv,10,4,40,12,11,11,,12,"), "not found is an empty cell");
        Assert.That(Text("accuracy.csv").TrimEnd('\n').Split('\n')[1..], Is.EqualTo(new[]
        {
            "wrapping,net,16,0.9,1,0,0", "wrapping,net,12,0.4,0.45,7,5", "net_a2q,net_a2q_14,14,0.85,1,0,0", "net_a2q,net_a2q_12,12,0.7,1,0,0",
        }));
        WidthStudy back = RecordJson.Read<WidthStudy>(Text("widths.json"));
        Assert.That(back.Layers.SelectMany(l => l.Widths), Is.EqualTo(Study.Layers.SelectMany(l => l.Widths)));
    }

    [Test]
    public void The_figure_shows_every_width_and_curve()
    {
        XDocument svg = XDocument.Parse(Text("widths.svg"));
        string[] tips = [.. svg.Descendants().Where(e => e.Name.LocalName == "title").Select(e => e.Value)];
        string[] expected =
        [
            "conv, first: 16 bits, proven: no sum can leave it", "conv, first: 14 bits, observed: held every sum on data", "conv, first: 12 bits, failing: accuracy falls by > 1 point",
            "fc: 12 bits, proven: no sum can leave it", "fc: 11 bits, observed: held every sum on data",
            "net, wrapping: 90.0 % at 16 bits", "net, wrapping: 40.0 % at 12 bits", "net_a2q: 85.0 % at 14 bits", "net_a2q: 70.0 % at 12 bits",
        ];
        Assert.That(expected, Is.SubsetOf(tips));
        Assert.That(tips.Count(t => t.Contains("failing", StringComparison.Ordinal)), Is.EqualTo(1));
    }
}
