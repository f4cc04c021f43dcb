using System.Diagnostics;
using System.Text.Json;
using Sim.Tests;

namespace Sim.EndToEnd.Tests;

/// <summary>The demo's report in headless Chromium: loads without errors or requests, and a reader's mouse and keys do what they
/// should.</summary>
public class BrowserTests
{
    private static readonly string Driver = Path.Combine(ReferenceData.RepositoryRoot, "tests", "EndToEnd.Tests", "Browser");

    [Test]
    public void TheDemoReportWorksForAReader()
    {
        string node = Find("node"), chromium = Find("chromium", "chromium-browser", "google-chrome");
        if (!Directory.Exists(Path.Combine(Driver, "node_modules",
            "puppeteer-core"))) Assert.Ignore("skipped: 'npm ci' has not run in tests/EndToEnd.Tests/Browser");
        if (!File.Exists(Path.Combine(ReferenceData.RepositoryRoot, "src", "Reports", "Web", "node_modules", "echarts",
            "package.json"))) Assert.Ignore("skipped: 'npm ci' has not run in src/Reports/Web, so the report has no interactive charts");
        string folder = Directory.CreateTempSubdirectory("sim-demo").FullName;
        try
        {
            var clock = Stopwatch.StartNew();
            SimHost.Result demo = SimHost.Run(["demo", "--out", folder]);
            TestContext.Out.WriteLine($"sim demo: {clock.Elapsed.TotalSeconds:F1} s");
            Assert.That(demo.ExitCode, Is.Zero, demo.Error);
            Assert.That(demo.Output, Does.Contain("Pareto front of cnn").And.Contain("Pareto front of mlp"));
            string[] designs = File.ReadAllLines(Path.Combine(folder, "designs.csv"));
            Assert.That(designs, Has.Length.GreaterThan(200));
            GalleryIsTheDemos(folder);
            using JsonDocument found = JsonDocument.Parse(Drive(node, chromium, Path.Combine(folder, "index.html")));
            Judge(found.RootElement, designs);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [TestCase("gemmini_default", "resnet18")]
    [TestCase("tpu_like", "bert_base")]
    public void PagesOfMappingsAreReadable(string architecture, string workload)
    {
        string node = Find("node"), chromium = Find("chromium", "chromium-browser", "google-chrome");
        if (!Directory.Exists(Path.Combine(Driver, "node_modules",
            "puppeteer-core"))) Assert.Ignore("skipped: 'npm ci' has not run in tests/EndToEnd.Tests/Browser");
        string page = Path.Combine(Path.GetTempPath(), $"sim-map-{Guid.NewGuid():n}.html");
        try
        {
            SimHost.Result map = SimHost.Run(["map", architecture, "--workload", workload, "--effort", "20000000", "--report", page]);
            Assert.That(map.ExitCode, Is.Zero, map.Error);
            using JsonDocument found = JsonDocument.Parse(Drive(node, chromium, page, "open_page.cjs"));
            JsonElement root = found.RootElement;
            foreach (string list in new[] { "errors", "requests", "overlaps" })
                Assert.That(root.GetProperty(list).EnumerateArray().Select(e => e.GetString()), Is.Empty, list);
            Assert.That(root.GetProperty("pictures").GetInt32(), Is.GreaterThanOrEqualTo(8));
            Assert.That(root.GetProperty("links").GetInt32(), Is.GreaterThanOrEqualTo(30));
            foreach (string count in new[] { "broken", "empty" }) Assert.That(root.GetProperty(count).GetInt32(), Is.Zero, count);
            foreach (JsonProperty width in root.GetProperty("overflow").EnumerateObject())
                Assert.That(width.Value.GetInt32(), Is.LessThanOrEqualTo(0), $"at {width.Name} pixels");
        }
        finally
        {
            File.Delete(page);
        }
    }

    // What the README shows is what the demo makes today; figures by what they show, as their coordinates have more digits than a
    // processor's functions promise.
    private static void GalleryIsTheDemos(string folder)
    {
        string gallery = Path.Combine(ReferenceData.RepositoryRoot, "reports", "gallery");
        // The last line names the digest of everything read, which changes more often than the fronts do.
        Assert.That(File.ReadAllLines(Path.Combine(gallery, "report.md"))[..^1],
            Is.EqualTo(File.ReadAllLines(Path.Combine(folder, "report.md"))[..^1]), "run tools/gallery");
        string[] figures = Directory.GetFiles(gallery, "*.svg");
        Assert.That(figures, Is.Not.Empty);
        foreach (string figure in figures)
        {
            (string Name, string Text)[] shown =
                [.. new[] { figure, Path.Combine(folder, "figures", Path.GetFileName(figure)) }.Select(f =>
                (f, string.Join('\n', System.Xml.Linq.XDocument.Load(f).Descendants()
                .Select(e => e.Name.LocalName == "text" ? e.Value : e.Name.LocalName))))];
            Assert.That(shown[0].Text, Is.EqualTo(shown[1].Text), $"{Path.GetFileName(figure)}: run tools/gallery");
        }
    }

    private static void Judge(JsonElement found, string[] designs)
    {
        int Number(string name) => found.GetProperty(name).GetInt32();
        string Words(string name) => found.GetProperty(name).GetString()!;
        Assert.That(found.GetProperty("errors").GetArrayLength(), Is.Zero, found.GetProperty("errors").ToString());
        Assert.That(found.GetProperty("requests").GetArrayLength(), Is.Zero, found.GetProperty("requests").ToString());

        // The hover shows the design under the mouse, with the values that the table file has for it.
        JsonElement target = found.GetProperty("target");
        int index = target.GetProperty("index").GetInt32();
        Assert.That(target.GetProperty("alone").GetInt32(), Is.Positive, "no front member lies apart from the others on these axes");
        string tip = Words("tip");
        Assert.That(tip, Does.StartWith($"Design {index} ").And.Contain("front"));
        string[] head = designs[0].Split(','), row = designs[1 + index].Split(',');
        foreach (string axis in new[] { "network", "datapath", "array", "dataflow", "buffers" }) Assert.That(tip,
            Does.Contain($"{axis}\t{row[Array.IndexOf(head, axis)]}"));
        Assert.That(Words("selected"), Is.EqualTo($"Design {index}"), "a click selects it");
        Assert.That(Number("charts"), Is.GreaterThanOrEqualTo(3));
        Assert.That(found.GetProperty("zoomed").GetDouble(), Is.Positive, "the wheel zooms");

        int expected = designs.Skip(1).Count(d => d.Contains(",mlp,int8_acc32,", StringComparison.Ordinal));
        Assert.That(found.GetProperty("filtered").GetArrayLength(), Is.EqualTo(expected).And.GreaterThan(5));
        foreach (JsonElement line in found.GetProperty("filtered").EnumerateArray()) Assert.That(line.GetString(),
            Does.Contain("mlp").And.Contain("int8_acc32"));
        int area = Array.IndexOf(head, "area_mm2");
        double[] sorted = [.. found.GetProperty("sorted").EnumerateArray()
            .Select(i => double.Parse(designs[1 + i.GetInt32()].Split(',')[area]))];
        Assert.That(sorted, Is.Ordered.And.Length.GreaterThan(100));
        Assert.That(Words("rowSelected"), Is.EqualTo($"Design {found.GetProperty("sorted")[0].GetInt32()}"));

        Assert.That(Luminance(found.GetProperty("light").GetProperty("page")), Is.GreaterThan(200));
        Assert.That(Luminance(found.GetProperty("dark").GetProperty("page")), Is.LessThan(50));
        Assert.That(Luminance(found.GetProperty("dark").GetProperty("ink")), Is.GreaterThan(200));
        Assert.That(Luminance(found.GetProperty("toggled").GetProperty("page")), Is.GreaterThan(200), "the button overrides the system");
        Assert.That(Number("narrowOverflow"), Is.LessThanOrEqualTo(0), "a narrow page does not scroll sideways");
    }

    private static double Luminance(JsonElement rgb) => rgb.GetString()!.Split('(', ',', ')').Skip(1).Take(3).Average(double.Parse);

    private static string Drive(string node, string chromium, string report, string script = "drive_report.cjs")
    {
        var start = new ProcessStartInfo(node) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Driver };
        foreach (string argument in new[] { script, report, chromium }) start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromSeconds(120)))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail("the browser did not finish within two minutes");
        }
        Assert.That(process.ExitCode, Is.Zero, error.Result);
        return output.Result;
    }

    private static string Find(params string[] names)
    {
        foreach (string name in names)
            foreach (string folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator))
                if (folder.Length > 0 && File.Exists(Path.Combine(folder, name))) return Path.Combine(folder, name);
        Assert.Ignore($"skipped: '{names[0]}' is not on PATH");
        return "";
    }
}
