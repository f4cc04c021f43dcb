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
            double area = costs.Skip(1).Where(r => r[0] == index && r[1] == "area").Sum(r => double.Parse(r[Array.IndexOf(costs[0], "value")]));
            double actions = costs.Skip(1).Where(r => r[0] == index && r[1] == "energy").Sum(r => double.Parse(r[Array.IndexOf(costs[0], "count")]) * double.Parse(r[Array.IndexOf(costs[0], "value")]));
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
        string[][] rows = [.. text.Split('\n').Where(l => l.StartsWith("| ", StringComparison.Ordinal)).Select(l => l.Replace("\\|", "").Split('|'))];
        Assert.That(rows.Count(r => r.Length == 11), Is.EqualTo(1 + Sample.FrontPoints.Length), "design, four axes, four objectives");
        Assert.That(text, Does.Not.Contain("<script>"));
        Assert.That(text, Does.Contain("| 6 | Infeasible |"));
    }

    [TestCase(0.0, "0")]
    [TestCase(null, "unknown")]
    [TestCase(1234.5678, "1235")]
    [TestCase(12.345678, "12.35")]
    [TestCase(0.98, "0.98")]
    [TestCase(0.0123456, "0.01235")]
    [TestCase(1e-7, "1E-07")]
    [TestCase(-3.14159, "-3.142")]
    public void NumbersReadEasily(double? value, string expected) => Assert.That(MarkdownExporter.Number(value), Is.EqualTo(expected));

    [Test]
    public void EveryExporterIsInTheCatalogueAndRepeatsItsBytes()
    {
        Type[] found = [.. typeof(IExporter).Assembly.GetTypes().Where(t => t is { IsClass: true, IsAbstract: false } && t.IsAssignableTo(typeof(IExporter)))];
        Assert.That(ExporterCatalogue.All.Select(e => e.GetType()), Is.EquivalentTo(found));
        foreach (IExporter exporter in ExporterCatalogue.All)
        {
            ReportFile[] once = [.. exporter.Export(Report.Of(SampleStudy.Make()))], again = [.. exporter.Export(Report.Of(SampleStudy.Make()))];
            Assert.That(again, Is.EqualTo(once), exporter.Format);
            Assert.That(once, Is.Not.Empty);
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
            Assert.That(() => ReportWriter.Write(Report.Of(SampleStudy.Make(FrontScope.PerNetwork)), [new CsvExporter(), new Broken()], folder), Throws.InvalidOperationException);
            Assert.That(File.ReadAllBytes(Path.Combine(folder, "designs.csv")), Is.EqualTo(before));
            Assert.That(Directory.GetFiles(folder, "*.tmp"), Is.Empty);
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
        Report report = Report.Of("three runs", records);
        Assert.That(report.Analysis.Points, Has.Length.EqualTo(3));
        Assert.That(report.FrontPoints, Is.Not.Empty);
        Assert.That(ExporterCatalogue.All.SelectMany(e => e.Export(report)).Select(f => f.Path), Is.Unique.And.Contain("index.html"));
    }

    private static string Text(IExporter exporter, string path) => exporter.Export(Sample).Single(f => f.Path == path).Text;

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

        public System.Collections.Immutable.ImmutableArray<ReportFile> Export(Report report) => throw new InvalidOperationException("no");
    }
}
