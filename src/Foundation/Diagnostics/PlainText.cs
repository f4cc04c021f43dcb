namespace Sim.Foundation.Diagnostics;

/// <summary>Text from files as it may be shown: on one line, without control characters, bounded.</summary>
public static class PlainText
{
    /// <summary>The text with '?' for every character that is not printable, shortened to <paramref name="longest"/> characters.</summary>
    public static string Of(string text, int longest = 60)
    {
        ArgumentNullException.ThrowIfNull(text);
        string start = text.Length > longest ? text[..longest] : text;
        string shown = string.Create(start.Length, start, static (to, from) =>
        {
            for (int i = 0; i < to.Length; i++) to[i] = char.IsControl(from[i]) || char.GetUnicodeCategory(from[i]) is
                System.Globalization.UnicodeCategory.Format or System.Globalization.UnicodeCategory.LineSeparator
                    or System.Globalization.UnicodeCategory.ParagraphSeparator ? '?' : from[i];
        });
        return text.Length > longest ? shown + "..." : shown;
    }
}
