using System.Text.Json;

namespace Sim.EndToEnd.Tests;

/// <summary>`sim bench map` as a process.</summary>
public sealed class MapBenchTests
{
    [Test]
    public void Equal_layers_are_searched_once_and_all_columns_are_told()
    {
        string path = Path.Combine(Path.GetTempPath(), $"sim-bench-{Guid.NewGuid():n}.csv");
        File.WriteAllText(path, "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,\n"
            + "a, 8, 8, 1, 1, 16, 16, 1,\nb, 8, 8, 1, 1, 16, 16, 1,\nc, 8, 8, 1, 1, 16, 8, 1,\n");
        try
        {
            SimHost.Result result = SimHost.Run(["bench", "map", "--architecture", "gemmini_default", "--workload", path, "--effort",
                "full", "--json"]);
            Assert.That(result.ExitCode, Is.Zero, result.Error);
            JsonElement[] rows = [.. JsonDocument.Parse(result.Output).RootElement.GetProperty("benchmarks")[0].GetProperty("rows")
                .EnumerateArray()];
            Assert.That(rows, Has.Length.EqualTo(2), "once after start, once warm");
            foreach (JsonElement row in rows)
            {
                JsonElement details = row.GetProperty("details");
                Assert.That(Number(details, "layers"), Is.EqualTo(3));
                Assert.That(Number(details, "distinct"), Is.EqualTo(2));
                Assert.That(Number(details, "proved"), Is.EqualTo(2));
                Assert.That(Number(details, "worst_gap"), Is.Zero);
                Assert.That(Number(details, "network_ms"), Is.GreaterThanOrEqualTo(Number(details, "worst_ms")));
                Assert.That(Number(row, "milliseconds"), Is.InRange(0, Number(details, "worst_ms")));
                Assert.That(Number(row, "rate"), Is.GreaterThan(0));
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    [TestCase("bench gemm --all", "--all: only `sim bench map` takes it")]
    [TestCase("bench quantize --workload resnet50", "--workload: only `sim bench map` takes it")]
    [TestCase("bench map --all --architecture tpu_v1", "--all: every shipped architecture; leave --architecture out")]
    [TestCase("bench map --architecture tpu_v0", "tpu_v0")]
    [TestCase("bench map --architecture tpu_v1 --workload resnet51", "resnet51")]
    public void What_cannot_be_measured_is_refused(string arguments, string message)
    {
        SimHost.Result result = SimHost.Run(arguments.Split(' '));
        Assert.That(result.ExitCode, Is.EqualTo(2), result.Error);
        Assert.That(result.Error, Does.Contain(message));
    }

    private static double Number(JsonElement element, string name) => element.GetProperty(name).GetDouble();
}
