using System.Text.Json.Nodes;
using Sim.Cli.Filters;
using Sim.Datapath.Formats;

namespace Sim.Cli.Verbs;

/// <summary>The facts of block formats as text and JSON.</summary>
internal static class BlockText
{
    /// <summary>The named block formats and their grammar.</summary>
    public static void List(TextWriter output)
    {
        output.WriteLine();
        output.WriteLine($"{"block format",-14} {"element",-8} {"scale",-7} {"size",6} {"rule",-8} {"tensor scale",-12} bits an element");
        foreach (BlockFormat f in BlockCatalogue.Named)
            output.WriteLine($"{f.Name,-14} {f.Element.Name,-8} {f.Scale.Name,-7} {Size(f),6} {Rule(f),-8} {(f.TwoLevel ? "fp32" : "-"),-12} {f.BitsAnElement:0.###}");
        output.WriteLine();
        output.WriteLine(BlockCatalogue.Grammar);
    }

    /// <summary>One block format.</summary>
    public static JsonObject Facts(BlockFormat format)
    {
        var facts = new JsonObject
        {
            ["name"] = format.Name,
            ["family"] = "block",
            ["element"] = format.Element.Name,
            ["scale"] = format.Scale.Name,
            ["block_size"] = Size(format),
            ["rule"] = Rule(format),
            ["tensor_scale"] = format.TwoLevel ? "fp32" : "none",
            ["symmetric"] = format.Symmetric,
            ["arithmetic"] = format.Arithmetic == ScaleArithmetic.Exact ? "exact" : "binary32",
        };
        if (format.Base is { } integers) facts["base"] = integers.Name;
        facts["bits_an_element"] = format.BitsAnElement;
        facts["largest"] = ExactText.HexFloat(Largest(format));
        facts["smallest_positive"] = ExactText.HexFloat(format.Decode(SmallestScale(format),
            format.Element.Encode(format.Element.SmallestPositive, default, out _), 1));
        return facts;
    }

    private static Exact Largest(BlockFormat format) =>
        format.Decode(format.Scale.Encode(format.Scale.Maximum, default, out _),
            format.Element.Encode(format.Element.Maximum, default, out _), 1);

    private static uint SmallestScale(BlockFormat format) => format.Scale.Encode(format.Scale.SmallestPositive, default, out _);

    private static string Size(BlockFormat format) => format.Size == 0 ? "tensor" : FormattableString.Invariant($"{format.Size}");

    private static string Rule(BlockFormat format) => BlockCatalogue.RuleName(format.Rule);
}
