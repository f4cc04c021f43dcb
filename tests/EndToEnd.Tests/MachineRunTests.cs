using System.Globalization;
using System.Text.Json;
using Sim.Tests;

namespace Sim.EndToEnd.Tests;

/// <summary>`sim run --machine`: a whole network on the cycle machine, its trace and its waveform.</summary>
[TestFixture]
public sealed class MachineRunTests
{
    private static readonly string Digits = Path.Combine(ReferenceData.RepositoryRoot, "configs", "workloads", "digits");
    private static readonly string Model = Path.Combine(Digits, "digits_cnn.onnx"), Data = Path.Combine(Digits, "digits_test_x_u8.npy");
    private string _folder = "";

    [SetUp]
    public void Open() => _folder = Directory.CreateTempSubdirectory().FullName;

    [TearDown]
    public void Close() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Both_depths_equal_the_estimate_on_every_shipped_architecture(
        [Values("edge_npu", "edge_npu_fp16", "tpu_like", "eyeriss_like")] string architecture)
    {
        long[] cycles = new long[2];
        foreach (string depth in new[] { "tiles", "registers" })
        {
            SimHost.Result result = SimHost.Run(["run", architecture, "--model", Model, "--data", Data, "--machine", depth,
                "--allow-slow-clock", "--json"]);
            Assert.That(result.ExitCode, Is.Zero, result.Error);
            using JsonDocument json = JsonDocument.Parse(result.Output);
            JsonElement machine = json.RootElement.GetProperty("machine"), record = json.RootElement.GetProperty("record");
            Assert.That(machine.GetProperty("equal").GetBoolean(), Is.True);
            JsonElement[] layers = [.. machine.GetProperty("layers").EnumerateArray()];
            Assert.That(layers.Count(l => l.GetProperty("unit").GetString() == "array"), Is.EqualTo(5));
            Assert.That(layers.Where(l => l.GetProperty("unit").GetString() == "array").Select(l => l.GetProperty("operands").GetString()),
                Is.All.EqualTo("first sample"));
            cycles[depth == "tiles" ? 0 : 1] = machine.GetProperty("cycles").GetInt64();
            Assert.That(machine.GetProperty("cycles").GetInt64(), Is.EqualTo(record.GetProperty("totalCycles").GetInt64()));
        }
        Assert.That(cycles[0], Is.EqualTo(cycles[1]));
    }

    [Test]
    public void A_network_of_shapes_runs_with_random_operands_and_says_so()
    {
        string file = Path.Combine(_folder, "net.csv");
        File.WriteAllText(file, "Layer,M,N,K,\na,40,50,60,\nb,7,3,100,\n");
        SimHost.Result result = SimHost.Run(["run", "edge_npu", "--model", file, "--machine", "registers"]);
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        Assert.That(result.Output, Does.Contain("random"));
        Assert.That(result.Output, Does.Contain("equal to the estimate in 2 of 2 layers"));
    }

    // The trace event format: complete events with a start and a duration, in order and apart on every track.
    [Test]
    public void A_trace_is_well_formed([Values("tiles", "registers")] string depth, [Values("edge_npu", "tpu_like")] string architecture)
    {
        string file = Path.Combine(_folder, "trace.json");
        SimHost.Result result = SimHost.Run(["run", architecture, "--model", Model, "--data", Data, "--machine", depth, "--trace", file,
            "--allow-slow-clock"]);
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(file));
        JsonElement[] events = [.. json.RootElement.GetProperty("traceEvents").EnumerateArray()];
        Dictionary<int, string> tracks = events.Where(e => e.GetProperty("name").GetString() == "thread_name")
            .ToDictionary(e => e.GetProperty("tid").GetInt32(), e => e.GetProperty("args").GetProperty("name").GetString()!);
        Assert.That(tracks.Values, Is.Unique.And.SupersetOf(new[] { "layers", "array: steps", "DRAM bus", "vector unit" }));
        Assert.That(tracks.Values.Count(t => t.Contains("array reads", StringComparison.Ordinal)), Is.GreaterThanOrEqualTo(2));
        int slices = 0;
        foreach (IGrouping<int, JsonElement> track in events.Where(e => e.GetProperty("ph").GetString() == "X")
            .GroupBy(e => e.GetProperty("tid").GetInt32()))
        {
            long end = 0;
            Assert.That(tracks, Contains.Key(track.Key));
            foreach (JsonElement slice in track)
            {
                long begin = slice.GetProperty("ts").GetInt64(), length = slice.GetProperty("dur").GetInt64();
                Assert.That(begin, Is.GreaterThanOrEqualTo(end), $"{tracks[track.Key]}: {slice}");
                Assert.That(length, Is.Positive);
                end = begin + length;
                slices++;
            }
        }
        Assert.That(slices, Is.GreaterThan(60));
        // What the bus moves is what the layers take: steps, and the layers' own slices cover the network.
        long whole = events.Where(e => e.GetProperty("ph").GetString() == "X" && tracks[e.GetProperty("tid").GetInt32()] == "layers")
            .Sum(e => e.GetProperty("dur").GetInt64());
        Assert.That(result.Output, Does.Contain($": {whole} cycles"));
    }

    // A reader of its own for the dump: declared signals only, time that grows, and the sums of the first tile at the end.
    [Test]
    public void A_waveform_parses_and_ends_with_the_sums_of_the_tile()
    {
        string file = Path.Combine(_folder, "a.vcd");
        SimHost.Result result = SimHost.Run(["run", "edge_npu", "--model", Model, "--data", Data, "--machine", "registers", "--vcd", "fc1",
            "--vcd-file", file]);
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        var names = new Dictionary<string, (string Name, int Width)>();
        var values = new Dictionary<string, string>();
        var scopes = new Stack<string>();
        long time = -1, began = -1;
        int changes = 0, products = 0;
        foreach (string line in File.ReadLines(file))
        {
            string[] words = line.Split(' ');
            if (words[0] == "$scope") scopes.Push(words[2]);
            else if (words[0] == "$upscope") scopes.Pop();
            else if (words[0] == "$var") names.Add(words[3],
                ($"{string.Join('.', scopes.Reverse())}.{words[4]}", int.Parse(words[2], CultureInfo.InvariantCulture)));
            else if (line.StartsWith('$')) continue;
            else if (line[0] == '#')
            {
                long now = long.Parse(line.AsSpan(1), CultureInfo.InvariantCulture);
                Assert.That(now, Is.EqualTo(time + 1));
                time = now;
                products += names.Count(n => n.Value.Name.EndsWith(".active", StringComparison.Ordinal)
                    && values.GetValueOrDefault(n.Key) == "1");
            }
            else
            {
                (string value, string signal) = line[0] is '0' or '1' ? (line[..1], line[1..]) : (words[0][1..], words[1]);
                Assert.That(names, Contains.Key(signal), line);
                if (line[0] == '1' && began < 0) began = time;
                if (line[0] == 'b') Assert.That(value, Has.Length.EqualTo(names[signal].Width));
                values[signal] = value;
                changes++;
            }
        }
        Assert.That(scopes, Is.Empty);
        Assert.That(names, Has.Count.EqualTo(16 * 16 * 4));
        Assert.That(time + 1 - began, Is.EqualTo(48 + 16 + 16 - 2), "the steps of fc1's one tile and its wave");
        Assert.That(products, Is.EqualTo(10 * 48), "one product for each output and k");
        Assert.That(changes, Is.GreaterThan(1000));
    }

    [TestCase("--trace x.json", "--trace and --vcd need --machine")]
    [TestCase("--machine tiles --vcd fc1", "a waveform needs every register")]
    [TestCase("--machine registers --vcd fc2", "the array has no layer 'fc2'; did you mean 'fc1'?")]
    [TestCase("--machine registers --vcd-file a.vcd", "--vcd-file needs --vcd LAYER")]
    public void What_does_not_fit_together_is_refused(string arguments, string message)
    {
        SimHost.Result result = SimHost.Run(["run", "edge_npu", "--model", Model, .. arguments.Split(' ')]);
        Assert.That(result.ExitCode, Is.EqualTo(2), result.Output);
        Assert.That(result.Error, Does.Contain("CLI002").And.Contain(message));
    }
}
