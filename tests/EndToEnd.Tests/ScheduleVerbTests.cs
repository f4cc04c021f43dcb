using System.Text.Json;
using Sim.Tests;

namespace Sim.EndToEnd.Tests;

/// <summary>`sim schedule` as a process.</summary>
public sealed class ScheduleVerbTests
{
    [TestCase("resnet18", true)]
    [TestCase("mobilenet_v2", true)]
    [TestCase("resnet18", false)]
    public void A_schedule_adds_up(string workload, bool fuse)
    {
        string[] arguments = ["schedule", "edge_npu", "--workload", workload, "--objective", "energy", "--json", .. fuse ? ["--fuse"]
            : Array.Empty<string>()];
        SimHost.Result result = SimHost.Run(arguments);
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        JsonElement root = JsonDocument.Parse(result.Output).RootElement;
        Assert.That(root.GetProperty("schema").GetString(), Is.EqualTo("sim.schedule/1"));
        JsonElement[] layers = [.. root.GetProperty("layers").EnumerateArray()], items = [.. root.GetProperty("items").EnumerateArray()];
        JsonElement imported = JsonDocument.Parse(SimHost.Run(["import", workload, "--json"]).Output).RootElement;
        Assert.That(layers.Select(l => l.GetProperty("name").GetString()),
            Is.EqualTo(imported.GetProperty("order").EnumerateArray().Select(l => l.GetProperty("name").GetString())));
        long alone = Number(root, "dram_bytes_alone"), moved = Number(root, "dram_bytes"), least = Number(root, "dram_bytes_least");
        Assert.That(moved, Is.InRange(least, alone));
        Assert.That(Number(root, "cycles"), Is.InRange(Number(root, "cycles_least"), Number(root, "cycles_one_after_the_other")));
        Assert.That(items.Max(i => Number(i, "end")), Is.EqualTo(Number(root, "cycles")));
        JsonElement certificate = root.GetProperty("certificate");
        Assert.That(certificate.GetProperty("bound").GetDouble(), Is.LessThanOrEqualTo(certificate.GetProperty("value").GetDouble()));
        Assert.That(certificate.GetProperty("gap").GetDouble(), Is.Zero);
        Assert.That(items.Count(i => i.GetProperty("fusion").ValueKind == JsonValueKind.Object), fuse ? Is.GreaterThan(0) : Is.Zero);
        Assert.That(SimHost.Run(arguments).Output, Is.EqualTo(result.Output), "the same bytes every time");
    }

    [Test]
    public void A_topology_whose_layers_are_not_connected_keeps_nothing()
    {
        string path = Path.Combine(Path.GetTempPath(), $"sim-schedule-{Guid.NewGuid():n}.csv");
        File.WriteAllText(path, "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,\n"
            + "a, 16, 16, 3, 3, 8, 16, 1,\nb, 14, 14, 1, 1, 16, 8, 1,\n");
        try
        {
            SimHost.Result result = SimHost.Run(["schedule", "edge_npu", "--workload", path, "--json", "--fuse"]);
            Assert.That(result.ExitCode, Is.Zero, result.Error);
            JsonElement root = JsonDocument.Parse(result.Output).RootElement;
            Assert.That(root.GetProperty("stays").GetArrayLength(), Is.Zero);
            // Inputs 16·16·8 and 14·14·16, weights 9·8·16 and 16·8, results 14·14·16 and 14·14·8, a byte each.
            Assert.That(Number(root, "dram_bytes_least"), Is.EqualTo(2048 + 3136 + 1152 + 128 + 3136 + 1568));
            Assert.That(Number(root, "dram_bytes"), Is.EqualTo(Number(root, "dram_bytes_least")));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Test]
    public void What_cannot_be_scheduled_is_told()
    {
        SimHost.Result result = SimHost.Run(["schedule", "edge_npu", "--workload", "resnet19"]);
        Assert.That(result.ExitCode, Is.EqualTo(2));
        string architecture = File.ReadAllText(Path.Combine(ReferenceData.RepositoryRoot, "configs", "architectures", "edge_npu.yaml"));
        string path = Path.Combine(Path.GetTempPath(), $"sim-schedule-{Guid.NewGuid():n}.yaml");
        File.WriteAllText(path, architecture.Replace("capacity: 64 KiB", "capacity: 64 B", StringComparison.Ordinal)
            .Replace("capacity: 32 KiB", "capacity: 32 B", StringComparison.Ordinal));
        try
        {
            result = SimHost.Run(["schedule", path, "--workload", "resnet18"]);
            Assert.That(result.ExitCode, Is.EqualTo(2));
            Assert.That(result.Error, Does.Contain("error MAP040: no tile of 'conv1' fits"));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static long Number(JsonElement element, string name) => element.GetProperty(name).GetInt64();
}
