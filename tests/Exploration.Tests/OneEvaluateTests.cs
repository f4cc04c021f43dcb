using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Sim.Exploration.Store;
using Sim.Exploration.Studies;
using Sim.Exploration.Sweeps;
using Sim.Simulator;
using Sim.Tests;

namespace Sim.Exploration.Tests;

/// <summary>A design has one record, whoever asks for it; records of the earlier schema are still read.</summary>
public class OneEvaluateTests
{
    private static readonly string Digits = Path.Combine(ReferenceData.RepositoryRoot, "configs", "workloads", "digits");
    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("sim-one").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void ASweepAndASingleRunGiveTheSameRecord()
    {
        (LoadedStudy study, ImmutableArray<PointResult> points) = Sweep($$"""
            schema: sim.study/1
            name: one
            base: edge_npu
            workloads:
              - {name: mlp, model: {{Digits}}/digits_mlp.onnx, data: {{Digits}}/digits_test_x_u8.npy, labels: {{Digits}}/digits_test_labels_u8.npy}
            axes:
              - datapath: [int8_acc32, e4m3_fp16]
              - array.dataflow: [output_stationary, weight_stationary]
            """);
        Assert.That(points.Select(p => p.Status), Is.All.EqualTo(PointStatus.Ok), string.Join('\n', points.Select(p => p.Reason)));
        foreach (PointResult point in points)
        {
            RunRecord alone = new Evaluator("test", 1).Evaluate(study.Inputs(study.Space.Designs[point.Index]));
            Assert.That(RecordJson.Write(alone), Is.EqualTo(RecordJson.Write(point.Record)));
        }
    }

    [Test]
    public void RecordsHoldObjectsAndRecordsOfTheEarlierSchemaAreRead()
    {
        RunRecord record = Samples.Record(1, 0.5, 10) with
            { ArchitectureJson = """{"name":"a ≤ b","rows":16}""", RecipeJson = """{"seed":1}""", Clock = null };
        string text = RecordJson.Write(record, indented: true);
        JsonObject json = JsonNode.Parse(text)!.AsObject();
        Assert.That((json["architecture"]!["rows"]!.GetValue<int>(), json["recipe"]!["seed"]!.GetValue<int>()), Is.EqualTo((16, 1)));
        Assert.That(RecordJson.Write(RecordJson.ReadRun(text)), Is.EqualTo(RecordJson.Write(record)));
        foreach (string part in new[] { "architecture", "recipe" })
        {
            json[part + "Json"] = json[part]!.ToJsonString();
            json.Remove(part);
        }
        json["schema"] = "sim.run/1";
        Assert.That(RecordJson.Write(RecordJson.ReadRun(json.ToJsonString())), Is.EqualTo(RecordJson.Write(record)));
        json["schema"] = "sim.run/9";
        Assert.That(() => RecordJson.ReadRun(json.ToJsonString()),
            Throws.TypeOf<System.Text.Json.JsonException>().With.Message.Contains("sim.run/9"));
        Assert.That(() => RecordJson.ReadRun("[]"), Throws.InstanceOf<System.Text.Json.JsonException>());
    }

    [Test]
    public void DesignsThatMissTheirClockAreInfeasibleUnlessAllowed()
    {
        string Text(string allow) => $$"""
            schema: sim.study/1
            name: clocks
            base: edge_npu
            workloads: [{name: mlp, model: {{Digits}}/digits_mlp.onnx}]
            axes:
              - clock: [100 MHz, 500 MHz, 2 GHz]
              - datapath.pipeline_stages: [0, auto]
            objectives: [latency, slack, fmax]
            constraints: [{metric: slack, min: -1000 ps}]
            {{allow}}
            """;
        ImmutableArray<PointResult> strict = Sweep(Text("")).Points, allowed = Sweep(Text("allow_slow_clock: true"), "allowed.db").Points;
        // 1.73 ns unpipelined (sim cost int8_acc32): within 10 ns and 2 ns, not within 0.5 ns; buffers take 0.59 ns, which no pipeline of
        // the MAC changes.
        Assert.That(strict.Select(p => p.Status),
            Is.EqualTo(new[] { PointStatus.Ok, PointStatus.Ok, PointStatus.Ok, PointStatus.Ok, PointStatus.Infeasible,
            PointStatus.Infeasible }));
        Assert.That(strict[4].Reason, Does.StartWith("clock: 2 GHz").And.Contain("COST005").And.Contain("int8_acc32"));
        Assert.That(allowed.Select(p => p.Status), Is.All.EqualTo(PointStatus.Ok));
        Assert.That(allowed.Select(p => p.Record!.MissesClock), Is.EqualTo(new[] { false, false, false, false, true, true }));
        foreach (PointResult p in allowed)
        {
            ClockRecord clock = p.Record!.Clock!;
            Assert.That(Metrics.MetricCatalogue.Get("slack").Of(p.Record), Is.EqualTo(clock.PeriodNanoseconds - clock.CriticalNanoseconds)
                .Within(1e-12));
            Assert.That(Metrics.MetricCatalogue.Get("fmax").Of(p.Record), Is.EqualTo(1000 / clock.CriticalNanoseconds).Within(1e-9));
        }
        foreach ((PointResult one, PointResult other) in strict.Zip(allowed).Take(4)) Assert.That(RecordJson.Write(one.Record),
            Is.EqualTo(RecordJson.Write(other.Record)));
    }

    [Test]
    public void ShapesWithoutWeightsHaveTimeEnergyAndArea()
    {
        File.WriteAllText(Path.Combine(_folder, "net.csv"), "Layer, M, N, K\nfirst, 49, 64, 147\nsecond, 1, 10, 64\n");
        ImmutableArray<PointResult> points = Sweep("""
            schema: sim.study/1
            name: shapes
            base: edge_npu
            workloads: [{name: net, model: net.csv}]
            axes:
              - array.rows: [8, 16]
            objectives: [latency, energy]
            """).Points;
        foreach (PointResult p in points)
        {
            RunRecord record = p.Record!;
            Assert.That(record.Layers.Select(l => (l.Name, l.M, l.N, l.K)),
                Is.EqualTo(new[] { ("first", 49, 64, 147), ("second", 1, 10, 64) }));
            Assert.That((record.Accuracy, record.TotalCycles > 0, record.EnergyPicojoules > 0),
                Is.EqualTo(((AccuracyRecord?)null, true, true)));
        }
        Assert.That(points[0].Record!.TotalCycles, Is.GreaterThan(points[1].Record!.TotalCycles));
    }

    [Test]
    public void AStoreKeepsItsDesignsWhenAStudyGrows()
    {
        string Text(string rows, string more = "") => $$"""
            schema: sim.study/1
            name: growing
            base: edge_npu
            workloads: [{name: mlp, model: {{Digits}}/digits_mlp.onnx}]
            axes:
              - array.rows: [{{rows}}]
              - datapath: [int8_acc32, mxfp4_fp32{{more}}]
            """;
        LoadedStudy Load(string text)
        {
            File.WriteAllText(Path.Combine(_folder, "study.yaml"), text);
            return LoadedStudy.Load(Path.Combine(_folder, "study.yaml"), "test");
        }
        string grown = Path.Combine(_folder, "grown.db");
        LoadedStudy small = Load(Text("16, 64")), large = Load(Text("4, 16, 32, 64", ", int4_acc16")), shrunk = Load(Text("4, 32"));
        using (ResultStore store = ResultStore.Create(grown, small.Header)) SweepEngine.Run([.. small.Space.Study.Points()],
            new StudyEvaluator(small, store, 2), store, 2);
        byte[] before = File.ReadAllBytes(grown);
        Assert.That(() => ResultStore.Resume(grown, shrunk.Header), Throws.TypeOf<StoreException>().With.Message.Contains("no longer has"));
        Assert.That(File.ReadAllBytes(grown), Is.EqualTo(before));
        var told = new Counted();
        using (ResultStore store = ResultStore.Resume(grown, large.Header)) SweepEngine.Run([.. large.Space.Study.Points()],
            new StudyEvaluator(large, store, 2), store, 2, told);
        // 16 and 64 rows of int8, 64 of mxfp4: three of twelve had run. 16 rows of mxfp4 cannot be.
        Assert.That(told.Designs, Is.EqualTo(9));
        ImmutableArray<PointResult> anew = Sweep(Text("4, 16, 32, 64", ", int4_acc16")).Points;
        using ResultStore kept = ResultStore.Open(grown);
        Assert.That(RecordJson.Write(kept.Points()), Is.EqualTo(RecordJson.Write(anew)), "as if it had run at once");
        Assert.That(kept.Header.PointCount, Is.EqualTo(12));
    }

    private sealed class Counted : IProgress<SweepProgress>
    {
        public int Designs { get; private set; }

        public void Report(SweepProgress value)
        {
            if (value.Phase == SweepProgress.Designs) Designs = value.Total;
        }
    }

    private (LoadedStudy Study, ImmutableArray<PointResult> Points) Sweep(string text, string store = "study.db")
    {
        string path = Path.Combine(_folder, "study.yaml");
        File.WriteAllText(path, text);
        LoadedStudy study = LoadedStudy.Load(path, "test");
        using ResultStore kept = ResultStore.Create(Path.Combine(_folder, store), study.Header);
        return (study, SweepEngine.Run([.. study.Space.Study.Points()], new StudyEvaluator(study, kept, 2), kept, 2));
    }
}
