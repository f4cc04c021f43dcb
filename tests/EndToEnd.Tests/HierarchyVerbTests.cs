using System.Text.Json.Nodes;
using Sim.Tests;

namespace Sim.EndToEnd.Tests;

/// <summary>Architectures of version 2 through `sim validate` and `sim cost`.</summary>
public sealed class HierarchyVerbTests
{
    private static string Folder => Path.Combine(ReferenceData.RepositoryRoot, "configs", "architectures");

    private static string[] Files(string schema) => [.. Directory.GetFiles(Folder, "*.yaml").Order(StringComparer.Ordinal)
        .Where(f => File.ReadLines(f).First() == $"schema: {schema}")];

    [Test]
    public void AnExpandedFileIsAFileOfItsOwn()
    {
        string[] files = Files("sim.architecture/1");
        Assert.That(files, Has.Length.GreaterThanOrEqualTo(5));
        foreach (string file in files)
        {
            SimHost.Result expanded = SimHost.Run(["validate", "--expand", file]);
            Assert.That(expanded.ExitCode, Is.Zero, expanded.Error);
            string copy = Path.Combine(TestContext.CurrentContext.WorkDirectory, "expanded.yaml");
            try
            {
                File.WriteAllText(copy, expanded.Output);
                Assert.That(SimHost.Run(["validate", copy]).Output, Does.Contain("ok (hierarchy)"));
                Assert.That(SimHost.Run(["validate", "--expand", copy]).Output, Is.EqualTo(expanded.Output));
                Assert.That(SimHost.Run(["cost", copy]).ExitCode, Is.Zero);
            }
            finally
            {
                File.Delete(copy);
            }
        }
    }

    [Test]
    public void LinesOfAHierarchyAddUp()
    {
        string[] files = Files("sim.architecture/2");
        Assert.That(files, Has.Length.GreaterThanOrEqualTo(12));
        foreach (string file in files.Where((_, i) => i % 3 == 0))
        {
            SimHost.Result result = SimHost.Run(["cost", file, "--json"]);
            Assert.That(result.ExitCode, Is.Zero, result.Error);
            JsonNode cost = JsonNode.Parse(result.Output)!;
            Assert.That(cost["items"]!.AsArray().Sum(i => (double)i!["area_um2"]!) * 1e-6, Is.EqualTo((double)cost["totals"]!["area_mm2"]!)
                .Within(0.01).Percent, file);
            Assert.That(cost["items"]!.AsArray().Concat(cost["actions"]!.AsArray()).Select(i => (string)i!["source"]!), Is.All.Not.Empty);
        }
    }

    [Test]
    public void TheTechnologyIsAnOption()
    {
        double Leakage(string technology) => (double)JsonNode.Parse(SimHost.Run(["cost", "three_level", "--technology", technology, "--json"])
            .Output)!["totals"]!["leakage_mw"]!;
        // Low standby power cells leak a fraction of high-performance ones.
        Assert.That(Leakage("nangate45-lstp"), Is.LessThan(Leakage("nangate45") / 10));
    }

    [TestCase("validate --expand --json edge_npu.yaml", "leave '--json' out")]
    [TestCase("validate --expand ../datapaths/int8_acc32.yaml", "'--expand' prints architectures")]
    [TestCase("cost three_level --technology nangate54", "did you mean 'nangate45'")]
    [TestCase("run edge_npu.yaml --model x.onnx --objective energy", "an objective is for 'sim.architecture/2'")]
    public void MisuseIsNamed(string command, string message)
    {
        string[] words = [.. command.Split(' ').Select(w => w.EndsWith(".yaml", StringComparison.Ordinal) ? Path.Combine(Folder, w) : w)];
        SimHost.Result result = SimHost.Run(words);
        Assert.That(result.ExitCode, Is.EqualTo(2), result.Error);
        Assert.That(result.Error, Does.Contain(message));
        Assert.That(result.Output, Is.Empty);
    }
}
