using System.Text.Json.Nodes;
using Sim.Tests;

namespace Sim.EndToEnd.Tests;

/// <summary>Dataflows and constraints on mappings as a user gives them.</summary>
public sealed class DataflowTests
{
    private static readonly string Root = ReferenceData.RepositoryRoot;

    private static string[] Shipped => [.. Directory.GetFiles(Path.Combine(Root, "configs", "architectures"), "*.yaml")
        .Where(f => File.ReadLines(f).First() == "schema: sim.architecture/2").Order(StringComparer.Ordinal)];

    private static string Digits(string name) => Path.Combine(Root, "configs", "workloads", "digits", name);

    [TestCase("digits_mlp.onnx")]
    public void EveryShippedArchitectureMaps(string network)
    {
        Assert.That(Shipped, Has.Length.GreaterThanOrEqualTo(12));
        Assert.Multiple(() =>
        {
            foreach (string file in Shipped)
            {
                SimHost.Result result = SimHost.Run(["map", file, "--workload", Digits(network), "--json"]);
                Assert.That(result.ExitCode, Is.Zero, file + result.Error);
                Assert.That(JsonNode.Parse(result.Output)!["layers"]!.AsArray(), Has.Count.GreaterThanOrEqualTo(2), file);
            }
        });
    }

    [Test]
    public void TheConstraintThatExcludesEverythingIsNamed()
    {
        SimHost.Result result = Map("  dataflow: weight_stationary\n  tiles:\n    - {memory: registers, factors: {C: 64}}");
        Assert.That(result.ExitCode, Is.EqualTo(2));
        Assert.That(result.Error, Does.Contain(".yaml:19:37: error MAP034: no mapping of 'fc3' is left: 'factors: {C: 64} tiles in "
            + "'registers'' excludes every mapping; without it there are some"));
    }

    [TestCase("  spatial:\n    - {axes: grid.z, dims: [M]}", "18:14: error MAP033: 'grid.z' is no axis")]
    [TestCase("  spatial:\n    - {axes: all}", "18:7: error MAP033: an entry says 'dims', 'factors' or both")]
    [TestCase("  tiles:\n    - {memory: l1, factors: {C: 0}}", "18:33: error MAP033: found '0': a count is an integer from 1, 'all'")]
    [TestCase("  keep: [weight@l1]", "17:10: error MAP033: found 'weight@l1'; a store is OPERAND@MEMORY")]
    [TestCase("  bypass: [outputs@registers]", "17:12: error MAP034: 'bypass: outputs@registers' excludes every mapping: 'registers' "
        + "keeps outputs always")]
    [TestCase("  - store weights@dram\n  - for Z 4", "18:5: error MAP011: 'Z' is no dimension")]
    public void WrongConstraintsAreLocated(string mapping, string expected)
    {
        SimHost.Result result = Map(mapping);
        Assert.That(result.ExitCode, Is.EqualTo(2));
        Assert.That(result.Error, Does.Contain(expected));
    }

    private static SimHost.Result Map(string mapping, string architecture = "three_level")
    {
        string text = File.ReadAllText(Path.Combine(Root, "configs", "architectures", architecture + ".yaml"));
        string file = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"{TestContext.CurrentContext.Test.ID}.yaml");
        File.WriteAllText(file, text + "mapping:\n" + mapping + "\n");
        try
        {
            return SimHost.Run(["map", file, "--workload", Digits("digits_mlp.onnx"), "--layer", "fc3"]);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
