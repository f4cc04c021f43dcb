using System.Text.Json;
using System.Text.RegularExpressions;
using Sim.Exploration.Studies;
using Sim.Reports.Exporters;
using Sim.Simulator;

namespace Sim.Reports.Tests;

/// <summary>The page as text; what it does in a browser is tested in EndToEnd.Tests.</summary>
public partial class HtmlExportTests
{
    private static readonly string Page = MemoryFiles.Of(new HtmlExporter("/* library </script> <!-- */"), Report.Of(SampleStudy.Make()))
        .Text("index.html");

    [Test]
    public void OnlyThePagesOwnScriptsAreElements()
    {
        Assert.That(OpenScript().Count(Page), Is.EqualTo(3), "data, library, code");
        Assert.That(CloseScript().Count(Page), Is.EqualTo(3));
        Assert.That(Page, Does.Contain("/* library <\\/script> <\\!-- */"));
        Assert.That(Page, Does.Contain("<h1>Digits &amp; &lt;formats&gt;</h1>"));
        Assert.That(Page, Does.Not.Contain("{{"));
    }

    [Test]
    public void ThePageForbidsItselfTheNetwork()
    {
        Assert.That(Page, Does.Contain("Content-Security-Policy\" content=\"default-src 'none'"));
        Assert.That(Reference().Matches(Page), Is.Empty, "no element refers to another file");
    }

    [Test]
    public void DataHoldsEveryPointAndItsSources()
    {
        Match block = Regex.Match(Page, "<script type=\"application/json\" id=\"data\">(.*?)</script>", RegexOptions.Singleline);
        using JsonDocument data = JsonDocument.Parse(block.Groups[1].Value);
        JsonElement points = data.RootElement.GetProperty("points");
        string[] strings = [.. data.RootElement.GetProperty("strings").EnumerateArray().Select(s => s.GetString()!)];
        Assert.That(points.GetArrayLength(), Is.EqualTo(48));
        Assert.That(strings, Does.Contain("LPDDR4, 4 pJ/bit; " + SampleStudy.Hostile));
        Assert.That(points.EnumerateArray().Count(p => !p.TryGetProperty("d", out _)), Is.EqualTo(6));
        int front = points.EnumerateArray().Count(p => p.GetProperty("f").GetInt32() == 1);
        Assert.That(front, Is.EqualTo(Report.Of(SampleStudy.Make()).FrontPoints.Length).And.GreaterThan(2));
    }

    [Test]
    public void LayersHoldWhatBoundsThemAndWhatTheyWaitFor()
    {
        StudyResult study = SampleStudy.Make();
        PointResult first = study.Points.First(p => p.Record is not null);
        LayerRecord layer = first.Record!.Layers[0] with
        {
            Bound = "sram <read> port", Stalls = [new("dram bandwidth", 70), new("drain", 7)], CompulsoryBytes = 123,
            Traffic = [new("dram", "weights", 400, 0), new("dram", "outputs", 5, 60), new("sram", "weights", 9, 8)],
        };
        PointResult timed = first with { Record = first.Record with { Layers = first.Record.Layers.SetItem(0, layer) } };
        string page = MemoryFiles.Of(new HtmlExporter(null),
            Report.Of(study with { Points = study.Points.Replace(first, timed) })).Text("index.html");
        using JsonDocument data = JsonDocument.Parse(Regex.Match(page,
            "<script type=\"application/json\" id=\"data\">(.*?)</script>", RegexOptions.Singleline).Groups[1].Value);
        string[] strings = [.. data.RootElement.GetProperty("strings").EnumerateArray().Select(s => s.GetString()!)];
        JsonElement[] rows = [.. data.RootElement.GetProperty("points").EnumerateArray().Where(p => p.TryGetProperty("d", out _))
            .SelectMany(p => p.GetProperty("d").GetProperty("layers").EnumerateArray())];
        JsonElement row = rows.Single(r => r[11].ValueKind == JsonValueKind.Number);
        string Named(JsonElement cells) => string.Join(' ',
            cells.EnumerateArray().Select((c, i) => i == 0 ? strings[c.GetInt32()] : c.ToString()));
        Assert.That(strings[row[11].GetInt32()], Is.EqualTo("sram <read> port"));
        Assert.That(row[12].EnumerateArray().Select(Named), Is.EqualTo(new[] { "dram bandwidth 70", "drain 7" }));
        Assert.That(row[13].EnumerateArray().Select(Named), Is.EqualTo(new[] { "dram 405 60", "sram 9 8" }));
        Assert.That(row[14].GetInt64(), Is.EqualTo(123));
        // Other records do not say: unknown, not 0.
        Assert.That(rows.Count(r => r[14].ValueKind == JsonValueKind.Null), Is.EqualTo(rows.Length - 1).And.GreaterThan(3));
    }

    [Test]
    public void WithoutTheLibraryThePageSaysSoAndShowsFigures()
    {
        string page = MemoryFiles.Of(new HtmlExporter(null), Report.Of(SampleStudy.Make())).Text("index.html");
        Assert.That(page, Does.Contain("interactive charts are missing"));
        Assert.That(Regex.Count(page, "<svg "), Is.EqualTo(6));
        Assert.That(Page, Does.Not.Contain("interactive charts are missing"));
    }

    [GeneratedRegex("<script[ >]", RegexOptions.IgnoreCase)]
    private static partial Regex OpenScript();

    [GeneratedRegex("</script", RegexOptions.IgnoreCase)]
    private static partial Regex CloseScript();

    [GeneratedRegex("<(link|img|iframe|object|script)[^>]*(src|href|data)=", RegexOptions.IgnoreCase)]
    private static partial Regex Reference();
}
