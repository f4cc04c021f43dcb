using Sim.Exploration.Metrics;
using Sim.Exploration.Store;
using Sim.Exploration.Studies;
using Sim.Simulator;
using Sim.Reports.Exporters;

namespace Sim.Reports.Tests;

/// <summary>Reports of stores hold slim records in memory and read whole ones when they write: the files are those of a report that is all
/// in memory.</summary>
public class SlimRecordTests
{
    [Test]
    public void SlimRecordsKeepEveryMetric()
    {
        StudyResult study = SampleStudy.Make();
        var slim = new SlimRecords();
        int compared = 0;
        foreach (PointResult point in study.Points.Where(p => p.Record is not null))
        {
            PointResult less = slim.Of(point);
            foreach (Metric metric in MetricCatalogue.All)
            {
                Assert.That(metric.Of(less.Record!), Is.EqualTo(metric.Of(point.Record!)), metric.Name);
                compared++;
            }
            Assert.That(RecordJson.Write(less.Record).Length, Is.LessThan(RecordJson.Write(point.Record).Length));
        }
        Assert.That(compared, Is.GreaterThanOrEqualTo(42 * 11));
    }

    [Test]
    public void AReportOfAStoreWritesTheSameFiles()
    {
        string folder = Directory.CreateTempSubdirectory("sim-slim").FullName;
        try
        {
            StudyResult study = SampleStudy.Make(FrontScope.PerNetwork);
            using ResultStore store = ResultStore.Create(Path.Combine(folder, "s.db"), study.Header);
            foreach (PointResult point in study.Points) store.Save(point);
            Report memory = Report.Of(study with { Points = store.Points() }), streamed = Report.Of(store);
            int files = 0;
            foreach (IExporter exporter in ExporterCatalogue.All)
            {
                MemoryFiles expected = MemoryFiles.Of(exporter, memory), found = MemoryFiles.Of(exporter, streamed);
                Assert.That(found.Paths, Is.EqualTo(expected.Paths));
                foreach (string path in expected.Paths) Assert.That(found.Bytes(path), Is.EqualTo(expected.Bytes(path)), path);
                files += expected.Paths.Count();
            }
            Assert.That(files, Is.GreaterThanOrEqualTo(19));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Test]
    public void ThePageOfALargeStudyIsASampleThatSaysSo()
    {
        StudyResult small = SampleStudy.Make();
        PointResult[] many = [.. Enumerable.Range(0, 30_000).Select(i => small.Points[i % 48] with { Index = i })];
        many[29_999] = many[29_999] with
            { Record = small.Points[0].Record! with { Accuracy = small.Points[0].Record!.Accuracy! with { Top1 = 1 } },
            Status = PointStatus.Ok, Reason = null };
        // Designs repeat, and equal ones do not dominate each other: without objectives that tie there is one front member.
        Report report = Report.Of(new StudyResult(small.Header with
            { PointCount = many.Length, Objectives = [new("accuracy", Goal.Maximize)] }, [.. many]));
        Assert.That(report.FrontPoints.Select(p => p.Point.Index), Is.EqualTo(new[] { 29_999 }));
        string page = MemoryFiles.Of(new HtmlExporter(null), report).Text("index.html");
        System.Text.RegularExpressions.Match block = System.Text.RegularExpressions.Regex.Match(page,
            "<script type=\"application/json\" id=\"data\">(.*?)</script>", System.Text.RegularExpressions.RegexOptions.Singleline);
        using System.Text.Json.JsonDocument data = System.Text.Json.JsonDocument.Parse(block.Groups[1].Value);
        System.Text.Json.JsonElement head = data.RootElement.GetProperty("header"), points = data.RootElement.GetProperty("points");
        Assert.That(points.GetArrayLength(), Is.EqualTo(20_000).And.EqualTo(head.GetProperty("listed").GetInt32()));
        Assert.That(head.GetProperty("finished").GetInt32(), Is.EqualTo(30_000));
        int detailed = points.EnumerateArray().Count(p => p.TryGetProperty("d", out _));
        Assert.That(detailed, Is.EqualTo(head.GetProperty("detailed").GetInt32()).And.InRange(500, 3000));
        Assert.That(points.EnumerateArray().Last().TryGetProperty("d", out _), Is.True, "the member of the front is there, whole");
        Assert.That(block.Length, Is.LessThan(10_000_000));
        int infeasible = many.Count(p => p.Status == PointStatus.Infeasible);
        Assert.That(head.GetProperty("problems")[0][2].GetInt32(), Is.EqualTo(infeasible), "problems are counted over all designs");
    }
}
