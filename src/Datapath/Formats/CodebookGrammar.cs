using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Sim.Datapath.Formats;

/// <summary>
/// Names of codebooks that carry their parameters. `table[v0,v1,…]`: any 2^n numbers (any4 and other learned tables); `bipolarN`: ±1, ±3, …
/// ±(2^N-1);
/// `po2_N`: sign and power of two, 0 and ±2^-i up to ±1; `apot_N_K`: additive powers of two; `powerN_P`: ±m^P (NUPES); `afpq_F_R`: float F
/// with its negative numbers times R (AFPQ); `bitmod3_S` and `bitmod4_S`: FP3 and FP4 whose -0 is the additional value S (BitMoD).
/// </summary>
internal static partial class CodebookGrammar
{
    public const string Description =
        "table[v0,v1,...] (2, 4, 8 ... 4096 numbers), bipolarN (N 1 to 8), po2_N (N 2 to 8), apot_N_K (sign and N-1 bits in terms of K), "
        + "powerN_P (N 2 to 8, P 0.25 to 8 in quarters), afpq_F_R (F a float of at most 8 bits, R 0.01 to 100), bitmod3_S (S ±3 or ±6), bitmod4_S (S ±5 or ±8)";

    public static (INumberFormat? Format, string? Problem) Parse(string name)
    {
        Match match = Shape().Match(name);
        if (!match.Success) return (null, null);
        string second = match.Groups["p"].Value;
        if (match.Groups["t"].Success) return Table(name, match.Groups["t"].Value);
        if (match.Groups["f"].Success) return Asymmetric(name, match.Groups["f"].Value, second);
        if (!int.TryParse(match.Groups["n"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int bits)
            || bits > 99) return (null, "too many bits");
        return match.Groups["kind"].Value switch
        {
            "bipolar" => bits is < 1 or > 8 ? (null, "bipolar integers have 1 to 8 bits")
                : (new CodebookFormat(name, [.. Enumerable.Range(0, 1 << bits).Select(i => (float)(2 * i - (1 << bits) + 1))]), null),
            "po2_" => bits is < 2 or > 8 ? (null, "powers of two have 2 to 8 bits") : (PowersOfTwo(name, bits), null),
            "apot_" => AdditivePowersOfTwo(name, bits, second),
            "power" => Powers(name, bits, second),
            _ => AdditionalValue(name, bits, second),
        };
    }

    private const NumberStyles Number = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    private static (INumberFormat? Format, string? Problem) Table(string name, string list)
    {
        string[] parts = list.Split(',');
        var values = new float[parts.Length];
        if (parts.Length > 4096) return (null, $"a table in a name has at most 4096 numbers, found {parts.Length}");
        for (int i = 0; i < parts.Length; i++)
            if (!float.TryParse(parts[i], Number, CultureInfo.InvariantCulture, out values[i])) return (null, $"'{parts[i]}' is no number");
        return CodebookFormat.Problem([.. values]) is { } problem ? (null, problem) : (new CodebookFormat(name, [.. values]), null);
    }

    // The largest is 1 (Li et al., APoT, ICLR 2020, arXiv 1909.13144, eq. 3).
    private static CodebookFormat PowersOfTwo(string name, int bits)
    {
        int levels = (1 << bits - 1) - 1;
        return Codebooks.Signed(name, [0f, .. Enumerable.Range(1, levels).Select(m => MathF.ScaleB(1, m - levels))]);
    }

    // n = (bits-1)/K terms; term i is 0 or 2^-(i + j·n), j 0 to 2^K-2 (the same, eq. 5, with its scale γ left to the tensor's scale). Codes
    // rise in each term.
    private static (INumberFormat? Format, string? Problem) AdditivePowersOfTwo(string name, int bits, string text)
    {
        if (bits is < 3 or > 9 || !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int k) || k is < 1 or > 4
            || (bits - 1) % k != 0)
            return (null, "additive powers of two have 3 to 9 bits, and K (1 to 4) divides the bits without the sign");
        int terms = (bits - 1) / k, last = (1 << k) - 1;
        if (terms * last > 60) return (null, "the smallest power of two would be below 2^-60");
        float Magnitude(int code)
        {
            float sum = 0;
            for (int i = 0; i < terms; i++)
            {
                int field = code >> (terms - 1 - i) * k & last;
                if (field != 0) sum += MathF.ScaleB(1, -(i + (last - field) * terms));
            }
            return sum;
        }
        float[] magnitudes = [.. Enumerable.Range(0, 1 << bits - 1).Select(Magnitude)];
        return (Codebooks.Signed(name, [.. magnitudes]), null);
    }

    // Decoding of NUPES (Yvinec et al., arXiv 2308.05600): quantised x^(1/P) is taken to the power P; the division by (2^(N-1)-1)^P is left
    // to the scale.
    private static (INumberFormat? Format, string? Problem) Powers(string name, int bits, string text)
    {
        if (bits is < 2 or > 8 || !decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal power)
            || power is < 0.25m or > 8 || power * 4 % 1 != 0)
            return (null, "power-exponent formats have 2 to 8 bits and a power of 0.25 to 8 in quarters");
        return (Codebooks.Signed(name, [.. Enumerable.Range(0, 1 << bits - 1).Select(m => QuarterPower.Of(m, (int)(power * 4)))]), null);
    }

    // AFPQ (Zhang et al., arXiv 2311.01792): one scale for the positive and one for the negative numbers of a group; R is their quotient.
    private static (INumberFormat? Format, string? Problem) Asymmetric(string name, string inner, string text)
    {
        if (!float.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out float ratio) || ratio is < 0.01f
            or > 100f) return (null, "the ratio of the negative to the positive scale is 0.01 to 100");
        INumberFormat? format = FormatCatalogue.Named.FirstOrDefault(f => f.Name == inner);
        if (format is null) (format, _) = FloatGrammar.Parse(inner);
        if (format is not FloatFormat { Specials: Specials.Finite, Bits: <= 8 }) return (null,
            $"'{inner}' is no float of at most 8 bits whose every code is finite");
        return (new CodebookFormat(name,
            [.. Enumerable.Range(0, 1 << format.Bits).Select(c => (float)format.Decode((uint)c).ToDouble())
            .Select(v => float.IsNegative(v) ? v * ratio : v)]), null);
    }

    // BitMoD (Chen et al., HPCA 2025, arXiv 2411.11745, §III): FP3 and FP4 in sign-magnitude, the code of -0 given to one additional value
    // a group.
    private static (INumberFormat? Format, string? Problem) AdditionalValue(string name, int bits, string text)
    {
        int value = int.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        bool allowed = bits == 3 ? Math.Abs(value) is 3 or 6 : bits == 4 && Math.Abs(value) is 5 or 8;
        if (!allowed) return (null, "additional values are ±3 and ±6 of 3 bits, ±5 and ±8 of 4 bits");
        float[] magnitudes = bits == 3 ? [0, 1, 2, 4] : [0, 0.5f, 1, 1.5f, 2, 3, 4, 6];
        return (new CodebookFormat(name, [.. magnitudes, value, .. magnitudes.Skip(1).Select(m => -m)]), null);
    }

    [GeneratedRegex(@"^(table\[(?<t>[-+0-9.eE,]*)\]|(?<kind>bipolar|po2_)(?<n>[1-9][0-9]*)|(?<kind>apot_)(?<n>[1-9][0-9]*)_(?<p>[1-9])|(?<kind>power)(?<n>[1-9][0-9]*)_(?<p>[0-9]+(\.[0-9]+)?)"
        + @"|afpq_(?<f>e[0-9]m[0-9][a-z0-9_]*)_(?<p>[0-9]+(\.[0-9]+)?)|(?<kind>bitmod)(?<n>[1-9][0-9]*)_(?<p>[+-]?[1-9]))$",
            RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Shape();
}
