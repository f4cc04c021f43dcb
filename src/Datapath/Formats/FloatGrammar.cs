using System.Text.RegularExpressions;

namespace Sim.Datapath.Formats;

/// <summary>
/// Names of float formats that have no name of their own: `eXmY`, then optionally `bB` (bias), the specials `_ieee` (default), `_fn`,
/// `fnuz` or
/// `_finite`, and `_ftz` (no subnormals). The default bias is 2^(X-1)-1, one more for fnuz.
/// </summary>
internal static partial class FloatGrammar
{
    public const string Description =
        "eXmY[bBIAS][_ieee|_fn|fnuz|_finite][_ftz] (X 2 to 11, Y 1 to 28, at most 32 bits; any listed float name may end in _ftz)";

    private const string FlushSuffix = "_ftz";
    private const int SmallestBinary32 = -149;

    public static (INumberFormat? Format, string? Problem) Parse(string name)
    {
        string plain = name.EndsWith(FlushSuffix, StringComparison.Ordinal) ? name[..^FlushSuffix.Length] : name;
        bool subnormals = plain.Length == name.Length;
        if (!subnormals && FormatCatalogue.Named.OfType<FloatFormat>().FirstOrDefault(f => f.Name == plain) is { } named)
            return (named with { Name = name, Subnormals = false }, null);
        Match match = Shape().Match(plain);
        if (!match.Success) return (null, null);
        if (!TryNumber(match.Groups["x"], out int x) || x is < 2 or > 11) return (null, "the exponent has 2 to 11 bits");
        if (!TryNumber(match.Groups["y"], out int y) || y is < 1 or > 28) return (null, "the fraction has 1 to 28 bits");
        if (1 + x + y > 32) return (null, $"sign, {x} exponent and {y} fraction bits are more than 32 bits");
        Specials specials = match.Groups["s"].Value switch
        {
            "_fn" => Specials.FiniteNaN,
            "fnuz" => Specials.FiniteNaNUnsignedZero,
            "_finite" => Specials.Finite,
            _ => Specials.Ieee,
        };
        int bias = (1 << x - 1) - (specials == Specials.FiniteNaNUnsignedZero ? 0 : 1);
        if (match.Groups["b"].Success && (!TryNumber(match.Groups["b"], out bias) || bias > 2048)) return (null, "the bias is 0 to 2048");
        var format = new FloatFormat(name, x, y, bias, specials, subnormals);
        return Reaches(format) ? (format, null)
            : (null, $"the bias {bias} leaves no number that binary32 holds: the largest is below 2^{format.Maximum.LeadingExponent + 1}");
    }

    // Tensors are binary32: a format all of whose numbers lie below its smallest one holds nothing of them. Biases are positive, so none
    // lie above.
    private static bool Reaches(FloatFormat format) => format.Maximum.LeadingExponent >= SmallestBinary32;

    private static bool TryNumber(Group group, out int number) =>
        int.TryParse(group.ValueSpan, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture,
            out number);

    [GeneratedRegex("^e(?<x>[1-9][0-9]*)m(?<y>[1-9][0-9]*)(b(?<b>0|[1-9][0-9]*))?(?<s>_ieee|_fn|fnuz|_finite)?$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Shape();
}
