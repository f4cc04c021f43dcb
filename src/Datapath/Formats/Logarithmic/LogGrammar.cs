using System.Globalization;
using System.Text.RegularExpressions;

namespace Sim.Datapath.Formats.Logarithmic;

/// <summary>Names of logarithmic formats: `lnsN_R`, and behind it the adder when it is not the exact one: `_lookup` or
/// `_arnold_bailey`.</summary>
internal static partial class LogGrammar
{
    public const string Description =
        "lnsN_R[_lookup|_arnold_bailey] (N 3 to 32 bits, R fraction bits of the base-2 logarithm, N-11 to N-2)";

    public static (INumberFormat? Format, string? Problem) Parse(string name)
    {
        Match match = Shape().Match(name);
        if (!match.Success) return (null, null);
        if (!match.Groups["r"].Success) return (null, $"the fraction bits of the logarithm are part of the name, e.g. {name}_3");
        if (!TryNumber(match.Groups["n"], out int bits) || bits is < 3 or > 32) return (null, "a logarithmic format has 3 to 32 bits");
        if (!TryNumber(match.Groups["r"], out int fraction) || fraction > bits - 2) return (null,
            $"sign and one bit above the point leave at most {bits - 2} fraction bits of {bits}");
        if (fraction < bits - 11) return (null,
            $"with fewer than {bits - 11} fraction bits numbers would leave the range of binary64 (at most 10 bits above the point)");
        LogAdderKind adder = match.Groups["a"].Value switch
        {
            "_lookup" => LogAdderKind.Lookup,
            "_arnold_bailey" => LogAdderKind.ArnoldBailey,
            _ => LogAdderKind.Exact,
        };
        return (new LogFormat(name, bits, fraction, adder), null);
    }

    private static bool TryNumber(Group group, out int number) =>
        int.TryParse(group.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    [GeneratedRegex("^lns(?<n>[1-9][0-9]*)(_(?<r>0|[1-9][0-9]*)(?<a>_lookup|_arnold_bailey)?)?$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Shape();
}
