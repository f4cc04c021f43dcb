using System.Buffers;
using System.Globalization;
using System.Text;

namespace Sim.Foundation.Text;

/// <summary>
/// Texts from files on a terminal: an escape sequence in the name of a node must not move the cursor, hide a line or look like one of
/// Sim's. Control characters (C0, DEL, C1), line and paragraph separators and overrides of the writing direction are shown as `\x1b` or
/// `\u202e`.
/// </summary>
public static class Printable
{
    private static readonly SearchValues<char> Unsafe = SearchValues.Create(
        [.. Enumerable.Range(0, 0x2100).Select(c => (char)c)
            .Where(c => char.IsControl(c) || c is '\u2028' or '\u2029' or '\u200e' or '\u200f' or '\u061c'
            or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069'))]);

    private static readonly SearchValues<char> UnsafeInLines = SearchValues.Create(
        [.. Enumerable.Range(0, 0x2100).Select(c => (char)c).Where(c => Unsafe.Contains(c) && c is not ('\n' or '\t'))]);

    /// <summary>The text on one line: line ends become `\n`, tabs `\t`.</summary>
    public static string OneLine(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.AsSpan().IndexOfAny(Unsafe) < 0 ? text : Escaped(text, Unsafe);
    }

    /// <summary>The text with its lines and tabs.</summary>
    public static string Lines(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return IsSafe(text) ? text : Escaped(text, UnsafeInLines);
    }

    /// <summary>Whether <see cref="Lines"/> would change nothing.</summary>
    public static bool IsSafe(ReadOnlySpan<char> text) => text.IndexOfAny(UnsafeInLines) < 0;

    /// <summary>At most <paramref name="longest"/> characters of a text, its middle left out; what is left out is counted.</summary>
    public static string Shortened(string text, int longest)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length <= longest) return text;
        int head = longest * 2 / 3, tail = longest - head;
        return string.Create(CultureInfo.InvariantCulture,
            $"{text.AsSpan(0, head)} … ({text.Length - longest} characters left out) … {text.AsSpan(text.Length - tail)}");
    }

    private static string Escaped(string text, SearchValues<char> shown)
    {
        var safe = new StringBuilder(text.Length + 16);
        foreach (char c in text)
        {
            if (!shown.Contains(c)) safe.Append(c);
            else if (c == '\n') safe.Append("\\n");
            else if (c == '\t') safe.Append("\\t");
            else if (c == '\r') safe.Append("\\r");
            else safe.Append(CultureInfo.InvariantCulture,
                $"\\{(c < 0x100 ? 'x' : 'u')}{((int)c).ToString(c < 0x100 ? "x2" : "x4", CultureInfo.InvariantCulture)}");
        }
        return safe.ToString();
    }
}
