using System.Globalization;
using System.Text.RegularExpressions;

namespace Sim.Datapath.Formats;

/// <summary>
/// Names of fixed-point formats: `intN` and `uintN` are integers of N bits; `qM.N` is two's complement of M+N bits, N of them below the
/// point and the sign counted in M (so q8.8 has 16 bits, and the element of MXINT8 is q2.6); `uqM.N` is the same unsigned.
/// </summary>
internal static partial class FixedGrammar
{
    public const string Description =
        "intN and uintN (N 2 to 32), qM.N and uqM.N (M bits above the point, sign included, N below; 2 to 32 together)";

    public static (INumberFormat? Format, string? Problem) Parse(string name)
    {
        Match match = Shape().Match(name);
        if (!match.Success) return (null, null);
        string kind = match.Groups["kind"].Value;
        int fraction = 0;
        if (!TryNumber(match.Groups["m"], out int bits) || match.Groups["n"].Success && !TryNumber(match.Groups["n"], out fraction) || bits
            + fraction is < 2 or > 32)
            return (null, "a fixed-point format has 2 to 32 bits");
        return (new FixedFormat(name, bits + fraction, fraction, kind[0] != 'u'), null);
    }

    private static bool TryNumber(Group group, out int number) =>
        int.TryParse(group.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= 99;

    [GeneratedRegex("^((?<kind>u?int)(?<m>[1-9][0-9]*)|(?<kind>u?q)(?<m>0|[1-9][0-9]*)\\.(?<n>0|[1-9][0-9]*))$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Shape();
}
