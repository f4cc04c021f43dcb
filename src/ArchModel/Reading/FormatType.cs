using System.Globalization;
using System.Text.Json.Nodes;
using Sim.Datapath.Formats;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Reading;

/// <summary>
/// A number format: a name of the grammar (`e4m3`, `int8`, `q8.8`), or an inline mapping for a float format that has no name,
/// `{exponent: 5, fraction: 4, bias: 15, specials: ieee, subnormals: true}`, or for a codebook, `{table: [...]}`. The inline form is the
/// same as its name in the grammar.
/// </summary>
public sealed class FormatType : YamlType<INumberFormat>
{
    private static readonly YamlField<int> Exponent = YamlField.Required("exponent", YamlTypes.Integer(2, 11), "Exponent bits.");
    private static readonly YamlField<int> Fraction = YamlField.Required("fraction", YamlTypes.Integer(1, 28), "Stored significand bits.");
    private static readonly YamlField<int> Bias = YamlField.Optional("bias", YamlTypes.Integer(0, 2048),
        "What the exponent field exceeds the exponent by. Left out: 2^(exponent-1)-1, one more for fnuz.");
    private static readonly YamlField<string> SpecialCodes = YamlField.Optional("specials",
        YamlTypes.Choice(("ieee", "_ieee"), ("fn", "_fn"), ("fnuz", "fnuz"), ("finite", "_finite")), "_ieee", "ieee",
        "Codes that are no finite numbers: ieee (Inf and NaN), fn (one NaN a sign), fnuz (NaN in place of -0), finite (none).");
    private static readonly YamlField<bool> Subnormals = YamlField.Optional("subnormals", YamlTypes.Boolean, true, "true",
        "false: codes below the smallest normal number are zero.");

    private static readonly YamlSchema Inline = new("float format", "A float format that has no name of its own.",
        [Exponent, Fraction, Bias, SpecialCodes, Subnormals]);

    /// <summary>Any format.</summary>
    public static FormatType Any { get; } = new();

    /// <inheritdoc/>
    public override string Expectation =>
        "a number format such as e4m3, int8 or q8.8, or a mapping {exponent, fraction, ...} or {table: [...]}";

    /// <inheritdoc/>
    public override JsonObject JsonSchema() => new()
    {
        ["oneOf"] = new JsonArray(new JsonObject { ["type"] = "string" }, Inline.JsonSchema(), CodebookType.Schema.JsonSchema()),
    };

    /// <inheritdoc/>
    public override bool TryRead(YamlNode node, string key, DiagnosticBag bag, out INumberFormat value)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(bag);
        value = null!;
        switch (node)
        {
            case YamlMap map:
                return CodebookType.IsMeant(map) ? CodebookType.TryRead(map, bag, out value) : TryInline(map, bag, out value);
            case YamlScalar { IsNothing: false } name:
                if (FormatCatalogue.TryParse(name.Text, out INumberFormat? format, out string error))
                {
                    value = format;
                    return true;
                }
                bag.Error(node.Location, "CFG011", $"'{key}': {error}");
                return false;
            default:
                Reject(node, key, bag);
                return false;
        }
    }

    private static bool TryInline(YamlMap map, DiagnosticBag bag, out INumberFormat value)
    {
        value = null!;
        int before = bag.ErrorCount;
        Inline.CheckKeys(map, bag);
        Exponent.TryRead(map, bag, out int exponent);
        Fraction.TryRead(map, bag, out int fraction);
        bool hasBias = Bias.TryRead(map, bag, out int bias);
        string specials = SpecialCodes.Read(map, bag);
        bool subnormals = Subnormals.Read(map, bag);
        if (bag.ErrorCount > before) return false;
        string text = string.Create(CultureInfo.InvariantCulture,
            $"e{exponent}m{fraction}{(hasBias ? $"b{bias}" : "")}{specials}{(subnormals ? "" : "_ftz")}");
        if (!FormatCatalogue.TryParse(text, out INumberFormat? parsed, out string error))
        {
            bag.Error(map.Location, "CFG011", error);
            return false;
        }
        // A format that has a name of its own goes by it, so that equal formats are one design.
        value = FormatCatalogue.Named.FirstOrDefault(n => n is FloatFormat f && f with { Name = text } == parsed as FloatFormat) ?? parsed;
        return true;
    }
}
