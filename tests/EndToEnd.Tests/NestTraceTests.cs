using System.Diagnostics;
using System.Text.Json;
using NUnit.Framework;
using Sim.Tests;

namespace Sim.EndToEnd.Tests;

/// <summary>`sim run --machine` on hierarchies: traces whose tracks add up to the record, and waveforms that other programs read.</summary>
[TestFixture]
public sealed class NestTraceTests
{
    private static readonly string Digits = Path.Combine(ReferenceData.RepositoryRoot, "configs", "workloads", "digits");
    private static readonly string Model = Path.Combine(Digits, "digits_cnn.onnx"), Data = Path.Combine(Digits, "digits_test_x_u8.npy");
    private string _folder = "";

    [SetUp]
    public void Open() => _folder = Directory.CreateTempSubdirectory().FullName;

    [TearDown]
    public void Close() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Tracks_add_up_to_the_record([Values("gemmini_default", "shidiannao")] string architecture)
    {
        string file = Path.Combine(_folder, "trace.json");
        SimHost.Result result = SimHost.Run(["run", architecture, "--model", Model, "--data", Data, "--machine", "tiles", "--trace", file,
            "--allow-slow-clock", "--json"]);
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        using JsonDocument answer = JsonDocument.Parse(result.Output), trace = JsonDocument.Parse(File.ReadAllText(file));
        JsonElement[] layers = [.. answer.RootElement.GetProperty("record").GetProperty("layers").EnumerateArray()];
        JsonElement[] matrix = [.. layers.Where(l => l.GetProperty("groups").GetInt32() > 0)];
        Assert.That(matrix, Has.Length.EqualTo(5));
        JsonElement[] events = [.. trace.RootElement.GetProperty("traceEvents").EnumerateArray()];
        Dictionary<int, string> names = events.Where(e => e.GetProperty("name").GetString() == "thread_name")
            .ToDictionary(e => e.GetProperty("tid").GetInt32(), e => e.GetProperty("args").GetProperty("name").GetString()!);
        (string Track, string Name, long Begin, long Length, long Macs)[] slices =
            [.. events.Where(e => e.GetProperty("ph").GetString() == "X")
            .Select(e => (names[e.GetProperty("tid").GetInt32()], e.GetProperty("name").GetString()!, e.GetProperty("ts").GetInt64(),
                e.GetProperty("dur").GetInt64(),
                e.TryGetProperty("args", out JsonElement args) ? args.GetProperty("macs").GetInt64() : 0))];
        foreach (var track in slices.GroupBy(s => s.Track))
        {
            long end = 0;
            foreach (var slice in track)
            {
                Assert.That(slice.Length, Is.Positive);
                Assert.That(slice.Begin, Is.GreaterThanOrEqualTo(end), $"{track.Key}: {slice}");
                end = slice.Begin + slice.Length;
            }
        }
        long Sum(IEnumerable<JsonElement> some, string key) => some.Sum(l => l.GetProperty(key).GetInt64());
        long Busy(string track) => slices.Where(s => s.Track == track).Sum(s => s.Length);
        Assert.That(Busy("layers"), Is.EqualTo(answer.RootElement.GetProperty("record").GetProperty("totalCycles").GetInt64()));
        Assert.That(Busy("array: products"), Is.EqualTo(Sum(matrix, "computeCycles")));
        Assert.That(Busy("array: waits"), Is.EqualTo(Sum(matrix, "stallCycles")));
        Assert.That(Busy("vector unit"), Is.EqualTo(Sum(layers.Except(matrix), "computeCycles")));
        // By cause: the record's stalls of a layer are the waits inside it.
        foreach (JsonElement layer in matrix)
        {
            var own = slices.Single(s => s.Track == "layers" && s.Name == layer.GetProperty("name").GetString());
            foreach (JsonElement stall in layer.GetProperty("stalls").EnumerateArray())
                Assert.That(slices.Where(s => s.Track == "array: waits" && s.Name == stall.GetProperty("cause").GetString()
                    && s.Begin >= own.Begin && s.Begin < own.Begin + own.Length).Sum(s => s.Length),
                    Is.EqualTo(stall.GetProperty("cycles").GetInt64()), $"{own.Name} {stall}");
        }
        long macs = matrix.Sum(l => l.GetProperty("groups").GetInt64() * l.GetProperty("m").GetInt64() * l.GetProperty("n").GetInt64()
            * l.GetProperty("k").GetInt64());
        Assert.That(slices.Where(s => s.Track.StartsWith("PEs ", StringComparison.Ordinal)).Sum(s => s.Macs), Is.EqualTo(macs));
        Assert.That(names.Values.Count(n => n.EndsWith("port", StringComparison.Ordinal)), Is.GreaterThan(4));
        Assert.That(names.Values, Has.Some.EndsWith("bandwidth"));
    }

    [Test]
    public void Waveforms_are_read_by_the_converter_of_GTKWave([Values("gemmini_default", "three_level")] string architecture)
    {
        string file = Path.Combine(_folder, "a.vcd"), converted = Path.Combine(_folder, "a.fst");
        SimHost.Result result = SimHost.Run(["run", architecture, "--model", Model, "--data", Data, "--machine", "registers",
            "--vcd", "fc1", "--vcd-file", file, "--allow-slow-clock"]);
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        Assert.That(File.ReadLines(file).Count(l => l.Contains(" valid ", StringComparison.Ordinal)), Is.GreaterThan(16));
        Process? converter = null;
        try
        {
            converter = Process.Start(new ProcessStartInfo("vcd2fst", [file, converted]) { RedirectStandardError = true,
                RedirectStandardOutput = true });
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Ignore("vcd2fst is not installed");
        }
        using (converter)
        {
            string said = converter!.StandardError.ReadToEnd() + converter.StandardOutput.ReadToEnd();
            converter.WaitForExit();
            Assert.That(converter.ExitCode, Is.Zero, said);
            Assert.That(said, Does.Not.Contain("rror"));
        }
        Assert.That(new FileInfo(converted).Length, Is.GreaterThan(200));
    }

    [Test]
    public void A_watched_run_prints_what_an_unwatched_one_does()
    {
        string[] run = ["run", "gemmini_default", "--model", Model, "--data", Data, "--machine", "registers", "--allow-slow-clock",
            "--json"];
        string trace = Path.Combine(_folder, "t.json"), wave = Path.Combine(_folder, "w.vcd");
        SimHost.Result watched = SimHost.Run([.. run, "--trace", trace, "--vcd", "conv2", "--vcd-file", wave]);
        Assert.That(watched.Output, Is.EqualTo(SimHost.Run(run).Output));
        Assert.That(File.Exists(trace) && File.Exists(wave), Is.True);
        SimHost.Result wrong = SimHost.Run([.. run, "--vcd", "conv9"]);
        Assert.That((wrong.ExitCode, wrong.Error), Is.EqualTo((2, wrong.Error)));
        Assert.That(wrong.Error, Does.Contain("the array has no layer 'conv9'"));
    }

    // Blocks with scales: priced and timed, their values refused where a mapping takes them apart, for every layer at once.
    [Test]
    public void What_the_machine_cannot_run_is_refused_before_it_runs()
    {
        string architecture = Path.Combine(_folder, "blocks.yaml"), taken = Path.Combine(_folder, "file");
        File.WriteAllText(architecture, """
            schema: sim.architecture/2
            technology: nangate45
            clock: 100 MHz
            datapath: mxfp4_fp32
            hierarchy:
              - {memory: dram, kind: DDR3, bandwidth: 8 B/cycle}
              - {memory: buffer, capacity: 32 KiB, word: 64 bit, keeps: [activations, weights, outputs]}
              - {fabric: grid, shape: {y: 4}, reduction: {y: chain}}
              - {compute: pe}
            vector: {lanes: 4}
            mapping: {spatial: [{axes: all, dims: [C]}], utilization: 0.02}
            """);
        File.WriteAllText(taken, "");
        SimHost.Result priced = SimHost.Run(["run", architecture, Model]);
        Assert.That(priced.ExitCode, Is.Zero, priced.Error);
        SimHost.Result machine = SimHost.Run(["run", architecture, Model, "--machine", "tiles"]);
        Assert.That(machine.ExitCode, Is.EqualTo(2));
        Assert.That(machine.Error, Does.Contain("--machine: error CLI002: datapath 'mxfp4_fp32' takes operands in blocks"));
        SimHost.Result values = SimHost.Run(["run", architecture, Model, "--data", Data]);
        Assert.That(values.ExitCode, Is.EqualTo(2), values.Output);
        Assert.That(values.Error, Does.Match(@"blocks\.yaml:1:1: error NET028: the mapping of layer '\w+' adds parts of blocks apart"));
        foreach ((string file, string reason) in new[] { (_folder, "it is no file"), (Path.Combine(taken, "t.json"), "is no folder") })
        {
            SimHost.Result refused = SimHost.Run(["run", "gemmini_default", Model, "--machine", "tiles", "--trace", file]);
            Assert.That((refused.ExitCode, refused.Output), Is.EqualTo((2, "")));
            Assert.That(refused.Error, Does.Contain("--trace: error CLI003: cannot write").And.Contain(reason));
        }
    }
}
