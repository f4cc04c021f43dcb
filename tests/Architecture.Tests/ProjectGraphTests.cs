using System.Xml.Linq;
using Sim.Tests;

namespace Sim.Architecture.Tests;

/// <summary>The one-way project graph, as the design states it: project → what it references directly.</summary>
public class ProjectGraphTests
{
    private static readonly Dictionary<string, string[]> Edges = new()
    {
        ["Foundation"] = [],
        ["Datapath"] = [],
        ["Workloads"] = ["Foundation", "Datapath"],
        ["ArchModel"] = ["Foundation", "Datapath"],
        ["Mapper"] = ["ArchModel", "Workloads"],
        ["Simulator"] = ["Mapper"],
        ["Verification"] = ["Workloads", "Datapath"],
        ["Checker"] = [],
        ["Rtl"] = ["Datapath"],
        ["Exploration"] = ["Simulator", "Verification"],
        ["Reports"] = ["Exploration"],
        ["Cli"] = ["Foundation", "Datapath", "Workloads", "ArchModel", "Mapper", "Simulator", "Verification", "Checker", "Rtl",
            "Exploration", "Reports"],
    };

    // They appear when they have content.
    private static readonly string[] MayBeAbsent = ["Rtl"];

    private static readonly string Source = Path.Combine(ReferenceData.RepositoryRoot, "src");

    private static string[] Projects =>
        [.. Directory.GetDirectories(Source).Select(Path.GetFileName).OfType<string>().Where(p => File.Exists(ProjectFile(p)))];

    [Test]
    public void TheProjectsAreThoseOfTheDesign()
    {
        Assert.That(Projects, Is.SubsetOf(Edges.Keys));
        Assert.That(Edges.Keys.Except(MayBeAbsent), Is.SubsetOf(Projects));
    }

    [Test]
    public void EveryProjectReferencesWhatTheDesignSays()
    {
        foreach (string project in Projects)
        {
            IEnumerable<string> found = XDocument.Load(ProjectFile(project)).Descendants("ProjectReference")
                .Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value.Replace('\\', '/')));
            Assert.That(found, Is.EquivalentTo(Edges[project].Where(Projects.Contains)), project);
        }
    }

    [Test]
    public void EveryProjectHasItsTestsAndIsInTheSolution()
    {
        string solution = File.ReadAllText(Path.Combine(ReferenceData.RepositoryRoot, "Sim.sln"));
        foreach (string project in Projects)
        {
            Assert.That(solution, Does.Contain($"{project}.csproj"));
            // The command line is tested from outside, in EndToEnd.Tests.
            if (project != "Cli") Assert.That(Path.Combine(ReferenceData.RepositoryRoot, "tests", project + ".Tests", project
                + ".Tests.csproj"), Does.Exist);
        }
    }

    [Test]
    public void VersionsAreCentral()
    {
        int references = 0;
        foreach (string file in Directory.EnumerateFiles(ReferenceData.RepositoryRoot, "*.csproj", SearchOption.AllDirectories))
        {
            foreach (XElement reference in XDocument.Load(file).Descendants("PackageReference"))
            {
                references++;
                Assert.That(reference.Attribute("Version"), Is.Null, $"{file}: {reference}");
            }
        }
        Assert.That(references, Is.GreaterThan(5));
    }

    private static string ProjectFile(string project) => Path.Combine(Source, project, project + ".csproj");
}
