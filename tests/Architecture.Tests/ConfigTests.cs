using System.Text.Json.Nodes;
using Sim.Tests;
using Sim.Cli;
using Sim.Cli.Verbs;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.Architecture.Tests;

/// <summary>What ships in configs/ and docs/schema agrees with the key tables of the readers.</summary>
public class ConfigTests
{
    private static readonly string Root = ReferenceData.RepositoryRoot;

    [Test]
    public void PublishedSchemasAreThoseOfTheReaders()
    {
        string folder = Path.Combine(Root, "docs", "schema");
        foreach (FileKind kind in FileKindCatalogue.All)
        {
            string file = Path.Combine(folder, kind.Name + ".json");
            Assert.That(file, Does.Exist, "run: sim schema --out docs/schema");
            Assert.That(File.ReadAllText(file), Is.EqualTo(SchemaVerb.Text(kind)), $"{kind.Name}: run: sim schema --out docs/schema");
        }
        Assert.That(Directory.GetFiles(folder, "*.json").Select(Path.GetFileNameWithoutExtension),
            Is.EquivalentTo(FileKindCatalogue.All.Select(k => k.Name)));
    }

    [Test]
    public void KindsAreDistinct()
    {
        Assert.That(FileKindCatalogue.All.Select(k => k.Name), Is.Unique);
        Assert.That(FileKindCatalogue.All.Select(k => k.Schema.Id), Is.Unique.And.All.Match(@"^sim\.[a-z]+/[0-9]+$"));
        Assert.That(FileKindCatalogue.All, Has.Length.GreaterThanOrEqualTo(3));
    }

    [Test]
    public void EveryConfigFileIsGoodAndMatchesItsPublishedSchema()
    {
        int files = 0;
        foreach (string path in Directory.EnumerateFiles(Path.Combine(Root, "configs"), "*.yaml", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal))
        {
            var bag = new DiagnosticBag();
            YamlDocument? document = YamlDocument.Load(path, bag);
            FileKind? kind = FileKindCatalogue.All.FirstOrDefault(k => k.Schema.Id == document?.Schema);
            Assert.That(kind, Is.Not.Null, $"{path}: unknown schema '{document?.Schema}' {bag}");
            kind!.Check(document!, bag);
            Assert.That(bag.ToString().Split('\n').Where(l => l.Length > 0 && !NamesAbsentReferenceData(l)), Is.Empty);
            var problems = new List<string>();
            Match(document!.Root, kind.Schema.JsonSchema(), Path.GetRelativePath(Root, path), problems);
            Assert.That(problems, Is.Empty);
            files++;
        }
        Assert.That(files, Is.GreaterThanOrEqualTo(25));
    }

    // A study may name networks in ../shared, which a clone need not have beside it; only that is forgiven.
    private static bool NamesAbsentReferenceData(string diagnostic) =>
        !Directory.Exists(Path.Combine(Root, "..", "shared")) && diagnostic.Contains("CFG008", StringComparison.Ordinal)
            && diagnostic.Contains("/../shared/", StringComparison.Ordinal);

    // Keys only: additionalProperties, required, oneOf, const, enum. Values are the reader's business.
    private static void Match(YamlNode node, JsonObject schema, string at, List<string> problems)
    {
        if (schema["oneOf"] is JsonArray choices)
        {
            var attempts = choices.Select(c =>
            {
                var found = new List<string>();
                Match(node, c!.AsObject(), at, found);
                return found;
            }).ToList();
            if (attempts.All(a => a.Count > 0)) problems.AddRange(attempts.MinBy(a => a.Count)!);
            return;
        }
        switch (node)
        {
            case YamlMap map:
                if (!Allows(schema, "object")) problems.Add($"{at}: a mapping is not allowed");
                if (schema["properties"] is not JsonObject properties) return;
                foreach (YamlEntry entry in map.Entries)
                {
                    if (properties[entry.Key.Text] is JsonObject child) Match(entry.Value, child, $"{at}.{entry.Key.Text}", problems);
                    else if (schema["additionalProperties"] is JsonValue) problems.Add($"{at}: key '{entry.Key.Text}' is not in the schema");
                }
                foreach (JsonNode? key in schema["required"]?.AsArray() ?? [])
                    if (map[key!.GetValue<string>()] is null) problems.Add($"{at}: key '{key}' is missing");
                break;
            case YamlList list:
                if (!Allows(schema, "array")) problems.Add($"{at}: a list is not allowed");
                if (schema["items"] is JsonObject item) foreach (YamlNode child in list.Items) Match(child, item, at + "[]", problems);
                break;
            case YamlScalar scalar:
                if (schema["const"] is { } constant && constant.ToString() != scalar.Text) problems.Add($"{at}: must be '{constant}'");
                if (schema["enum"] is JsonArray words
                    && words.All(w => w!.ToString() != scalar.Text)) problems.Add($"{at}: '{scalar.Text}' is not in the enum");
                if (schema["type"] is JsonValue type && type.ToString() is "object"
                    or "array") problems.Add($"{at}: a scalar is not allowed");
                break;
        }
    }

    private static bool Allows(JsonObject schema, string type) => schema["const"] is null && schema["enum"] is null && schema["type"] switch
    {
        JsonValue one => one.ToString() == type,
        JsonArray several => several.Any(t => t!.ToString() == type),
        _ => true,
    };
}
