using System.Text.Json.Nodes;
using Sim.Foundation.Yaml;
using Sim.Workloads.Execution;
using Sim.Workloads.Generators;

namespace Sim.Tests;

/// <summary>The guide's list of operators is the catalogue's.</summary>
public sealed class GuideTests
{
    [Test]
    public void The_guide_lists_every_supported_operator()
    {
        string guide = File.ReadAllText(Path.Combine(ReferenceData.RepositoryRoot, "docs", "guide", "networks.md"));
        string expected = string.Join(", ", OperatorCatalogue.Names);
        string listed = guide.Split("<!-- operators -->")[1].Trim().ReplaceLineEndings(" ");
        Assert.That(listed, Is.EqualTo(expected));
        Assert.That(OperatorCatalogue.Names, Has.Length.GreaterThan(90));
    }

    [Test]
    public void The_guide_names_every_key_of_a_workload_and_every_shipped_one()
    {
        string guide = File.ReadAllText(Path.Combine(ReferenceData.RepositoryRoot, "docs", "guide", "workloads.md"));
        string[] keys = [.. Keys(WorkloadFile.Keys.JsonSchema()).Distinct()];
        Assert.That(keys, Has.Length.GreaterThan(25));
        Assert.That(keys.Where(k => !guide.Contains($"`{k}", StringComparison.Ordinal)).Except(["schema", "kind", "name", "description"]),
            Is.Empty);
        Assert.That(ConfigCatalogue.Names(WorkloadFile.Folder).Where(n => !guide.Contains($"`{n}`", StringComparison.Ordinal)), Is.Empty);
    }

    private static IEnumerable<string> Keys(JsonNode? node) => node switch
    {
        JsonObject o => o.SelectMany(p => p.Key == "properties" ? p.Value!.AsObject().Select(q => q.Key)
            .Concat(p.Value.AsObject().SelectMany(q => Keys(q.Value))) : Keys(p.Value)),
        JsonArray a => a.SelectMany(Keys),
        _ => [],
    };
}
