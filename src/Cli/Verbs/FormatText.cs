using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sim.Cli.Filters;
using Sim.Datapath.Formats;
using Sim.Datapath.Formats.Logarithmic;

namespace Sim.Cli.Verbs;

/// <summary>The facts of formats as text and JSON.</summary>
internal static class FormatText
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>The named formats and the grammar.</summary>
    public static void List(TextWriter output, bool json)
    {
        if (json)
        {
            var formats = new JsonArray([.. FormatCatalogue.Named.Select(Facts)]);
            var grammar = new JsonArray([.. FormatCatalogue.Families.Select(f => (JsonNode)f.Grammar)]);
            output.WriteLine(new JsonObject
                { ["formats"] = formats, ["grammar"] = grammar,
                ["block_formats"] = new JsonArray([.. BlockCatalogue.Named.Select(BlockText.Facts)]),
                ["block_grammar"] = BlockCatalogue.Grammar }.ToJsonString(Indented));
            return;
        }
        output.WriteLine($"{"name",-12} {"bits",4}  {"largest",-24} {"smallest > 0",-24} codes that are no numbers");
        foreach (INumberFormat f in FormatCatalogue.Named)
            output.WriteLine($"{f.Name,-12} {f.Bits,4}  {Decimal(f.Maximum),-24} {Decimal(f.SmallestPositive),-24} {SpecialCodes(f)}");
        output.WriteLine();
        foreach (FormatFamily family in FormatCatalogue.Families) output.WriteLine(family.Grammar);
        output.WriteLine($"{ComplexUnitFormat.Name} (complex weights 1, i, -1, -i: decode, encode and eval --op mul)");
        BlockText.List(output);
    }

    /// <summary>One block format.</summary>
    public static void Show(TextWriter output, BlockFormat format, bool json) => Write(output, BlockText.Facts(format), json);

    /// <summary>One format.</summary>
    public static void Show(TextWriter output, INumberFormat format, bool json)
    {
        JsonObject facts = Facts(format);
        FormatProfile.AddTo(facts, format);
        Write(output, facts, json);
    }

    /// <summary>Facts as text or JSON.</summary>
    public static void Write(TextWriter output, JsonObject facts, bool json)
    {
        if (json)
            output.WriteLine(facts.ToJsonString(Indented));
        else
            foreach ((string key, JsonNode? value) in facts)
                output.WriteLine($"{key,-18} {(value is JsonObject number ? $"{number["value"]} = {number["decimal"]}" : value)}");
    }

    private static JsonObject Facts(INumberFormat format)
    {
        var facts = new JsonObject { ["name"] = format.Name, ["bits"] = format.Bits };
        if (format.ContainerBits != format.Bits) facts["container_bits"] = format.ContainerBits;
        switch (format)
        {
            case FloatFormat f:
                facts["family"] = "float";
                facts["exponent_bits"] = f.ExponentBits;
                facts["fraction_bits"] = f.FractionBits;
                facts["bias"] = f.Bias;
                facts["specials"] = f.Specials switch
                    { Specials.Ieee => "ieee", Specials.FiniteNaN => "fn", Specials.FiniteNaNUnsignedZero => "fnuz", _ => "finite" };
                facts["subnormals"] = f.Subnormals;
                facts["smallest_normal"] = Number(f.MinimumNormal);
                break;
            case FixedFormat f:
                facts["family"] = "fixed";
                facts["fraction_bits"] = f.Fraction;
                facts["signed"] = f.IsSigned;
                break;
            case PositFormat f:
                facts["family"] = "posit";
                facts["exponent_bits"] = f.ExponentBits;
                facts["most_significant_bits"] = f.Precision;
                break;
            case P3109Format f:
                facts["family"] = "p3109";
                facts["precision"] = f.Precision;
                facts["bias"] = f.Bias;
                facts["signed"] = f.IsSigned;
                break;
            case HiFloat8Format:
                facts["family"] = "tapered";
                break;
            case CodebookFormat f:
                facts["family"] = "codebook";
                facts["numbers"] = f.Values.Distinct().Count();
                break;
            case LogFormat f:
                facts["family"] = "logarithmic";
                facts["fraction_bits"] = f.FractionBits;
                facts["adder"] = f.Adder switch { LogAdderKind.Lookup => "lookup", LogAdderKind.ArnoldBailey => "arnold_bailey",
                    _ => "exact" };
                break;
            case ExponentFormat f:
                facts["family"] = "exponent";
                facts["bias"] = f.Bias;
                break;
        }
        facts["largest"] = Number(format.Maximum);
        facts["most_negative"] = Number(format.Minimum);
        facts["smallest_positive"] = Number(format.SmallestPositive);
        facts["special_codes"] = SpecialCodes(format);
        return facts;
    }

    private static string SpecialCodes(INumberFormat format) => format switch
    {
        UnsignedFloatFormat { Magnitudes: var m } => m.HasInfinity ? "Inf, NaN" : m.HasNaN ? "one NaN" : "none",
        FloatFormat { Specials: Specials.Ieee } => "Inf, NaN",
        FloatFormat { Specials: Specials.FiniteNaN } => "one NaN a sign",
        FloatFormat { Specials: Specials.FiniteNaNUnsignedZero } => "one NaN, no -0",
        P3109Format { IsExtended: true } => "Inf, one NaN, no -0",
        P3109Format => "one NaN, no -0",
        HiFloat8Format => "Inf, one NaN, no -0",
        ExponentFormat => "one NaN, no zero",
        PositFormat => "NaR, no -0",
        LogFormat => "one NaN, no -0",
        CodebookFormat f when !f.Values.Contains(0) => "no zero",
        _ => "none",
    };

    private static JsonObject Number(in Exact value) => new() { ["value"] = ExactText.HexFloat(value), ["decimal"] = Decimal(value) };

    private static string Decimal(in Exact value) => value.ToDouble().ToString("R", CultureInfo.InvariantCulture);
}
