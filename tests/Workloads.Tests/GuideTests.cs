using Sim.Workloads.Execution;

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
}
