using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Sim.ArchModel.Hierarchies.Dram;
using Sim.ArchModel.Hierarchies.Reading;
using Sim.ArchModel.Reading;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;
using Sim.Tests;

namespace Sim.Architecture.Tests;

/// <summary>The guide says what the code does.</summary>
public partial class GuideTests
{
    private static readonly string Root = ReferenceData.RepositoryRoot;

    private static string Guide(string page) => File.ReadAllText(Path.Combine(Root, "docs", "guide", page));

    [Test]
    public void EveryDiagnosticCodeIsExplained()
    {
        string[] used = [.. Directory.EnumerateFiles(Path.Combine(Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(f => !BuildOutput().IsMatch(f))
            .SelectMany(f => Code().Matches(File.ReadAllText(f))).Select(m => m.Groups[1].Value).Distinct().Order(StringComparer.Ordinal)];
        string[] explained = [.. Row().Matches(Guide("errors.md")).Select(m => m.Groups[1].Value)];
        Assert.That(explained, Is.Unique);
        Assert.That(used, Has.Length.GreaterThan(25));
        Assert.That(used.Except(explained), Is.Empty, "codes without a line in docs/guide/errors.md");
    }

    [Test]
    public void EveryKeyIsInTheGuide()
    {
        string guide = Guide("architectures.md");
        string[] keys = [.. Keys(ArchitectureReader.Schema.JsonSchema()).Concat(Keys(DatapathReader.Schema.JsonSchema())).Distinct()];
        Assert.That(keys, Has.Length.GreaterThan(25));
        Assert.That(keys.Where(k => !Regex.IsMatch(guide, $@"`([a-z_\[\]]+\.)?{Regex.Escape(k)}`")), Is.Empty,
            "keys without a mention in docs/guide/architectures.md");
    }

    [Test]
    public void EveryKeyOfHierarchiesIsInTheGuide()
    {
        string guide = Guide("hierarchies.md"), shared = Guide("architectures.md");
        string[] keys = [.. Keys(HierarchyReader.Schema.JsonSchema()).Concat(Keys(DramTimingReader.Schema.JsonSchema())).Distinct()];
        Assert.That(keys, Has.Length.GreaterThan(50));
        Assert.That(keys.Where(k => !Regex.IsMatch(guide + shared, $@"`([a-z_\[\]]+\.)?{Regex.Escape(k)}`")), Is.Empty,
            "keys without a mention in docs/guide/hierarchies.md");
        string[] own = [.. Keys(MemoryKeys()).Distinct()];
        Assert.That(own.Where(k => !guide.Contains($"`{k}`", StringComparison.Ordinal)), Is.Empty);
        string example = File.ReadAllText(Path.Combine(Root, "configs", "architectures", "three_level.yaml"));
        foreach (string line in example.Split('\n').Where(l => l.StartsWith("  - ", StringComparison.Ordinal)))
            Assert.That(guide, Does.Contain(line));
    }

    // The first kind of entry of `hierarchy`.
    private static JsonNode? MemoryKeys() =>
        HierarchyReader.Schema.JsonSchema()["properties"]!["hierarchy"]!["items"]!["oneOf"]![0];

    [Test]
    public void ExamplesOfTheGuideAreGood()
    {
        int examples = 0;
        foreach (Match match in new[] { "architectures.md", "hierarchies.md" }.SelectMany(p => Example().Matches(Guide(p))))
        {
            var bag = new DiagnosticBag();
            YamlDocument document = YamlDocument.Parse(match.Groups[1].Value, "guide", bag)!;
            if (document.Schema == ArchitectureReader.Schema.Id) ArchitectureReader.Read(document.Root, bag);
            else if (document.Schema == HierarchyReader.Schema.Id) HierarchyReader.Read(document.Root, bag);
            else DatapathReader.Read(document.Root, bag);
            Assert.That(bag.ToString(), Is.Empty);
            examples++;
        }
        Assert.That(examples, Is.GreaterThanOrEqualTo(4));
    }

    // Whoever reads the checker in the order of its page has read all of it.
    [Test]
    public void EveryFileOfTheCheckerIsInItsReadingOrder()
    {
        string page = Guide("checker.md"), folder = Path.Combine(Root, "src", "Checker");
        string[] files = [.. Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories).Where(f => !BuildOutput().IsMatch(f))
            .Select(f => Path.GetRelativePath(folder, f).Replace('\\', '/'))];
        Assert.That(files, Has.Length.GreaterThan(15));
        Assert.That(files.Where(f => !page.Contains($"`{f}`", StringComparison.Ordinal)), Is.Empty);
        int lines = files.Sum(f => File.ReadLines(Path.Combine(folder, f)).Count());
        Assert.That(lines, Is.LessThan(2700), "to be read in an hour");
    }

    private static IEnumerable<string> Keys(JsonNode? node) => node switch
    {
        JsonObject o => o.SelectMany(p => p.Key == "properties" ? p.Value!.AsObject().Select(q => q.Key)
            .Concat(p.Value.AsObject().SelectMany(q => Keys(q.Value))) : Keys(p.Value)),
        JsonArray a => a.SelectMany(Keys),
        _ => [],
    };

    [GeneratedRegex(@"[/\\](bin|obj|node_modules)[/\\]")]
    private static partial Regex BuildOutput();

    [GeneratedRegex(@"""((?:CFG|CLI|COST|NUM|ONX|TOP|DAT|NPY|NPZ|NET|STO|REP|RUN|MAP|BEN|STU|CAL|REC)\d{3})\b")]
    private static partial Regex Code();

    [GeneratedRegex(@"^\| ([A-Z]{3,4}\d{3}) \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"```yaml\n(schema:.*?)```", RegexOptions.Singleline)]
    private static partial Regex Example();
}
