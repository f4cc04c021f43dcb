using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Hierarchies.Reading;

/// <summary>An entry of `hierarchy` as it stands in the file: a mapping whose kind is the one key of `memory`, `fabric`, `compute` that it
/// has. What it means needs the rest of the file.</summary>
internal sealed class HierarchyEntryType : YamlType<(string Kind, YamlMap Map)>
{
    private static readonly ImmutableArray<YamlSchema> Schemas = [MemoryEntry.Schema, FabricEntry.Schema, ComputeEntry.Schema];

    private static readonly ImmutableArray<string> Kinds = [MemoryEntry.Key, FabricEntry.Key, ComputeEntry.Key];

    /// <inheritdoc/>
    public override string Expectation => "a mapping with one of the keys memory, fabric, compute";

    /// <inheritdoc/>
    public override JsonObject JsonSchema() => new() { ["oneOf"] = new JsonArray([.. Schemas.Select(s => s.JsonSchema())]) };

    /// <inheritdoc/>
    public override bool TryRead(YamlNode node, string key, DiagnosticBag bag, out (string Kind, YamlMap Map) value)
    {
        value = default;
        if (node is not YamlMap map)
        {
            bag.Error(node.Location, "CFG006", $"an entry of '{key}' must be {Expectation}, found {node.Found}");
            return false;
        }
        string[] kinds = [.. map.Entries.Select(e => e.Key.Text).Where(k => Kinds.Contains(k))];
        if (kinds.Length == 1)
        {
            value = (kinds[0], map);
            return true;
        }
        string hint = kinds.Length == 0 ? 
            map.Entries.Select(e => NearestName.Hint(e.Key.Text, Kinds)).FirstOrDefault(h => h.Length > 0) ?? "" : "";
        bag.Error(kinds.Length == 0 ? map.Location : map.Find(kinds[1])!.Value.Key.Location, "CFG130",
            kinds.Length == 0 ? $"an entry of '{key}' must be {Expectation}{hint}" : $"an entry of '{key}' is '{kinds[0]}' or "
                + $"'{kinds[1]}', not both");
        return false;
    }
}
