using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Sim.Datapath.Formats;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.Workloads.Quantization;

/// <summary>The key `groups` of a recipe's weights.</summary>
internal static class RecipeGroups
{
    private static readonly YamlField<int> Size = YamlField.Optional("size", YamlTypes.Integer(1, 65536), 128, "128",
        "Weights of a group, along the reduction.");
    private static readonly YamlField<ImmutableArray<YamlNode>> Formats = YamlField.Required("formats",
        YamlTypes.List(YamlTypes.Node("a number format", () => new JsonObject { ["type"] = "string" }), 1),
            "Formats of equal width among which each group chooses the one with the least squared error, e.g. the four of BitMoD.");
    private static readonly YamlField<YamlNode> Scale =
        YamlField.Optional("scale", YamlTypes.Node("a number format", () => new JsonObject { ["type"] = "string" }),
        "Format of a group's scale: a float up to fp32, or e8m0. Left out: fp16.");
    private static readonly YamlField<bool> TwoScales = YamlField.Optional("two_scales", YamlTypes.Boolean, false, "false",
        "One scale for positive and one for negative numbers (AFPQ).");

    /// <summary>The key.</summary>
    public static YamlField<WeightGroups> Field { get; } = YamlField.Optional("groups",
        YamlTypes.Map<WeightGroups>(new YamlSchema("weight groups",
            "Weights stored in groups that choose their format and have their own scale.", [Size, Formats, Scale, TwoScales]), Read),
        "Store weights in groups and read them back into the datapath's format. Left out: codes of that format.");

    /// <summary>The groups as the key takes them.</summary>
    public static JsonObject Write(WeightGroups groups) => new()
    {
        ["size"] = groups.Size,
        ["formats"] = new JsonArray([.. groups.Formats.Select(f => JsonValue.Create(f.Name))]),
        ["scale"] = groups.Scale.Name,
        ["two_scales"] = groups.TwoScales,
    };

    private static bool Read(YamlMap map, DiagnosticBag bag, out WeightGroups value)
    {
        int before = bag.ErrorCount;
        int size = Size.Read(map, bag);
        bool two = TwoScales.Read(map, bag);
        INumberFormat[] formats = Formats.TryRead(map, bag, out ImmutableArray<YamlNode> names)
            ? [.. names.Select(n => Parse(n, bag)).OfType<INumberFormat>()] : [];
        INumberFormat scale = Scale.TryRead(map, bag, out YamlNode node) ? Parse(node, bag)! : FormatCatalogue.Parse("fp16");
        value = new WeightGroups(size, [.. formats], scale, two);
        if (bag.ErrorCount > before) return false;
        if (value.Refuses() is not { } reason) return true;
        bag.Error(map.Location, "CFG119", $"'groups': {reason}");
        return false;
    }

    private static INumberFormat? Parse(YamlNode node, DiagnosticBag bag)
    {
        string text = node is YamlScalar scalar ? scalar.Text : "";
        if (FormatCatalogue.TryParse(text, out INumberFormat? format, out string error)) return format;
        bag.Error(node.Location, "CFG011", error);
        return null;
    }
}
