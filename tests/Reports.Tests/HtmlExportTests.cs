using System.Text.Json;
using System.Text.RegularExpressions;
using Sim.Reports.Exporters;

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
