using System.Text.Json.Nodes;
using Sim.ArchModel.Hierarchies;
using Sim.ArchModel.Hierarchies.Reading;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Nests;

/// <summary>A file with one layer and its mapping (`sim.nest/1`).</summary>
public static class NestFile
{
    /// <summary>Folder of `configs/` whose files are nests.</summary>
    public const string Folder = "nests";

    private static readonly YamlField<string> ArchitectureName = YamlField.Optional("architecture", YamlTypes.Text,
        "The architecture that the mapping is for: a name from configs/architectures or a path. Left out: it is given beside the file.");
    private static readonly YamlField<YamlNode> Layer = YamlField.Required("layer",
        YamlTypes.Node("a layer: `conv` with sizes of N G M C P Q R S, or `gemm` with sizes of B M N K", LoopLayerText.JsonSchema),
        "The layer: `{conv: {M: 64, C: 3, P: 112, Q: 112, R: 7, S: 7}, stride: [2, 2]}` or `{gemm: {M: 512, N: 768, K: 768}}`.");
    private static readonly YamlField<YamlNode> Mapping = YamlField.Required("mapping",
        YamlTypes.Node("a list of nodes, outermost first", () => new JsonObject { ["type"] = "array",
            ["items"] = new JsonObject { ["type"] = "string" } }),
        "The nodes, outermost first: `store weights@buffer`, `for C 4 (tile 16)`, `spatial M 14 grid.x`.");

    /// <summary>Key table of the file.</summary>
    public static YamlSchema Schema { get; } = new("nest", "A layer and its mapping onto the memories and fabrics of an architecture.",
        [ArchitectureName, Layer, Mapping], NestJson.Schema);

    /// <summary>Records everything that is wrong; without an architecture only the layer is judged.</summary>
    public static void Check(YamlMap root, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(root);
        if (ArchitectureOf(root, bag) is not { } name) ReadLayer(root, bag);
        else if (HierarchyReader.Load(name, bag) is { Architecture: var loaded })
            Read(root, loaded.Hierarchy, PerOperand.Of(loaded.PackingOf), bag);
    }

    /// <summary>The architecture that a file names; null: none.</summary>
    public static string? ArchitectureOf(YamlMap root, DiagnosticBag bag) =>
        ArchitectureName.TryRead(root, bag, out string name) ? name : null;

    /// <summary>The nest on a hierarchy; null after recording everything that is wrong.</summary>
    public static LoopNest? Read(YamlMap root, Hierarchy hierarchy, PerOperand<Packing>? packing, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(root);
        ArgumentNullException.ThrowIfNull(bag);
        return ReadLayer(root, bag) is { } layer && Mapping.TryRead(root, bag, out YamlNode mapping)
            ? NestReader.Read(mapping, root.Location, layer, hierarchy, bag, packing) : null;
    }

    private static LoopLayer? ReadLayer(YamlMap root, DiagnosticBag bag)
    {
        Schema.CheckKeys(root, bag);
        return Layer.TryRead(root, bag, out YamlNode layer) ? LoopLayerText.Read(layer, root.Location, bag) : null;
    }
}
