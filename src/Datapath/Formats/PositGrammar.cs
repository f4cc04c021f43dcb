using System.Globalization;
using System.Text.RegularExpressions;

namespace Sim.Datapath.Formats;

/// <summary>Names of posits: `positN_ES`. The standard of 2022 has ES 2 for every N; the size is always named, because earlier software
/// used 0 and 1.</summary>
internal static partial class PositGrammar
{
    public const string Description = "positN_ES (N 3 to 32 bits, ES 0 to 4 exponent bits, ES < N)";

    public static (INumberFormat? Format, string? Problem) Parse(string name)
    {
        Match match = Shape().Match(name);
        if (!match.Success) return (null, null);
        if (!match.Groups["e"].Success) return (null,
            $"the exponent size is part of the name, e.g. {name}_2 (the 2022 standard) or {name}_1");
        if (!TryNumber(match.Groups["n"], out int bits) || bits is < 3 or > 32) return (null, "a posit has 3 to 32 bits");
        if (!TryNumber(match.Groups["e"], out int exponent) || exponent > 4) return (null, "a posit has 0 to 4 exponent bits");
        return exponent >= bits ? (null, $"{exponent} exponent bits do not fit a posit of {bits} bits")
            : (new PositFormat(name, bits, exponent), null);
    }

    private static bool TryNumber(Group group, out int number) =>
        int.TryParse(group.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    [GeneratedRegex("^posit(?<n>[1-9][0-9]*)(_(?<e>0|[1-9][0-9]*))?$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Shape();
}
