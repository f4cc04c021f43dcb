using System.Globalization;
using System.Text;
using System.Text.Json;
using Sim.Tests;

namespace Sim.EndToEnd.Tests;

/// <summary>`sim run` as a user meets it: a whole design, and every kind of wrong data answered by a located error that leaves earlier
/// results alone.</summary>
[TestFixture]
public sealed class RunVerbTests
{
    private static readonly string Digits = Path.Combine(ReferenceData.RepositoryRoot, "configs", "workloads", "digits");
    private static readonly string Model = Path.Combine(Digits, "digits_cnn.onnx"), Data = Path.Combine(Digits, "digits_test_x_u8.npy"),
        Labels = Path.Combine(Digits, "digits_test_labels_u8.npy");
    private string _folder = "";

    [SetUp]
    public void Open() => _folder = Directory.CreateTempSubdirectory().FullName;

    [TearDown]
    public void Close() => Directory.Delete(_folder, recursive: true);

    // Float accuracies as PyTorch printed them after training (configs/workloads/digits/README.md).
    [TestCase("digits_cnn.onnx", 443, 5)]
    [TestCase("digits_mlp.onnx", 445, 3)]
    public void A_design_has_time_energy_area_and_accuracy(string model, int right, int matrixLayers)
    {
        string[] arguments = ["run", "edge_npu", "--model", Path.Combine(Digits, model), "--data", Data, "--labels", Labels, "--out",
            _folder, "--json"];
        SimHost.Result first = SimHost.Run(arguments);
        Assert.That(first.ExitCode, Is.Zero, first.Error);
        Assert.That(File.ReadAllText(Path.Combine(_folder, "record.json")), Is.EqualTo(first.Output));
        using JsonDocument json = JsonDocument.Parse(first.Output);
        JsonElement record = json.RootElement, accuracy = record.GetProperty("accuracy");
        Assert.That(accuracy.GetProperty("floatTop1").GetDouble(), Is.EqualTo(right / 450.0).Within(1e-12));
        Assert.That(accuracy.GetProperty("top1").GetDouble(), Is.GreaterThan(0.97));
        JsonElement[] layers = [.. record.GetProperty("layers").EnumerateArray()];
        Assert.That(layers.Count(l => l.GetProperty("numerics").ValueKind == JsonValueKind.Object), Is.EqualTo(matrixLayers));
        double dynamic = layers.Sum(l => l.GetProperty("energy").EnumerateArray()
            .Sum(e => e.GetProperty("count").GetInt64() * e.GetProperty("perActionPicojoules").GetDouble()));
        Assert.That(record.GetProperty("dynamicEnergyPicojoules").GetDouble(), Is.EqualTo(dynamic).Within(1e-6).Percent);
        Assert.That(record.GetProperty("totalCycles").GetInt64(),
            Is.EqualTo(layers.Sum(l => l.GetProperty("computeCycles").GetInt64() + l.GetProperty("stallCycles").GetInt64())));
        Assert.That(record.GetProperty("latencySeconds").GetDouble(), Is.EqualTo(record.GetProperty("totalCycles").GetInt64() / 500e6));
        Assert.That(record.GetProperty("areaSquareMicrometres").GetDouble(),
            Is.EqualTo(record.GetProperty("area").EnumerateArray().Sum(a => a.GetProperty("value").GetDouble())).Within(1e-6).Percent);
        // The order of the network: the graph of digits_cnn as its README draws it.
        string[] names = [.. layers.Select(l => l.GetProperty("name").GetString()!)];
        if (model == "digits_cnn.onnx") Assert.That(names, Is.EqualTo(new[]
            { "conv1", "relu1", "pool1", "conv2", "relu2", "conv3", "relu3", "conv4", "relu4", "gap1", "fc1" }));
        Assert.That(File.ReadAllLines(Path.Combine(_folder, "layers.csv")).Skip(1).Select(l => l.Split(',')[1]), Is.EqualTo(names));
        Assert.That(SimHost.Run(arguments).Output, Is.EqualTo(first.Output), "the same bytes again");
        Truth.Checked("Accuracy", $"float32 accuracy of {model}", "PyTorch 1.13, 450 held-out digits", 450, $"equal: {right} right");
    }

    [Test]
    public void Without_data_there_is_no_accuracy_but_time_and_price()
    {
        SimHost.Result result = SimHost.Run(["run", "tpu_like", "--model", Model, "--json"]);
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        using JsonDocument json = JsonDocument.Parse(result.Output);
        Assert.That(json.RootElement.GetProperty("accuracy").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(json.RootElement.GetProperty("totalCycles").GetInt64(), Is.GreaterThan(0));
    }

    [TestCase("wrong_shape", "--data", "DAT011")]
    [TestCase("not_an_array", "--data", "bad.npy")]
    [TestCase("cut_short", "--data", "bad.npy")]
    [TestCase("absent", "--data", "bad.npy")]
    [TestCase("fewer_labels", "--labels", "holds 7 labels; ")]
    [TestCase("label_out_of_range", "--labels", "DAT014: holds the label 10; the network has 10 classes, 0 to 9")]
    [TestCase("real_labels", "--labels", "DAT013")]
    [TestCase("cut_model", "--model", "bad.npy")]
    [TestCase("misspelt_recipe", "--recipe", "bad.yaml:2:1: error CFG003: unknown key 'wieghts'")]
    public void Wrong_input_is_located_and_earlier_results_stay(string kind, string option, string message)
    {
        string bad = Path.Combine(_folder, option == "--recipe" ? "bad.yaml" : "bad.npy"), results = Path.Combine(_folder, "results");
        byte[]? content = kind switch
        {
            "wrong_shape" => Npy("|u1", "(3, 1, 9, 8)", new byte[3 * 72]),
            "not_an_array" => Encoding.UTF8.GetBytes("hello"),
            "cut_short" => File.ReadAllBytes(Data)[..500],
            "fewer_labels" => Npy("|u1", "(7,)", new byte[7]),
            "label_out_of_range" => Npy("|u1", "(450,)", [.. Enumerable.Repeat((byte)10, 450)]),
            "real_labels" => Npy("<f4", "(450,)", new byte[1800]),
            "cut_model" => File.ReadAllBytes(Model)[..9000],
            "misspelt_recipe" => Encoding.UTF8.GetBytes("schema: sim.recipe/1\nwieghts: {}\n"),
            _ => null,
        };
        if (content is not null) File.WriteAllBytes(bad, content);
        Directory.CreateDirectory(results);
        File.WriteAllText(Path.Combine(results, "record.json"), "earlier");
        var given = new Dictionary<string, string> { ["--model"] = Model, ["--data"] = Data, ["--labels"] = Labels, ["--out"] = results };
        given[option] = bad;
        SimHost.Result result = SimHost.Run(["run", "edge_npu", .. given.SelectMany(g => new[] { g.Key, g.Value })]);
        Assert.That(result.ExitCode, Is.EqualTo(2), result.Error);
        Assert.That(result.Error, Does.Contain(message).And.Contain("error").And.Contain(Path.GetFileName(bad)));
        Assert.That(result.Error, Does.Not.Contain("   at "));
        Assert.That(result.Output, Is.Empty);
        Assert.That(File.ReadAllText(Path.Combine(results, "record.json")), Is.EqualTo("earlier"));
        Assert.That(Directory.GetFiles(results), Has.Length.EqualTo(1));
    }

    [Test]
    public void A_design_that_misses_its_clock_is_told_unless_that_is_allowed()
    {
        string fast = Path.Combine(_folder, "fast.yaml"),
            text = File.ReadAllText(Path.Combine(ReferenceData.RepositoryRoot, "configs", "architectures", "edge_npu.yaml"));
        File.WriteAllText(fast, text.Replace("clock: 500 MHz", "clock: 2 GHz"));
        SimHost.Result told = SimHost.Run(["run", fast, "--model", Model, "--json"]),
            allowed = SimHost.Run(["run", fast, "--model", Model, "--json", "--allow-slow-clock"]);
        Assert.That((told.ExitCode, allowed.ExitCode), Is.EqualTo((1, 0)));
        Assert.That(told.Output, Is.EqualTo(allowed.Output), "the numbers are the same");
        Assert.That(told.Error, Does.Contain("fast.yaml:1:1: error COST005").And.Contain("int8_acc32"));
        Assert.That(SimHost.Run(["run", fast, "--model", Model, "--allow-slow-clock"]).Output, Does.Contain("MISSES ITS CLOCK"));
        SimHost.Result valid = SimHost.Run(["validate", fast]);
        Assert.That((valid.ExitCode, valid.Error.Contains("warning COST002", StringComparison.Ordinal)), Is.EqualTo((0, true)));
        File.WriteAllText(fast, text.Replace("port: 64 bit", "port: 8192 bit"));
        Assert.That(SimHost.Run(["validate", fast]).Error, Does.Match(@"fast\.yaml:\d+:5: error COST001: buffer 'activations'"));
    }

    [Test]
    public void Shapes_without_weights_run_and_take_no_data()
    {
        string topology = Path.Combine(_folder, "net.csv");
        File.WriteAllText(topology, "Layer, M, N, K\nfirst, 49, 64, 147\n");
        SimHost.Result run = SimHost.Run(["run", "edge_npu", "--model", topology, "--json"]);
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        using JsonDocument json = JsonDocument.Parse(run.Output);
        JsonElement layer = json.RootElement.GetProperty("layers").EnumerateArray().Single();
        Assert.That(layer.GetProperty("energy").EnumerateArray().First(e => e.GetProperty("action").GetString() == "mac")
            .GetProperty("count").GetInt64(), Is.EqualTo(49 * 64 * 147));
        Assert.That(json.RootElement.GetProperty("architecture").GetProperty("array").GetProperty("rows").GetInt32(), Is.EqualTo(16));
        SimHost.Result data = SimHost.Run(["run", "edge_npu", "--model", topology, "--data", Data]);
        Assert.That((data.ExitCode, data.Error.Contains("DAT015", StringComparison.Ordinal)), Is.EqualTo((2, true)));
    }

    // NumPy format version 1.0: magic, version, little-endian header length, a Python dictionary padded to 64 bytes.
    private static byte[] Npy(string type, string shape, byte[] data)
    {
        string header = string.Create(CultureInfo.InvariantCulture, $"{{'descr': '{type}', 'fortran_order': False, 'shape': {shape}, }}");
        header = header.PadRight(128 - 10 - 1) + "\n";
        return [0x93, .. Encoding.ASCII.GetBytes("NUMPY"), 1, 0, (byte)(header.Length & 255), (byte)(header.Length >> 8),
            .. Encoding.ASCII.GetBytes(header), .. data];
    }
}
