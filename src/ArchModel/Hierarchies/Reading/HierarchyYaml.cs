using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Sim.ArchModel.Hierarchies.Dram;
using Sim.ArchModel.Reading;
using Sim.Datapath.Specs;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Hierarchies.Reading;

/// <summary>An accelerator as the text of a version 2 file, one level a line.</summary>
public static partial class HierarchyYaml
{
    /// <summary>The file.</summary>
    public static string Write(LoadedHierarchy loaded)
    {
        ArgumentNullException.ThrowIfNull(loaded);
        JsonObject node = HierarchyJson.ToNode(loaded);
        if (IsShipped(loaded.Architecture.Datapath)) node["datapath"] = loaded.Architecture.Datapath.Name;
        foreach ((JsonObject level, MemoryLevel memory) in node["hierarchy"]!.AsArray().Select(l => l!.AsObject())
            .Where(l => l[MemoryEntry.Key] is not null).Zip(loaded.Architecture.Hierarchy.Levels.OfType<MemoryLevel>()))
            if (memory.Timing is { } timing && ShippedName(timing) is { } known) level["timing"] = known;
        var text = new StringBuilder();
        foreach ((string key, JsonNode? value) in node)
        {
            if (key != "hierarchy")
            {
                text.Append(key).Append(": ").Append(Flow(value!)).Append('\n');
                continue;
            }
            text.Append("hierarchy:\n");
            foreach (JsonNode? level in value!.AsArray()) text.Append("  - ").Append(Flow(level!)).Append('\n');
        }
        return text.ToString();
    }

    private static string? ShippedName(DramTiming timing) => ConfigCatalogue.Names(DramTimingReader.Folder)
        .FirstOrDefault(n => DramTimingReader.Load(n, new DiagnosticBag()) == timing);

    private static bool IsShipped(DatapathSpec datapath)
    {
        var bag = new DiagnosticBag();
        return ConfigCatalogue.Text(DatapathReader.Folder, datapath.Name) is not null
            && DatapathReader.Load(datapath.Name, bag) is { } shipped
            && ArchitectureJson.Write(shipped) == ArchitectureJson.Write(datapath);
    }

    private static string Flow(JsonNode node) => node switch
    {
        JsonObject map => "{" + string.Join(", ", map.Select(p => $"{Word(p.Key)}: {Flow(p.Value!)}")) + "}",
        JsonArray list => "[" + string.Join(", ", list.Select(i => Flow(i!))) + "]",
        JsonValue value when value.GetValueKind() == System.Text.Json.JsonValueKind.String => Word(value.GetValue<string>()),
        _ => node.ToJsonString(),
    };

    // A JSON string is a double-quoted scalar of YAML.
    private static string Word(string text) =>
        Plain().IsMatch(text) && !new YamlScalar(default, text).IsNothing ? text : JsonValue.Create(text).ToJsonString();

    [GeneratedRegex(@"^[A-Za-z0-9_](?:[A-Za-z0-9_./ +-]*[A-Za-z0-9_])?$")]
    private static partial Regex Plain();
}
