using System.Text.Json;
using Sim.Tests;

namespace Sim.EndToEnd.Tests;

/// <summary>Networks without weights, of every kind, through import, run, sweep and report: time and energy, accuracy absent.</summary>
[TestFixture]
public sealed class WeightlessRunTests
{
    private const string Problem = "problem: {shape: cnn-layer, R: 3, S: 3, P: 6, Q: 6, C: 8, K: 16, N: 2}\n";

    private const string Llama = """
        schema: sim.workload/1
        name: tiny
        network: {kind: llama, layers: 2, hidden: 64, heads: 8, kv_heads: 2, intermediate: 96, vocabulary: 100}
        batch: 3
        phase: decode
        context: 40

        """;

    private string _folder = "";

    [SetUp]
    public void Open()
    {
        _folder = Directory.CreateTempSubdirectory().FullName;
        File.WriteAllText(Path.Combine(_folder, "net.csv"), "Layer, M, N, K\nfirst, 49, 64, 147\n");
        File.WriteAllText(Path.Combine(_folder, "problem.yaml"), Problem);
        File.WriteAllText(Path.Combine(_folder, "tiny.yaml"), Llama);
        File.Copy(Path.Combine(ReferenceData.RepositoryRoot, "configs", "workloads", "digits", "digits_cnn.onnx"),
            Path.Combine(_folder, "cnn.onnx"));
    }

    [TearDown]
    public void Close() => Directory.Delete(_folder, recursive: true);

    [TestCase("net.csv", "net", 49L * 64 * 147)]
    [TestCase("problem.yaml", "problem", 2L * 36 * 16 * 72)]
    [TestCase("tiny.yaml", "tiny", null)]
    [TestCase("cnn.onnx", "cnn", null)]
    [TestCase("resnet18", "ResNet-18", 1_814_073_344)]
    public void Run_takes_what_import_takes(string network, string name, long? macs)
    {
        string file = network.Contains('.', StringComparison.Ordinal) ? Path.Combine(_folder, network) : network;
        SimHost.Result import = SimHost.Run(["import", file, "--json"]), run = SimHost.Run(["run", "edge_npu", file, "--json"]);
        Assert.That((import.ExitCode, run.ExitCode), Is.EqualTo((0, 0)), import.Error + run.Error);
        using JsonDocument listed = JsonDocument.Parse(import.Output), record = JsonDocument.Parse(run.Output);
        long counted = record.RootElement.GetProperty("layers").EnumerateArray().SelectMany(l => l.GetProperty("energy").EnumerateArray())
            .Where(e => e.GetProperty("action").GetString() == "mac").Sum(e => e.GetProperty("count").GetInt64());
        Assert.That(counted, Is.EqualTo(listed.RootElement.GetProperty("total_macs").GetInt64()));
        if (macs is not null) Assert.That(counted, Is.EqualTo(macs));
        Assert.That(record.RootElement.GetProperty("network").GetString(), Is.EqualTo(name));
        Assert.That(record.RootElement.GetProperty("accuracy").ValueKind, Is.EqualTo(JsonValueKind.Null));
        string[] ran = [.. record.RootElement.GetProperty("layers").EnumerateArray().Select(l => l.GetProperty("name").GetString()!)];
        // A run folds batch normalization into the layer before it.
        Assert.That(ran, Is.EqualTo(listed.RootElement.GetProperty("order").EnumerateArray().Select(l => l.GetProperty("name").GetString())
            .Where(n => !n!.StartsWith("bn", StringComparison.Ordinal))), "layers are in the order of the network");
        string table = SimHost.Run(["run", "edge_npu", "--model", file]).Output;
        Assert.That(table, Does.Not.Contain("accuracy").And.Not.Contain("SQNR").And.Contain("latency"));
    }

    [Test]
    public void Tokens_a_second_and_energy_a_token_are_those_of_the_run()
    {
        SimHost.Result run = SimHost.Run(["run", "edge_npu", Path.Combine(_folder, "tiny.yaml"), "--json"]);
        using JsonDocument json = JsonDocument.Parse(run.Output);
        JsonElement work = json.RootElement.GetProperty("work");
        Assert.That((work.GetProperty("samples").GetInt32(), work.GetProperty("tokens").GetInt64()), Is.EqualTo((3, 3L)));
        double seconds = json.RootElement.GetProperty("latencySeconds").GetDouble(), energy =
            json.RootElement.GetProperty("dynamicEnergyPicojoules").GetDouble()
            + json.RootElement.GetProperty("leakageEnergyPicojoules").GetDouble();
        Assert.That(work.GetProperty("tokensPerSecond").GetDouble(), Is.EqualTo(3 / seconds).Within(1e-9).Percent);
        Assert.That(work.GetProperty("picojoulesPerToken").GetDouble(), Is.EqualTo(energy / 3).Within(1e-9).Percent);
        Assert.That(SimHost.Run(["run", "edge_npu", Path.Combine(_folder, "tiny.yaml")]).Output,
            Does.Contain("a run of 3 samples").And.Match(@"tokens +3 a run: [0-9.]+ token/s, [0-9.]+ [nµm]J a token"));
        using JsonDocument image = JsonDocument.Parse(SimHost.Run(["run", "edge_npu", Path.Combine(_folder, "cnn.onnx"), "--json"]).Output);
        Assert.That(image.RootElement.GetProperty("work").GetProperty("tokens").ValueKind, Is.EqualTo(JsonValueKind.Null));
    }

    [Test]
    public void A_study_of_networks_without_weights_has_no_accuracy_anywhere()
    {
        string study = Path.Combine(_folder, "study.yaml"), store = Path.Combine(_folder, "s.db"), reports = Path.Combine(_folder, "r");
        File.WriteAllText(study, """
            schema: sim.study/1
            name: shapes
            base: edge_npu
            workloads:
              - {model: net.csv}
              - {model: problem.yaml}
              - {model: tiny.yaml}
              - {model: cnn.onnx}
              - {name: named, model: resnet18}
            axes:
              - array.rows: [8, 16]
            """);
        SimHost.Result sweep = SimHost.Run(["sweep", study, "--store", store]);
        Assert.That(sweep.ExitCode, Is.Zero, sweep.Error);
        Assert.That(sweep.Error, Does.Contain("accuracy"), "the default objective that nothing is known of is named");
        SimHost.Result report = SimHost.Run(["report", store, "--out", reports, "--format", "csv,json,md,html"]);
        Assert.That(report.ExitCode, Is.Zero, report.Error);
        string[][] rows = [.. File.ReadAllLines(Path.Combine(reports, "designs.csv")).Select(l => l.Split(','))];
        string[] Column(string name) => [.. rows.Skip(1).Select(r => r[Array.IndexOf(rows[0], name)])];
        Assert.That(Column("status"), Is.EqualTo(Enumerable.Repeat("ok", 10)));
        foreach (string absent in new[] { "accuracy", "agreement", "output_sqnr_db", "overflow_fraction", "samples" })
            Assert.That(Column(absent), Is.EqualTo(Enumerable.Repeat("", 10)), absent);
        Assert.That(Column("cycles"), Has.None.Empty);
        string[] networks = Column("network"), rates = Column("tokens_per_s"), prices = Column("energy_per_token_nj");
        Assert.That(networks.Distinct(), Is.EqualTo(new[] { "net", "problem", "tiny", "cnn", "named" }));
        for (int i = 0; i < 10; i++)
        {
            Assert.That(rates[i].Length > 0, Is.EqualTo(networks[i] == "tiny"));
            if (networks[i] == "tiny") Assert.That(double.Parse(rates[i]) * double.Parse(Column("latency_us")[i]),
                Is.EqualTo(3e6).Within(1e-6).Percent);
            if (networks[i] == "tiny") Assert.That(double.Parse(prices[i]) * 3, Is.EqualTo(double.Parse(Column("energy_nj")[i]))
                .Within(1e-6).Percent);
        }
        foreach (string line in File.ReadLines(Path.Combine(reports, "designs.jsonl")))
        {
            using JsonDocument design = JsonDocument.Parse(line);
            Assert.That(design.RootElement.GetProperty("accuracy").ValueKind, Is.EqualTo(JsonValueKind.Null));
        }
        Assert.That(File.ReadAllText(Path.Combine(reports, "report.md")), Does.Not.Contain("accuracy (0").And.Contain("tiny"));
    }

    [Test]
    public void A_network_of_two_inputs_runs_without_data()
    {
        string model = Path.Combine(_folder, "two.onnx"), digits = Path.Combine(ReferenceData.RepositoryRoot, "configs", "workloads",
            "digits", "digits_test_x_u8.npy");
        File.WriteAllBytes(model, OnnxBytes.Model(13,
            [OnnxBytes.Op("product", "MatMul", ["a", "b"], ["y"]), OnnxBytes.Input("a", 1, 1, 3, 4), OnnxBytes.Input("b", 1, 1, 4, 5),
            OnnxBytes.Output("y", 1, 1, 3, 5)]));
        SimHost.Result import = SimHost.Run(["import", model, "--json"]), run = SimHost.Run(["run", "edge_npu", model, "--json"]);
        Assert.That((import.ExitCode, run.ExitCode), Is.EqualTo((0, 0)), import.Error + run.Error);
        using JsonDocument listed = JsonDocument.Parse(import.Output);
        JsonElement layer = listed.RootElement.GetProperty("layers").EnumerateArray().Single();
        Assert.That((layer.GetProperty("macs").GetInt64(), layer.GetProperty("weights").GetInt64(),
            layer.GetProperty("second").GetString()), Is.EqualTo((60L, 0L, "activations")), "both operands are computed");
        SimHost.Result data = SimHost.Run(["run", "edge_npu", model, "--data", digits]);
        Assert.That((data.ExitCode, data.Error.Contains("DAT010", StringComparison.Ordinal)), Is.EqualTo((2, true)), data.Error);
    }

    [TestCase("run edge_npu", "the network is missing: give WORKLOAD or --model")]
    [TestCase("run edge_npu resnet18 --model resnet50", "WORKLOAD and --model are two networks")]
    [TestCase("run edge_npu resnet18 --scale 2", "DAT015")]
    [TestCase("run edge_npu resnet18 --data x.npy", "DAT015")]
    [TestCase("import resnet18 --dim batch=4", "ONX047")]
    [TestCase("import resnet18 --bits 0", "--bits must be from 1 to 64")]
    [TestCase("import configs/studies/demo.yaml", "CFG009: a network has the schema 'sim.workload/1'")]
    public void What_does_not_fit_is_told(string arguments, string message)
    {
        SimHost.Result result = SimHost.Run([.. arguments.Split(' ')]);
        Assert.That(result.ExitCode, Is.EqualTo(2), result.Output);
        Assert.That(result.Error, Does.Contain(message));
        Assert.That(result.Output, Is.Empty);
    }
}
