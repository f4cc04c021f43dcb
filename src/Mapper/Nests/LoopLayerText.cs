using System.Text.Json.Nodes;
using Sim.Foundation;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Nests;

/// <summary>A layer as one line of YAML: `{conv: {M: 64, C: 3, P: 112, Q: 112, R: 7, S: 7}, stride: [2, 2]}` or
/// `{gemm: {M: 512, N: 768, K: 768}}`. Sizes of 1 may be left out.</summary>
public static class LoopLayerText
{
    private static readonly string[] Keys = ["name", "conv", "gemm", "stride", "dilation", "shared_weights"];
    private static readonly string[] GemmKeys = ["B", "M", "N", "K"];

    /// <summary>The line.</summary>
    public static string Of(LoopLayer layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        string sizes = string.Join(", ", DimLetters.All(layer).Where(d => layer.Size(d.Dim) > 1)
            .Select(d => $"{d.Name}: {layer.Size(d.Dim)}"));
        string name = layer.Name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
        string text = $"{{name: \"{name}\", {(layer.IsGemm ? "gemm" : "conv")}: {{{sizes}}}";
        if (layer.IsGemm && layer.Size(LoopDim.G) > 1) text += ", shared_weights: false";
        if ((layer.StrideHeight, layer.StrideWidth) != (1, 1)) text += $", stride: [{layer.StrideHeight}, {layer.StrideWidth}]";
        if ((layer.DilationHeight, layer.DilationWidth) != (1, 1)) text += $", dilation: [{layer.DilationHeight}, {layer.DilationWidth}]";
        return text + "}";
    }

    /// <summary>JSON schema of the mapping.</summary>
    public static JsonObject JsonSchema()
    {
        JsonObject Size() => new() { ["type"] = "integer", ["minimum"] = 1 };
        JsonObject Sizes(IEnumerable<string> letters) => new() { ["type"] = "object", ["additionalProperties"] = false,
            ["properties"] = new JsonObject(letters.Select(l => KeyValuePair.Create(l, (JsonNode?)Size()))) };
        JsonObject Pair() => new() { ["type"] = "array", ["items"] = Size(), ["minItems"] = 2, ["maxItems"] = 2 };
        return new JsonObject
        {
            ["type"] = "object",
            ["additionalProperties"] = false,
            ["properties"] = new JsonObject
            {
                ["name"] = new JsonObject { ["type"] = "string" },
                ["conv"] = Sizes(Enum.GetNames<LoopDim>()),
                ["gemm"] = Sizes(GemmKeys),
                ["stride"] = Pair(),
                ["dilation"] = Pair(),
                ["shared_weights"] = new JsonObject { ["type"] = "boolean" },
            },
        };
    }

    /// <summary>Reads the mapping; null after recording what is wrong (MAP010).</summary>
    public static LoopLayer? Read(YamlNode? node, Location place, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(bag);
        int before = bag.ErrorCount;
        if (node is not YamlMap map)
        {
            bag.Error(node?.Location ?? place, "MAP010",
                "'layer' must be a mapping such as {conv: {M: 64, C: 3, P: 112, Q: 112, R: 7, S: 7}, stride: [2, 2]} or "
                + "{gemm: {M: 512, N: 768, K: 768}}");
            return null;
        }
        foreach (YamlEntry entry in map.Entries.Where(e => !Keys.Contains(e.Key.Text)))
            bag.Error(entry.Key.Location, "MAP010",
                $"unknown key '{entry.Key.Text}' in a layer{NearestName.Hint(entry.Key.Text, Keys)} (allowed: {string.Join(", ", Keys)})");
        bool gemm = map["gemm"] is not null;
        if (gemm == (map["conv"] is not null)) bag.Error(map.Location, "MAP010", "a layer has one of 'conv' and 'gemm'");
        string name = map["name"] is YamlScalar { IsNothing: false } named ? named.Text : "layer";
        string[] letters = gemm ? GemmKeys : Enum.GetNames<LoopDim>();
        var sizes = letters.ToDictionary(l => l, _ => 1L);
        if ((gemm ? map["gemm"] : map["conv"]) is { } given)
        {
            if (given is not YamlMap dims) bag.Error(given.Location, "MAP010", $"sizes are a mapping of {string.Join(", ", letters)}");
            else foreach (YamlEntry entry in dims.Entries)
                if (!sizes.ContainsKey(entry.Key.Text))
                    bag.Error(entry.Key.Location, "MAP010",
                        $"'{entry.Key.Text}' is no dimension of the layer (allowed: {string.Join(", ", letters)})");
                else if (entry.Value is YamlScalar scalar && StrictNumber.TryWhole(scalar.Text, out long size) && size >= 1)
                    sizes[entry.Key.Text] = size;
                else bag.Error(entry.Value.Location, "MAP010", $"'{entry.Key.Text}' must be an integer from 1, found {entry.Value.Found}");
        }
        bool shared = true;
        if (map["shared_weights"] is { } flag)
        {
            if (!gemm) bag.Error(flag.Location, "MAP010", "'shared_weights' belongs to gemm; a conv has groups (G)");
            else if (YamlTypes.Boolean.TryRead(flag, "shared_weights", bag, out bool value)) shared = value;
        }
        (int h, int w) stride = Pair(map["stride"], "stride", gemm, bag), dilation = Pair(map["dilation"], "dilation", gemm, bag);
        if (bag.ErrorCount > before) return null;
        LoopLayer layer = gemm
            ? LoopLayer.Gemm(name, sizes["B"], sizes["M"], sizes["N"], sizes["K"], shared)
            : LoopLayer.Conv(name, sizes["N"], sizes["G"], sizes["M"], sizes["C"], sizes["P"], sizes["Q"], sizes["R"], sizes["S"],
                stride.h, stride.w, dilation.h, dilation.w);
        return layer;
    }

    private static (int, int) Pair(YamlNode? node, string key, bool gemm, DiagnosticBag bag)
    {
        if (node is null) return (1, 1);
        if (gemm) bag.Error(node.Location, "MAP010", $"'{key}' belongs to conv");
        else if (node is YamlList { Items: [YamlScalar a, YamlScalar b] } && StrictNumber.TryWhole(a.Text, out int h) && h > 0
            && StrictNumber.TryWhole(b.Text, out int w) && w > 0) return (h, w);
        else bag.Error(node.Location, "MAP010", $"'{key}' must be two integers from 1, rows then columns, found {node.Found}");
        return (1, 1);
    }
}
