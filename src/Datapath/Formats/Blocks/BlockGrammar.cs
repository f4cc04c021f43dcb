using System.Globalization;
using System.Text.RegularExpressions;

namespace Sim.Datapath.Formats;

/// <summary>
/// Names of block formats with parameters: a named format, `mxintN`, `bfpN` (block floating point: two's complement without the most
/// negative number, blocks of 16) or `dfpN` (dynamic fixed point: one exponent a tensor), then optionally `_bSIZE` and a scale rule.
/// </summary>
internal static partial class BlockGrammar
{
    public const string Description =
        "NAME[_bSIZE][_floor|_ceil|_rceil|_even|_nearest|_up] (NAME a named block format, mxintN, bfpN or dfpN with N 2 to 16; _nearest and _up are for scales with a fraction)";

    private const int LargestBlock = 1 << 16;

    internal static readonly (string Word, ScaleRule Rule)[] Rules =
    [
        ("floor", ScaleRule.Floor), ("ceil", ScaleRule.Ceil), ("rceil", ScaleRule.RoundUp), ("even", ScaleRule.Even),
        ("nearest", ScaleRule.Nearest), ("up", ScaleRule.NearestUp),
    ];

    /// <summary>The format; or null and what is wrong; or null and null when the name has another shape.</summary>
    public static (BlockFormat? Format, string? Problem) Parse(string name)
    {
        Match match = Shape().Match(name);
        string stem = match.Groups["stem"].Value;
        if (!match.Success || Stem(stem) is not { } known) return (null, null);
        if (known.Problem is not null) return (null, known.Problem);
        BlockFormat format = known.Format! with { Name = name };
        if (match.Groups["size"].Success)
        {
            if (!TryNumber(match.Groups["size"], out int size) || size is < 1 or > LargestBlock) return (null,
                $"a block has 1 to {LargestBlock} elements");
            format = format with { Size = size };
        }
        if (match.Groups["rule"].Success) format = format with { Rule = Rules.First(r => r.Word == match.Groups["rule"].Value).Rule };
        return Refuses(format) is { } problem ? (null, problem) : (format, null);
    }

    /// <summary>null when a block format means something; else what is wrong with it.</summary>
    public static string? Refuses(BlockFormat format)
    {
        bool powers = format.Scale is ExponentFormat;
        if (!powers && format.Scale.Encode(Exact.NaN with { Negative = false }, default, out RoundingFlags flags) is var code
            && (flags != RoundingFlags.None || format.Scale.Decode(code).Class != NumberClass.NaN))
            return $"the scale needs a code for NaN, which {format.Scale.Name} has not";
        if (powers == format.Rule is ScaleRule.Nearest or ScaleRule.NearestUp)
            return powers ? $"scale {format.Scale.Name} holds powers of two: rules floor, ceil, rceil and even"
                : $"scale {format.Scale.Name} has a fraction: rules nearest and up";
        if (powers && format.Arithmetic == ScaleArithmetic.Binary32) return "the binary32 order is for scales with a fraction";
        if (format.Element.Bits > 16) return $"an element has at most 16 bits, {format.Element.Name} has {format.Element.Bits}";
        if (format.Element is ExponentFormat or UnsignedFloatFormat
            or FixedFormat { IsSigned: false }) return $"elements need a sign, which {format.Element.Name} has not";
        return null;
    }

    private static (BlockFormat? Format, string? Problem)? Stem(string stem)
    {
        if (BlockCatalogue.Named.FirstOrDefault(f => f.Name == stem) is { } named) return (named, null);
        Match family = Family().Match(stem);
        if (!family.Success) return null;
        if (!TryNumber(family.Groups["n"], out int bits) || bits is < 2 or > 16) return (null, "an element has 2 to 16 bits");
        INumberFormat scale = FormatCatalogue.Parse("e8m0"),
            fraction = FormatCatalogue.Parse(FormattableString.Invariant($"q2.{bits - 2}"));
        return (family.Groups["kind"].Value switch
        {
            "mxint" => new BlockFormat(stem, fraction, scale, 32, ScaleRule.Floor),
            "bfp" => new BlockFormat(stem, fraction, scale, 16, ScaleRule.Floor, Symmetric: true),
            _ => new BlockFormat(stem, FormatCatalogue.Parse(FormattableString.Invariant($"int{bits}")), scale, 0, ScaleRule.Floor),
        }, null);
    }

    private static bool TryNumber(Group group, out int number) =>
        int.TryParse(group.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    [GeneratedRegex("^(?<stem>[a-z][a-z0-9_]*?)(_b(?<size>[0-9]+))?(_(?<rule>floor|ceil|rceil|even|nearest|up))?$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Shape();

    [GeneratedRegex("^(?<kind>mxint|bfp|dfp)(?<n>[1-9][0-9]*)$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Family();
}
