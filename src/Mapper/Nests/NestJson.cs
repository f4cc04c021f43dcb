using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Sim.ArchModel.Hierarchies;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Nests;

/// <summary>A nest as JSON nodes (`sim.nest/1`): the layer with its sizes, and the mapping outermost first.</summary>
public static class NestJson
{
    /// <summary>The schema's name.</summary>
    public const string Schema = "sim.nest/1";

    /// <summary>Writes a nest.</summary>
    public static JsonObject Write(LoopNest nest, Hierarchy hierarchy)
    {
        ArgumentNullException.ThrowIfNull(nest);
        ArgumentNullException.ThrowIfNull(hierarchy);
        LoopLayer layer = nest.Layer;
        return new JsonObject
        {
            ["schema"] = Schema,
            ["layer"] = new JsonObject
            {
                ["name"] = layer.Name,
                ["gemm"] = layer.IsGemm,
                ["sizes"] = new JsonObject(Enum.GetValues<LoopDim>()
                    .Select(d => KeyValuePair.Create(d.ToString(), (JsonNode?)layer.Size(d)))),
                ["stride"] = new JsonArray(layer.StrideHeight, layer.StrideWidth),
                ["dilation"] = new JsonArray(layer.DilationHeight, layer.DilationWidth),
            },
            ["mapping"] = new JsonArray([.. nest.Nodes.Select(n => (JsonNode)Node(n, hierarchy))]),
        };
    }

    private static JsonObject Node(NestNode node, Hierarchy hierarchy) => node switch
    {
        StoreNode s => new() { ["store"] = OperandNames.Of(s.Operand), ["at"] = hierarchy.Levels[s.Level].Name },
        LoopNode l => new() { ["for"] = l.Dim.ToString(), ["count"] = l.Count, ["tile"] = l.Tile },
        SpatialNode s => new() { ["spatial"] = s.Dim.ToString(), ["count"] = s.Count, ["tile"] = s.Tile,
            ["on"] = NestText.Place(hierarchy, s) },
        _ => throw new ArgumentOutOfRangeException(nameof(node)),
    };

    /// <summary>Reads what <see cref="Write"/> wrote, on the same hierarchy; a <see cref="FormatException"/> says what is wrong.</summary>
    public static LoopNest Read(JsonObject json, Hierarchy hierarchy)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(hierarchy);
        if ((string?)json["schema"] != Schema) throw new FormatException($"a nest has the schema {Schema}, found '{json["schema"]}'");
        try
        {
            JsonNode layer = Need(json, "layer");
            JsonArray stride = Need(layer, "stride").AsArray(), dilation = Need(layer, "dilation").AsArray();
            var read = new LoopLayer((string)Need(layer, "name")!,
                [.. Enum.GetNames<LoopDim>().Select(d => (long)Need(Need(layer, "sizes"), d))],
                (int)stride[0]!, (int)stride[1]!, (int)dilation[0]!, (int)dilation[1]!, (bool)Need(layer, "gemm"));
            return new LoopNest(read, [.. Need(json, "mapping").AsArray().Select(n => Node(n!.AsObject(), hierarchy))]);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            throw new FormatException("a value of the nest is of another kind: " + e.Message, e);
        }
    }

    private static JsonNode Need(JsonNode node, string key) => node[key] ?? throw new FormatException($"the nest has no '{key}'");

    private static NestNode Node(JsonObject node, Hierarchy hierarchy)
    {
        if (node["store"] is { } operand)
            return new StoreNode(OperandNames.Find((string)operand!) ?? throw new FormatException($"'{operand}' is no operand"),
                Level((string)Need(node, "at")!, hierarchy));
        if (node["for"] is { } dim) return new LoopNode(Dim((string)dim!), (long)Need(node, "count"), (long)Need(node, "tile"));
        if (node["spatial"] is not { } spread) throw new FormatException("a node has 'store', 'for' or 'spatial'");
        string place = (string)Need(node, "on")!;
        int dot = place.LastIndexOf('.');
        int level = Level(dot < 0 ? place : place[..dot], hierarchy);
        ImmutableArray<FabricAxis> axes = hierarchy.Levels[level] is FabricLevel fabric ? fabric.Axes : [];
        int axis = axes.Select(a => a.Name).ToList().IndexOf(place[(dot + 1)..]);
        if (axis < 0) throw new FormatException($"'{place}' is no axis of a fabric");
        return new SpatialNode(Dim((string)spread!), (long)Need(node, "count"), (long)Need(node, "tile"), level, axis);
    }

    private static LoopDim Dim(string name) =>
        Enum.GetNames<LoopDim>().Contains(name) ? Enum.Parse<LoopDim>(name) : throw new FormatException($"'{name}' is no dimension");

    private static int Level(string name, Hierarchy hierarchy) =>
        hierarchy.IndexOf(name) is var level and >= 0 ? level : throw new FormatException($"the hierarchy has no '{name}'");
}
