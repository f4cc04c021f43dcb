using System.Text.Json.Nodes;
using Sim.Datapath.Formats;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Reading;

/// <summary>The format of an operand: single numbers, or blocks of <paramref name="Element"/> that share a scale.</summary>
public readonly record struct OperandFormat(INumberFormat Element, BlockFormat? Blocks)
{
    /// <summary>Name of the whole format.</summary>
    public string Name => Blocks?.Name ?? Element.Name;
}

/// <summary>
/// An operand's format: everything that <see cref="FormatType"/> takes, a block format's name (`mxfp4`, `nvfp4_b32`), or an inline block
/// format
/// `{element: e2m1, scale: e8m0, block: 32, rule: floor, tensor_scale: false}`.
/// </summary>
public sealed class OperandType : YamlType<OperandFormat>
{
    private const int LargestBlock = 1024;

    private static readonly YamlField<INumberFormat> Element = YamlField.Required("element", FormatType.Any, "Format of the elements.");
    private static readonly YamlField<INumberFormat> Scale = YamlField.Required("scale", FormatType.Any,
        "Format of a block's scale: e8m0, or a float format with NaN.");
    private static readonly YamlField<int> Block = YamlField.Required("block", YamlTypes.Integer(1, LargestBlock),
        "Elements of a block, along the reduction.");
    private static readonly YamlField<ScaleRule> Rule = YamlField.Optional("rule",
        YamlTypes.Choice(("floor", ScaleRule.Floor), ("ceil", ScaleRule.Ceil), ("rceil", ScaleRule.RoundUp), ("even", ScaleRule.Even),
            ("nearest", ScaleRule.Nearest), ("up", ScaleRule.NearestUp)),
        "How the scale follows from the largest magnitude. Left out: floor for powers of two, nearest for scales with a fraction.");
    private static readonly YamlField<bool> TensorScale = YamlField.Optional("tensor_scale", YamlTypes.Boolean, false, "false",
        "Whether an fp32 scale of the whole tensor stands above the block scales.");
    private static readonly YamlField<bool> Symmetric = YamlField.Optional("symmetric", YamlTypes.Boolean, false, "false",
        "Whether the most negative two's complement element is left out.");

    private static readonly YamlSchema Inline = new("block format", "Elements that share a scale.",
        [Element, Scale, Block, Rule, TensorScale, Symmetric]);

    /// <summary>Any operand.</summary>
    public static OperandType Any { get; } = new();

    /// <inheritdoc/>
    public override string Expectation =>
        $"{FormatType.Any.Expectation}, a block format such as mxfp4, or a mapping {{element, scale, block, ...}}";

    /// <inheritdoc/>
    public override JsonObject JsonSchema()
    {
        JsonObject schema = FormatType.Any.JsonSchema();
        ((JsonArray)schema["oneOf"]!).Add((JsonNode)Inline.JsonSchema());
        return schema;
    }

    /// <inheritdoc/>
    public override bool TryRead(YamlNode node, string key, DiagnosticBag bag, out OperandFormat value)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(bag);
        if (node is YamlScalar { IsNothing: false } name
            && (BlockCatalogue.TryParse(name.Text, out BlockFormat? named, out string? problem) || problem is not null))
        {
            value = named is null ? default : new OperandFormat(named.Element, named);
            if (named is null) bag.Error(node.Location, "CFG011", $"'{key}': {problem}");
            return named is not null;
        }
        if (node is YamlMap map && map[Element.Name] is not null) return TryInline(map, bag, out value);
        if (node is not YamlMap and not YamlScalar { IsNothing: false })
        {
            value = default;
            Reject(node, key, bag);
            return false;
        }
        bool good = FormatType.Any.TryRead(node, key, bag, out INumberFormat format);
        value = good ? new OperandFormat(format, null) : default;
        return good;
    }

    private static bool TryInline(YamlMap map, DiagnosticBag bag, out OperandFormat value)
    {
        value = default;
        int before = bag.ErrorCount;
        Inline.CheckKeys(map, bag);
        Element.TryRead(map, bag, out INumberFormat element);
        Scale.TryRead(map, bag, out INumberFormat scale);
        Block.TryRead(map, bag, out int size);
        bool ruled = Rule.TryRead(map, bag, out ScaleRule rule);
        bool tensor = TensorScale.Read(map, bag), symmetric = Symmetric.Read(map, bag);
        if (bag.ErrorCount > before) return false;
        if (!ruled) rule = scale is ExponentFormat ? ScaleRule.Floor : ScaleRule.Nearest;
        string name = FormattableString.Invariant($"{element.Name}_x{size}_{scale.Name}_{BlockCatalogue.RuleName(rule)}{(tensor ? "_fp32" : "")}{(symmetric ? "_symmetric" : "")}");
        var blocks = new BlockFormat(name, element, scale, size, rule, tensor, symmetric);
        if (BlockCatalogue.Refuses(blocks) is { } problem)
        {
            bag.Error(map.Location, "CFG011", $"block format: {problem}");
            return false;
        }
        // A format that has a name of its own goes by it, so that equal formats are one design.
        blocks = BlockCatalogue.Named.FirstOrDefault(n => n with { Name = name } == blocks) ?? blocks;
        value = new OperandFormat(element, blocks);
        return true;
    }
}
