using System.Text.Json;
using System.Text.RegularExpressions;

namespace Sim.EndToEnd.Tests;

/// <summary>`sim map` as a process: what it prints, its options, its cache, its page.</summary>
[TestFixture]
public sealed partial class MapVerbTests
{
    private const string Machine = """
        schema: sim.architecture/2
        technology: nangate45
        clock: 100 MHz
        datapath: int8_acc32
        hierarchy:
          - {memory: dram, kind: LPDDR4, bandwidth: 2 B/cycle}
          - {memory: buffer, capacity: 64 B, word: 8 bit, banks: 4, keeps: [activations, outputs], may_keep: [weights]}
          - {fabric: grid, shape: {x: 2}, multicast: {activations: x}}
          - {compute: pe}
        vector: {lanes: 1}
        """;

    // Products of 16, 16 and 8 rows of 4 channels and 2 or 4 filters.
    private const string Topology = "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,\n"
        + "first, 4, 4, 1, 1, 4, 2, 1,\nagain, 4, 4, 1, 1, 4, 2, 1,\nlast, 4, 2, 1, 1, 4, 4, 1,\n";

    private string _folder = "";

    [OneTimeSetUp]
    public void Make()
    {
        _folder = Directory.CreateTempSubdirectory("sim-map").FullName;
        File.WriteAllText(Path.Combine(_folder, "small.yaml"), Machine);
        File.WriteAllText(Path.Combine(_folder, "net.csv"), Topology);
    }

    [OneTimeTearDown]
    public void Remove() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Layers_stand_in_network_order_with_totals()
    {
        SimHost.Result result = Map();
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        Assert.That(result.Error, Is.Empty);
        string[] heads = [.. Head().Matches(result.Output).Select(m => m.Groups[1].Value)];
        Assert.That(heads, Is.EqualTo(new[] { "first", "again", "last", "total" }));
        foreach (string part in new[] { "store weights@dram", "bound by", "% of the peak", "accesses", "least", "best of",
            "cycles: compute", "evaluated", "J, " }) Assert.That(result.Output, Does.Contain(part));
        Assert.That(result.Output, Does.Not.Contain("would help most"), "only with --layer or --advise");
        Assert.That(Map("--layer", "last").Output, Does.Contain("would help most"));
        Assert.That(Map("--layer", "last", "--advise", "false").Output, Does.Not.Contain("would help most"));
    }

    [TestCase("energy")]
    [TestCase("latency")]
    [TestCase("edp")]
    public void Sums_add_up(string objective)
    {
        JsonElement root = Json("--objective", objective), layers = root.GetProperty("layers");
        Assert.That(root.GetProperty("objective").GetString(), Is.EqualTo(objective));
        Assert.That(Names(layers), Is.EqualTo(new[] { "first", "again", "last" }));
        Assert.That(Sum(layers, "picojoules"), Is.EqualTo(Number(root, "picojoules")).Within(1e-9).Percent);
        Assert.That(Sum(layers, "cycles"), Is.EqualTo(Number(root, "cycles")));
        double stalls = 0;
        foreach (JsonElement layer in layers.EnumerateArray())
        {
            double waits = layer.GetProperty("stalls").EnumerateObject().Sum(s => s.Value.GetDouble());
            Assert.That(Number(layer, "compute_cycles") + waits + Number(layer, "drain_cycles"), Is.EqualTo(Number(layer, "cycles")));
            Assert.That(Number(layer, "least_cycles"), Is.LessThanOrEqualTo(Number(layer, "cycles")));
            Assert.That(Number(layer, "utilization"), Is.EqualTo(Number(layer, "macs") / (2 * Number(layer, "cycles"))).Within(1e-9));
            stalls += waits;
            JsonElement[] outer = [.. layer.GetProperty("stores").EnumerateArray()
                .Where(s => s.GetProperty("memory").GetString() == "dram")];
            Assert.That(outer, Has.Length.EqualTo(3));
            foreach (JsonElement store in outer)
                Assert.That(Number(store, "bytes"), Is.GreaterThanOrEqualTo(Number(store, "least_bytes")));
            // 16·4 activations, 4·2 weights, 16·2 results, or 8·4, 4·4, 8·4: a byte each.
            double[] least = layer.GetProperty("layer").GetString() == "last" ? [32, 16, 32] : [64, 8, 32];
            Assert.That(outer.Select(s => Number(s, "least_bytes")), Is.EqualTo(least));
            Assert.That(layer.GetProperty("certificate").GetProperty("optimal").GetBoolean(), Is.True);
        }
        Assert.That(stalls, Is.EqualTo(Number(root, "stall_cycles")));
    }

    [Test]
    public void Each_objective_is_best_by_its_own_measure()
    {
        (double Energy, double Cycles)[] found = [.. new[] { "energy", "latency", "edp" }.Select(o => Json("--objective", o, "--layer",
            "last", "--advise", "false").GetProperty("layers")[0]).Select(l => (Number(l, "picojoules"), Number(l, "least_cycles")))];
        Assert.That(found.Min(f => f.Energy), Is.EqualTo(found[0].Energy));
        Assert.That(found.Min(f => f.Cycles), Is.EqualTo(found[1].Cycles));
        Assert.That(found.Min(f => f.Energy * f.Cycles), Is.EqualTo(found[2].Energy * found[2].Cycles).Within(1e-9).Percent);
    }

    [TestCase("energy")]
    [TestCase("latency")]
    [TestCase("edp")]
    public void A_check_walks_and_enumerates(string objective)
    {
        SimHost.Result result = Map("--check", "--objective", objective, "--layer", "last", "--advise", "false");
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        Assert.That(result.Output, Does.Contain("checked: the nest is legal").And.Contain("stores counted by walking 128 products")
            .And.Match(@"checked: \d+ nests enumerated, \d+ fit: none is better"));
        Assert.That(result.Output, Does.Not.Contain("WRONG").And.Not.Contain("not checked"));
        JsonElement check = Json("--check", "--objective", objective, "--layer", "last").GetProperty("layers")[0].GetProperty("check");
        Assert.That(check.GetProperty("equal").GetArrayLength(), Is.EqualTo(3));
        Assert.That(check.GetProperty("different").GetArrayLength(), Is.Zero);
    }

    [Test]
    public void A_front_falls_in_cycles_and_rises_in_energy()
    {
        JsonElement root = Json("--objective", "pareto", "--layer", "last");
        Assert.That(root.GetProperty("objective").GetString(), Is.EqualTo("pareto"));
        JsonElement front = root.GetProperty("layers")[0].GetProperty("front");
        Assert.That(front.GetProperty("whole").GetBoolean(), Is.True);
        JsonElement[] points = [.. front.GetProperty("points").EnumerateArray()];
        Assert.That(points, Has.Length.GreaterThanOrEqualTo(2));
        Assert.That(points.Select(p => Number(p, "picojoules")), Is.Ordered.Ascending);
        Assert.That(points.Select(p => Number(p, "least_cycles")), Is.Ordered.Descending);
        double energy = Number(Json("--objective", "energy", "--layer", "last").GetProperty("layers")[0], "picojoules");
        double cycles = Number(Json("--objective", "latency", "--layer", "last").GetProperty("layers")[0], "least_cycles");
        Assert.That(Number(points[0], "picojoules"), Is.EqualTo(energy).Within(1e-9).Percent);
        Assert.That(Number(points[^1], "least_cycles"), Is.EqualTo(cycles).Within(1e-9).Percent);
        Assert.That(Map("--objective", "pareto", "--layer", "last").Output, Does.Contain($"{points.Length} mappings that trade energy"));
    }

    [Test]
    public void Advice_is_the_greatest_gain_of_all_that_was_tried()
    {
        JsonElement root = Json("--advise", "--objective", "latency"), advice = root.GetProperty("advice");
        JsonElement[] tried = [.. advice.GetProperty("tried").EnumerateArray()];
        Assert.That(tried, Has.Length.GreaterThanOrEqualTo(10));
        Assert.That(Number(advice, "effort"), Is.EqualTo(20_000_000));
        Assert.That(tried.Select(t => Number(t, "gain")), Is.Ordered.Descending);
        Assert.That(advice.GetProperty("best").GetString(), Is.EqualTo(tried.First(t => !t.GetProperty("misses_clock").GetBoolean())
            .GetProperty("change").GetString()));
        foreach (JsonElement change in tried)
        {
            double before = Number(change.GetProperty("before"), "cycles"), after = Number(change.GetProperty("after"), "cycles");
            Assert.That(before, Is.LessThanOrEqualTo(Number(root, "cycles")));
            Assert.That(Number(change, "gain"), Is.EqualTo(before / after).Within(1e-9));
        }
        Assert.That(root.GetProperty("layers").EnumerateArray().Select(l => l.GetProperty("advice").GetProperty("tried").GetArrayLength()),
            Is.All.GreaterThanOrEqualTo(10));
        Assert.That(Map("--advise", "--objective", "latency").Output,
            Does.Contain($"would help most: {advice.GetProperty("best").GetString()}: "));
    }

    [Test]
    public void A_cache_changes_no_byte_of_the_answer()
    {
        string cache = Path.Combine(_folder, "cache");
        string fresh = Map("--json", "--advise", "--cache", "none").Output;
        Assert.That(Map("--json", "--advise", "--cache", cache).Output, Is.EqualTo(fresh));
        string[] files = Directory.GetFiles(cache, "*", SearchOption.AllDirectories);
        Assert.That(files, Has.Length.GreaterThanOrEqualTo(20), "two kinds of layers on each changed machine");
        SimHost.Result again = Map("--json", "--advise", "--cache", cache);
        Assert.That((again.Output, again.Error), Is.EqualTo((fresh, "")));
        foreach (string file in files) File.WriteAllText(file, File.ReadAllText(file).Replace("for", "fOr", StringComparison.Ordinal));
        SimHost.Result damaged = Map("--json", "--advise", "--cache", cache);
        Assert.That((damaged.ExitCode, damaged.Output), Is.EqualTo((0, fresh)));
        Assert.That(damaged.Error, Does.Contain("warning: cache: ").And.Contain("damaged or stale"));
        Assert.That(Map("--json", "--advise", "--cache", cache).Error, Is.Empty, "they were replaced");
        SimHost.Result file0 = Map("--cache", Path.Combine(_folder, "net.csv"));
        Assert.That(file0.ExitCode, Is.EqualTo(2));
        Assert.That(file0.Error, Does.Contain("error MAP035: cannot be a cache"));
    }

    [Test]
    public void A_page_is_written_beside_the_answer()
    {
        string page = Path.Combine(_folder, "page.html"), document = Path.Combine(_folder, "map.json");
        SimHost.Result result = Map("--report", page, "--out", document);
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        Assert.That(File.ReadAllText(page), Does.Contain("small &#183; net").And.Contain("first").And.Contain("class=\"roof\"")
            .And.Not.Contain("<script"));
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(document));
        Assert.That(json.RootElement.GetProperty("schema").GetString(), Is.EqualTo("sim.map/1"));
        Assert.That(Map("--report", page, "--objective", "pareto", "--check", "--layer", "last").ExitCode, Is.Zero);
        Assert.That(File.ReadAllText(page), Does.Contain("mappings that trade energy for cycles").And.Contain("checked: the nest is legal")
            .And.Not.Contain("WRONG"));
        Assert.That(Map("--report", Path.Combine(page, "below-a-file")).ExitCode, Is.EqualTo(2));
    }

    [TestCase("--objective pareto --effort 5", "--objective pareto searches every mapping")]
    [TestCase("--objective pareto --advise", "--advise: --objective pareto has no one number")]
    [TestCase("--report nowhere/page.html", "--report: there is no folder '")]
    [TestCase("--out nowhere/map.json", "--out: there is no folder '")]
    [TestCase("--layer fist", "error MAP032: has no matrix layer 'fist'; did you mean 'first'?")]
    [TestCase("--effort none", "--effort: 'none' is neither")]
    public void What_cannot_be_answered_is_refused(string options, string message)
    {
        SimHost.Result result = Map(options.Split(' '));
        Assert.That(result.ExitCode, Is.EqualTo(2), result.Error);
        Assert.That(result.Error, Does.Contain(message));
        Assert.That(result.Output, Is.Empty);
    }

    private SimHost.Result Map(params string[] options) =>
        SimHost.Run(["map", "small.yaml", "--workload", "net.csv", .. options], folder: _folder);

    private JsonElement Json(params string[] options)
    {
        SimHost.Result result = Map([.. options, "--json"]);
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        return JsonDocument.Parse(result.Output).RootElement;
    }

    private static string[] Names(JsonElement layers) => [.. layers.EnumerateArray().Select(l => l.GetProperty("layer").GetString()!)];

    private static double Sum(JsonElement layers, string name) => layers.EnumerateArray().Sum(l => Number(l, name));

    private static double Number(JsonElement element, string name) => element.GetProperty(name).GetDouble();

    [GeneratedRegex(@"^(\w+): .*MACs", RegexOptions.Multiline)]
    private static partial Regex Head();
}
