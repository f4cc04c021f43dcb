using System.Globalization;
using System.Numerics;

namespace Sim.Foundation;

/// <summary>
/// The one way in which text becomes a number, on the command line and in files: ASCII digits, a point for decimals, no blanks, no group
/// separators, no words.
/// So `0,0625` is no number (other parsers take it as 625), and neither is `1_000`, `0x10`, ` 5` or `Infinity`.
/// </summary>
public static class StrictNumber
{
    /// <summary>What a whole number looks like, for messages.</summary>
    public const string WholeForm = "digits, with '-' before a negative one";

    /// <summary>What a real number looks like, for messages.</summary>
    public const string RealForm = "a decimal number such as 0.0625 or 1e-3, with a point and no separators";

    /// <summary>`[+-]? digits`, within the range of <typeparamref name="T"/>.</summary>
    public static bool TryWhole<T>(ReadOnlySpan<char> text, out T value) where T : struct, INumberBase<T>
    {
        value = default;
        int at = Sign(text);
        return Digits(text, ref at) && at == text.Length
            && T.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
    }

    /// <summary>`[+-]? digits [. digits] [e [+-]? digits]`, with digits before or after the point; finite in binary64.</summary>
    public static bool TryReal(ReadOnlySpan<char> text, out double value)
    {
        value = 0;
        return IsReal(text) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);
    }

    /// <summary>As <see cref="TryReal(ReadOnlySpan{char}, out double)"/>, rounded once to binary32.</summary>
    public static bool TryReal(ReadOnlySpan<char> text, out float value)
    {
        value = 0;
        return IsReal(text) && float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && float.IsFinite(value);
    }

    private static bool IsReal(ReadOnlySpan<char> text)
    {
        int at = Sign(text);
        bool whole = Digits(text, ref at), part = false;
        if (at < text.Length && text[at] == '.')
        {
            at++;
            part = Digits(text, ref at);
        }
        if (!whole && !part) return false;
        if (at == text.Length || text[at] is not ('e' or 'E')) return at == text.Length;
        ReadOnlySpan<char> exponent = text[(at + 1)..];
        int end = Sign(exponent);
        return Digits(exponent, ref end) && end == exponent.Length;
    }

    private static int Sign(ReadOnlySpan<char> text) => text.Length > 0 && text[0] is ('+' or '-') ? 1 : 0;

    private static bool Digits(ReadOnlySpan<char> text, ref int at)
    {
        int from = at;
        while (at < text.Length && char.IsAsciiDigit(text[at])) at++;
        return at > from;
    }
}
