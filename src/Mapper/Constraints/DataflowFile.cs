using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.Mapper.Constraints;

/// <summary>An entry of `spatial`, `temporal` or `tiles`: where, which dimensions, which counts.</summary>
internal sealed record DataflowEntry(Location Location, YamlNode? Where, string Key, YamlList? Dims, YamlMap? Factors);

/// <summary>A dataflow (`sim.dataflow/1`): a file of constraints on loop nests, also written inline as an architecture's
/// `mapping`.</summary>
public static class DataflowFile
{
    /// <summary>Folder of `configs/` whose files are dataflows.</summary>
    public const string Folder = "dataflows";

    private static readonly YamlField<string> Description = YamlField.Optional("description", YamlTypes.Text, "Free text.");
    private static readonly YamlField<YamlNode> Base = YamlField.Optional("dataflow", YamlTypes.Node("the name or path of a dataflow",
        () => new JsonObject { ["type"] = "string" }), "A dataflow whose constraints hold too.");

    private static readonly YamlField<YamlNode> Axes = Word("axes",
        "`FABRIC.AXIS`, or axes by what they do: `adds` (they add partial sums), `others`, `all`; lanes of a dot unit are never meant.");
    private static readonly YamlField<YamlNode> Memory = Word("memory", "Name of a memory, or `innermost`.");
    private static readonly YamlField<YamlNode> Fabric = Word("fabric",
        "Name of a fabric, or `innermost` (without lanes): loops in time inside each of its places.");
    private static readonly YamlField<YamlNode> Dims = YamlField.Optional("dims", YamlTypes.Node("a list of dimensions",
        () => new JsonObject { ["type"] = "array", ["items"] = DimSchema() }), "Dimensions that may have loops there; all others may not.");
    private static readonly YamlField<YamlNode> Factors = YamlField.Optional("factors", YamlTypes.Node(
        "counts by dimension: 4, all, or {min: 2, max: 8}", FactorSchema), "Counts by dimension: `4`, `all`, or `{min: 2, max: 8}`.");

    private static readonly YamlField<ImmutableArray<DataflowEntry>> Spatial = Entries("spatial", "Loops in space by axis.",
        ["axes"], Axes, Dims, Factors);
    private static readonly YamlField<ImmutableArray<DataflowEntry>> Temporal = Entries("temporal",
        "Loops in time by memory (they step through the tile that it holds) or inside a fabric.", ["memory", "fabric"], Memory, Fabric,
        Dims, Factors);
    private static readonly YamlField<ImmutableArray<DataflowEntry>> Tiles = Entries("tiles",
        "Sizes of the tiles that a memory holds, by dimension.", ["memory"], Memory, Factors);
    private static readonly YamlField<ImmutableArray<YamlNode>> Keep = Stores("keep", "Stores that every mapping has: `weights@l1`.");
    private static readonly YamlField<ImmutableArray<YamlNode>> Bypass = Stores("bypass",
        "Memories that operands pass by: `weights@l1`; `outputs@inside`: every memory inside a fabric.");
    private static readonly YamlField<double> Utilization = YamlField.Optional("utilization", YamlTypes.Number(0, 1),
        "Least share of all places of all fabrics that a mapping uses.");

    /// <summary>Key table of the file.</summary>
    public static YamlSchema Schema { get; } = new("dataflow", "Constraints on the loop nests of every layer.",
        [Description, Base, Spatial, Temporal, Tiles, Keep, Bypass, Utilization], "sim.dataflow/1");

    /// <summary>Records what is wrong with a file that no architecture is needed to see.</summary>
    public static void Check(YamlMap root, DiagnosticBag bag) => Read(root, bag);

    internal static DataflowContent Read(YamlMap root, DiagnosticBag bag)
    {
        Schema.CheckKeys(root, bag);
        Description.TryRead(root, bag, out _);
        ImmutableArray<DataflowEntry> spatial = Of(Spatial, root, bag), temporal = Of(Temporal, root, bag), tiles = Of(Tiles, root, bag);
        foreach (DataflowEntry entry in spatial.Concat(temporal).Concat(tiles)) ConstraintWords.Check(entry, bag);
        ImmutableArray<YamlNode> keep = Keep.TryRead(root, bag, out var kept) ? kept : [];
        ImmutableArray<YamlNode> bypass = Bypass.TryRead(root, bag, out var passed) ? passed : [];
        double? use = Utilization.TryRead(root, bag, out double share) ? share : null;
        return new(root, Base.TryRead(root, bag, out YamlNode name) ? name : null, spatial, temporal, tiles, keep, bypass, use,
            Utilization.Place(root));
    }

    private static ImmutableArray<DataflowEntry> Of(YamlField<ImmutableArray<DataflowEntry>> field, YamlMap root, DiagnosticBag bag) =>
        field.TryRead(root, bag, out var entries) ? entries : [];

    private static YamlField<YamlNode> Word(string name, string description) => YamlField.Optional(name,
        YamlTypes.Node("a name", () => new JsonObject { ["type"] = "string" }), description);

    private static YamlField<ImmutableArray<YamlNode>> Stores(string name, string description) => YamlField.Optional(name,
        YamlTypes.List(YamlTypes.Node("OPERAND@MEMORY", () => new JsonObject { ["type"] = "string" })), description);

    private static JsonObject DimSchema() => new() { ["enum"] = new JsonArray("N", "G", "M", "C", "P", "Q", "R", "S") };

    private static JsonObject FactorSchema()
    {
        JsonArray Count() => [new JsonObject { ["type"] = "integer", ["minimum"] = 1 }, new JsonObject { ["const"] = "all" }];
        var range = new JsonObject { ["type"] = "object", ["additionalProperties"] = false, ["properties"] = new JsonObject
            { ["min"] = new JsonObject { ["anyOf"] = Count() }, ["max"] = new JsonObject { ["anyOf"] = Count() } } };
        return new() { ["type"] = "object", ["propertyNames"] = DimSchema(),
            ["additionalProperties"] = new JsonObject { ["anyOf"] = new JsonArray([.. Count().Select(c => c!.DeepClone()), range]) } };
    }

    private static YamlField<ImmutableArray<DataflowEntry>> Entries(string name, string description, string[] where,
        params YamlField[] keys)
    {
        var schema = new YamlSchema($"entry of {name}", description, [.. keys]);
        return YamlField.Optional(name, YamlTypes.List(YamlTypes.Map(schema, (YamlMap map, DiagnosticBag bag, out DataflowEntry entry) =>
        {
            string[] given = [.. where.Where(w => map[w] is not null)];
            YamlNode? dims = map["dims"], factors = map["factors"];
            entry = new(map.Location, given.Length > 0 ? map[given[0]] : null, given.Length > 0 ? given[0] : "", dims as YamlList,
                factors as YamlMap);
            int before = bag.ErrorCount;
            if (given.Length != 1) bag.Error(map.Location, "MAP033", $"an entry of '{name}' has one key of {string.Join(", ", where)}");
            if (dims is not null && dims is not YamlList) bag.Error(dims.Location, "MAP033", "'dims' must be a list of dimensions");
            if (factors is not null && factors is not YamlMap)
                bag.Error(factors.Location, "MAP033", "'factors' must be counts by dimension");
            if (dims is null && factors is null) bag.Error(map.Location, "MAP033", "an entry says 'dims', 'factors' or both");
            return bag.ErrorCount == before;
        })), description);
    }
}

/// <summary>What a dataflow file says, before it meets a hierarchy.</summary>
internal sealed record DataflowContent(YamlMap Root, YamlNode? Base, ImmutableArray<DataflowEntry> Spatial,
    ImmutableArray<DataflowEntry> Temporal, ImmutableArray<DataflowEntry> Tiles, ImmutableArray<YamlNode> Keep,
    ImmutableArray<YamlNode> Bypass, double? Utilization, Location UtilizationPlace);
