using System.Globalization;
using System.Text.RegularExpressions;

namespace Sim.Datapath.Formats;

/// <summary>Names of IEEE P3109 formats: `p3109_k8p4se` is 8 bits, precision 4, signed, extended.</summary>
internal static partial class P3109Grammar
{
    public const string Description =
        "p3109_kKpP and se, sf, ue or uf (IEEE P3109: K 3 to 15 bits, precision P below K, or K when unsigned; signed or unsigned; extended by Inf or finite)";

    public static (INumberFormat? Format, string? Problem) Parse(string name)
    {
        Match match = Shape().Match(name);
        if (!match.Success) return (null, null);
        bool signed = match.Groups["s"].Value == "s";
        if (!int.TryParse(match.Groups["k"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int bits) || bits is < 3
            or > 15)
            return (null, "a P3109 format has 3 to 15 bits");
        int most = signed ? bits - 1 : bits;
        if (!int.TryParse(match.Groups["p"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int precision) || precision < 1
            || precision > most)
            return (null, $"the precision of {bits} {(signed ? "signed" : "unsigned")} bits is 1 to {most}");
        // Exponents of a binary32 operand and its products stay within reach of every kernel and of binary64 text.
        if (bits - precision - (signed ? 1 : 0) > 9) return (null, "the bias would exceed 512, beyond what binary64 holds of the values");
        return (new P3109Format(name, bits, precision, signed, match.Groups["d"].Value == "e"), null);
    }

    [GeneratedRegex("^p3109_k(?<k>[1-9][0-9]*)p(?<p>[1-9][0-9]*)(?<s>[su])(?<d>[ef])$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Shape();
}
