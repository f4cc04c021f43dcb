using Sim.ArchModel.Hierarchies;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Nests;

/// <summary>A file with one layer and its mapping (`sim.nest/1`).</summary>
public static class NestFile
{
    private static readonly string[] Keys = [YamlDocument.SchemaKey, "layer", "mapping"];

    /// <summary>The nest on a hierarchy; null after recording everything that is wrong.</summary>
    public static LoopNest? Read(YamlMap root, Hierarchy hierarchy, PerOperand<Packing>? packing, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(root);
        ArgumentNullException.ThrowIfNull(bag);
        if (root[YamlDocument.SchemaKey] is not YamlScalar { Text: NestJson.Schema })
            bag.Error(root[YamlDocument.SchemaKey]?.Location ?? root.Location, "CFG009", $"a nest starts with 'schema: {NestJson.Schema}'");
        foreach (YamlEntry entry in root.Entries)
            if (!Keys.Contains(entry.Key.Text))
                bag.Error(entry.Key.Location, "CFG003",
                    $"unknown key '{entry.Key.Text}'{NearestName.Hint(entry.Key.Text, Keys)} (allowed: {string.Join(", ", Keys)})");
        LoopLayer? layer = LoopLayerText.Read(root["layer"], root.Location, bag);
        return layer is null ? null : NestReader.Read(root["mapping"], root.Location, layer, hierarchy, bag, packing);
    }
}
