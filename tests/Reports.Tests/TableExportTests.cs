using System.Collections.Immutable;
using System.Text.Json;
using Sim.Exploration.Metrics;
using Sim.Exploration.Store;
using Sim.Exploration.Studies;
using Sim.Reports.Exporters;
using Sim.Simulator;

namespace Sim.Reports.Tests;

/// <summary>CSV, JSON and Markdown hold what the records hold, whatever the texts contain.</summary>
public class TableExportTests
{
    private static readonly Report Sample = Report.Of(SampleStudy.Make());

    [Test]
    public void DesignsCsvHasARowPerPointAndReadsBack()
    {
        List<string[]> rows = ParseCsv(Text(new CsvExporter(), "designs.csv"));
        string[] head = rows[0];
        Assert.That(head, Is.Unique);
        Assert.That(rows, Has.Count.EqualTo(49));
        Assert.That(rows, Has.All.Length.EqualTo(head.Length));
        foreach ((PointResult point, string[] row) in Sample.Result.Points.Zip(rows.Skip(1)))
        {
            string Cell(string column) => row[Array.IndexOf(head, column)];
            Assert.That(Cell("index"), Is.EqualTo($"{point.Index}"));
            Assert.That(Cell("datapath"), Is.EqualTo(point.Parameters["datapath"]));
            Assert.That(Cell("reason"), Is.EqualTo(point.Reason ?? ""));
            if (point.Record is null)
            {
                Assert.That(Cell("energy_nj"), Is.Empty, "an unknown value is an empty cell, never 0");
                continue;
            }
            Assert.That(double.Parse(Cell("energy_nj")), Is.EqualTo(point.Record.EnergyPicojoules / 1000).Within(1e-9).Percent);
            Assert.That(double.Parse(Cell("area_mm2")), Is.EqualTo(point.Record.AreaSquareMicrometres / 1e6).Within(1e-9).Percent);
            Assert.That(double.Parse(Cell("latency_us")), Is.EqualTo(point.Record.LatencySeconds * 1e6).Within(1e-9).Percent);
            Assert.That(long.Parse(Cell("cycles")), Is.EqualTo(point.Record.TotalCycles));
        }
    }

    [Test]
    public void LayerAndCostTablesAddUpToTheTotals()
    {
        List<string[]> layers = ParseCsv(Text(new CsvExporter(), "layers.csv")), costs = ParseCsv(Text(new CsvExporter(), "costs.csv"));
        int checkedPoints = 0;
        foreach (PointResult point in Sample.Result.Points.Where(p => p.Record is not null))
        {
            string index = $"{point.Index}";
            double energy = layers.Skip(1).Where(r => r[0] == index).Sum(r => double.Parse(r[Array.IndexOf(layers[0], "energy_nj")]));
            double area = costs.Skip(1).Where(r => r[0] == index && r[1] == "area")
                .Sum(r => double.Parse(r[Array.IndexOf(costs[0], "value")]));
            double actions = costs.Skip(1).Where(r => r[0] == index && r[1] == "energy")
                .Sum(r => double.Parse(r[Array.IndexOf(costs[0], "count")]) * double.Parse(r[Array.IndexOf(costs[0], "value")]));
            Assert.That(energy, Is.EqualTo(point.Record!.DynamicEnergyPicojoules / 1000).Within(1e-9).Percent);
            Assert.That(actions, Is.EqualTo(point.Record.DynamicEnergyPicojoules).Within(1e-9).Percent);
            Assert.That(area, Is.EqualTo(point.Record.AreaSquareMicrometres).Within(1e-9).Percent);
            checkedPoints++;
        }
        Assert.That(checkedPoints, Is.EqualTo(42));
        Assert.That(costs.Skip(1), Has.All.Matches<string[]>(r => r is not null && r[^1].Length > 0), "every cost names its source");
    }

    [Test]
    public void JsonHoldsWholeRecords()
    {
        using JsonDocument study = JsonDocument.Parse(Text(new JsonExporter(), "study.json"));
        JsonElement points = study.RootElement.GetProperty("points");
        Assert.That(points.GetArrayLength(), Is.EqualTo(48));
        RunRecord first = RecordJson.Read<RunRecord>(points[0].GetProperty("record").GetRawText());
        Assert.That(RecordJson.Write(first), Is.EqualTo(RecordJson.Write(Sample.Result.Points[0].Record)));
        string[] lines = Text(new JsonExporter(), "designs.jsonl").TrimEnd('\n').Split('\n');
        Assert.That(lines, Has.Length.EqualTo(48));
        using JsonDocument infeasible = JsonDocument.Parse(lines[5]);
        Assert.That(infeasible.RootElement.GetProperty("energy_nj").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(infeasible.RootElement.GetProperty("status").GetString(), Is.EqualTo("infeasible"));
    }

    [Test]
    public void MarkdownTablesKeepTheirColumns()
    {
        string text = Text(new MarkdownExporter(), "report.md");
        string[][] rows = [.. text.Split('\n').Where(l => l.StartsWith("| ", StringComparison.Ordinal))
            .Select(l => l.Replace("\\|", "").Split('|'))];
        Assert.That(rows.Count(r => r.Length == 11), Is.EqualTo(1 + Sample.FrontPoints.Length), "design, four axes, four objectives");
        Assert.That(text, Does.Not.Contain("<script>"));
        Assert.That(text, Does.Contain("| 6 | infeasible |"));
    }

    [TestCase(0.0, "0")]
    [TestCase(null, "unknown")]
    [TestCase(1234.5678, "1235")]
    [TestCase(12.345678, "12.35")]
    [TestCase(0.98, "0.98")]
    [TestCase(0.0123456, "0.01235")]
    [TestCase(1e-7, "1E-07")]
    [TestCase(-3.14159, "-3.142")]
    [TestCase(double.PositiveInfinity, "infinite")]
    [TestCase(double.NaN, "unknown")]
    public void NumbersReadEasily(double? value, string expected) => Assert.That(ReadableNumber.Of(value), Is.EqualTo(expected));

    [TestCase(double.PositiveInfinity, "exact")]
    [TestCase(double.NegativeInfinity, "not finite")]
    [TestCase(41.25, "41.25")]
    public void RatiosMayBeInfinite(double value, string expected) => Assert.That(ReadableNumber.Of(value, "dB"), Is.EqualTo(expected));

    // SI prefixes (BIPM, SI Brochure 9, table 7); 1 mm2 = 1e6 um2.
    [TestCase("nJ", 36443353.0, "mJ", 36.443353)]
    [TestCase("nJ", 512.0, "nJ", 512)]
    [TestCase("nJ", 0.02, "pJ", 20)]
    [TestCase("us", 1200000.0, "s", 1.2)]
    [TestCase("us", 0.45, "ns", 450)]
    [TestCase("mm2", 0.00042, "µm²", 420)]
    [TestCase("mm2", 3.5, "mm²", 3.5)]
    [TestCase("mW", 2500.0, "W", 2.5)]
    [TestCase("dB", 40.0, "dB", 40)]
    [TestCase("cycles", 7200000.0, "millions", 7.2)]
    [TestCase("cycles", 4443.0, "", 4443)]
    [TestCase("", 0.5, "", 0.5)]
    public void UnitsHavePrefixesThatFit(string unit, double value, string shown, double number)
    {
        DisplayUnit chosen = DisplayUnit.Of(unit, [value]);
        Assert.That(chosen.Name, Is.EqualTo(shown));
        Assert.That(value / chosen.Factor, Is.EqualTo(number).Within(1e-9).Percent);
    }

    [Test]
    public void EveryExporterIsInTheCatalogueAndRepeatsItsBytes()
    {
        Type[] found = [.. typeof(IExporter).Assembly.GetTypes()
            .Where(t => t is { IsClass: true, IsAbstract: false } && t.IsAssignableTo(typeof(IExporter)))];
        Assert.That(ExporterCatalogue.All.Select(e => e.GetType()), Is.EquivalentTo(found));
        foreach (IExporter exporter in ExporterCatalogue.All)
        {
            MemoryFiles once = MemoryFiles.Of(exporter, Report.Of(SampleStudy.Make())),
                again = MemoryFiles.Of(exporter, Report.Of(SampleStudy.Make()));
            Assert.That(again.Paths, Is.EqualTo(once.Paths).And.Not.Empty, exporter.Format);
            foreach (string path in once.Paths) Assert.That(again.Bytes(path), Is.EqualTo(once.Bytes(path)).And.Not.Empty, path);
        }
    }

    [Test]
    public void AFaultWhileExportingLeavesEarlierFiles()
    {
        string folder = Directory.CreateTempSubdirectory("sim-report").FullName;
        try
        {
            ReportWriter.Write(Sample, [new CsvExporter()], folder);
            byte[] before = File.ReadAllBytes(Path.Combine(folder, "designs.csv"));
            Assert.That(() => ReportWriter.Write(Report.Of(SampleStudy.Make(FrontScope.PerNetwork)), [new JsonExporter(), new Broken()],
                folder), Throws.InvalidOperationException);
            Assert.That(File.ReadAllBytes(Path.Combine(folder, "designs.csv")), Is.EqualTo(before));
            Assert.That(Directory.GetFiles(folder).Select(Path.GetFileName),
                Is.EquivalentTo(new[] { "designs.csv", "layers.csv", "costs.csv" }));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Test]
    public void RecordsWithoutAStudyMakeAReport()
    {
        RunRecord[] records = [.. Sample.Result.Points.Where(p => p.Record is not null).Take(3).Select(p => p.Record!)];
        Report report = RunReport.Of([("a/record.json", records[0]), ("b/record.json", records[1]), ("c/b.json", records[2])]);
        Assert.That(report.Analysis.Points, Has.Length.EqualTo(3));
        Assert.That(report.FrontPoints, Is.Not.Empty);
        Assert.That(report.Title, Is.EqualTo("3 runs of digits_mlp"));
        Assert.That(report.Result.Points.Select(p => p.Parameters["run"]), Is.EqualTo(new[] { "a", "b", "b (2)" }),
            "each run has the name of its file or folder");
        Assert.That(ExporterCatalogue.All.SelectMany(e => MemoryFiles.Of(e, report).Paths), Is.Unique.And.Contain("index.html"));
    }

    [Test]
    public void OneRunIsNamedByWhatItIs()
    {
        Report report = RunReport.Of([("out/record.json", Sample.Result.Points[0].Record!)]);
        Assert.That(report.Title, Is.EqualTo("digits_mlp on array"));
        Assert.That(report.Kind, Is.EqualTo("Run"));
        Assert.That(MemoryFiles.Of(new SvgExporter(), report).Paths, Has.Exactly(3).Items.And.All.StartsWith("figures/layers_"),
            "one design has no trade-offs");
    }

    [Test]
    public void TextsAreNoFormulasLinksOrImages()
    {
        const string Formula = "=HYPERLINK(\"http://evil.example\",\"x\")",
            Link = "![a](http://evil.example/x.png) [b](http://evil.example) <http://evil.example> http://evil.example www.evil.example\u001b[2J";
        StudyResult study = SampleStudy.Make();
        PointResult first = study.Points[0];
        ImmutableSortedDictionary<string, string> parameters = first.Parameters.SetItem("datapath", Formula).SetItem("dataflow", Link);
        // The first design beats all others, so that the fronts show it.
        RunRecord best = first.Record! with
            { Parameters = parameters, Network = "-2+3", Accuracy = first.Record.Accuracy! with { Top1 = 1 },
            Layers = [.. first.Record.Layers.Select(l => l with { Name = "@SUM(A1)" })] };
        Report report = Report.Of(study with { Points = study.Points.SetItem(0, first with { Parameters = parameters, Record = best }) });
        MemoryFiles csv = MemoryFiles.Of(new CsvExporter(), report);
        List<string[]> designs = ParseCsv(csv.Text("designs.csv"));
        Assert.That(designs[1], Has.Member("'" + Formula).And.Member("'-2+3"));
        foreach (string path in csv.Paths)
            foreach (string cell in ParseCsv(csv.Text(path)).SelectMany(r => r)
                .Where(c => c.Length > 0 && "=+-@\t\r".Contains(c[0], StringComparison.Ordinal)))
                Assert.That(double.TryParse(cell, System.Globalization.CultureInfo.InvariantCulture, out _), Is.True, cell);
        Assert.That(ParseCsv(csv.Text("layers.csv"))[1][1], Is.EqualTo("'@SUM(A1)"));

        string markdown = MemoryFiles.Of(new MarkdownExporter(), report).Text("report.md");
        string row = markdown.Split('\n').Single(l => l.StartsWith("| 0 |", StringComparison.Ordinal));
        Assert.That(row, Does.Contain("\\!\\[a\\]\\(http&#58;//evil.example/x.png\\)").And.Contain("www&#46;evil").And.Contain("\\x1b").Or.Contain("\\\\x1b"));
        Assert.That(markdown.Where(char.IsControl).Distinct(), Is.EquivalentTo(new[] { '\n' }));
        Assert.That(markdown, Does.Not.Contain("http://").And.Not.Match("(?<!\\\\)[<\\[!]"));
    }

    [Test]
    public void AxesDoNotHideColumns()
    {
        StudyResult study = SampleStudy.Make();
        StudyResult renamed = study with
        {
            Header = study.Header with { Axes = ["network", "index", "status", "dataflow"] },
            Points = [.. study.Points.Select(p =>
                p with { Parameters = p.Parameters.SetItem("index", "wrong").SetItem("status", "wrong") })],
        };
        Report report = Report.Of(renamed);
        string[] head = ParseCsv(MemoryFiles.Of(new CsvExporter(), report).Text("designs.csv"))[0];
        Assert.That(head, Is.Unique.And.Contains("axis.index"));
        using JsonDocument line = JsonDocument.Parse(MemoryFiles.Of(new JsonExporter(), report).Text("designs.jsonl").Split('\n')[3]);
        Assert.That(line.RootElement.GetProperty("index").GetInt32(), Is.EqualTo(3));
        Assert.That(line.RootElement.GetProperty("axis.index").GetString(), Is.EqualTo("wrong"));
        Assert.That(line.RootElement.GetProperty("status").GetString(), Is.EqualTo("ok"));
    }

    private static string Text(IExporter exporter, string path) => MemoryFiles.Of(exporter, Sample).Text(path);

    /// <summary>RFC 4180 by its grammar, sharing nothing with the writer.</summary>
    private static List<string[]> ParseCsv(string text)
    {
        var rows = new List<string[]>();
        var row = new List<string>();
        var cell = new System.Text.StringBuilder();
        bool quoted = false;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (quoted && c == '"' && i + 1 < text.Length && text[i + 1] == '"') cell.Append(text[++i]);
            else if (c == '"') quoted = !quoted;
            else if (!quoted && c is ',' or '\n')
            {
                row.Add(cell.ToString());
                cell.Clear();
                if (c != '\n') continue;
                rows.Add([.. row]);
                row.Clear();
            }
            else cell.Append(c);
        }
        Assert.That(quoted, Is.False);
        return rows;
    }

    private sealed class Broken : IExporter
    {
        public string Format => "broken";

        public void Export(Report report, IReportFiles files)
        {
            files.Write("designs.csv", "half a");
            throw new InvalidOperationException("no");
        }
    }
}
