using System.Globalization;
using System.Text.RegularExpressions;

namespace Sim.Datapath.Formats;

/// <summary>Names of sign-magnitude fixed point: `smM.N`, M bits above the point with the sign counted in M, N below (the mantissa of
/// MSFP12 is sm2.2).</summary>
internal static partial class SignMagnitudeGrammar
{
    public const string Description = "smM.N (sign and magnitude: M bits above the point, sign included, N below; 2 to 16 together)";

    public static (INumberFormat? Format, string? Problem) Parse(string name)
    {
        Match match = Shape().Match(name);
        if (!match.Success) return (null, null);
        if (!TryNumber(match.Groups["m"], out int above) || !TryNumber(match.Groups["n"], out int below) || above + below is < 2 or > 16)
            return (null, "a sign-magnitude format has 2 to 16 bits");
        return (new SignMagnitudeFormat(name, above + below, below), null);
    }

    private static bool TryNumber(Group group, out int number) =>
        int.TryParse(group.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= 99;

    [GeneratedRegex("^sm(?<m>[1-9][0-9]*)\\.(?<n>0|[1-9][0-9]*)$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Shape();
}
