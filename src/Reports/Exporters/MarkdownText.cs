using System.Buffers;
using System.Text;
using Sim.Foundation.Text;

namespace Sim.Reports.Exporters;

/// <summary>Texts of other people inside Markdown: they show as they are and make no link, image, heading, HTML or column.</summary>
internal static class MarkdownText
{
    private static readonly SearchValues<char> Special = SearchValues.Create(@"\`*_{}[]<>()#!|~&$^");

    public static string Escape(string text)
    {
        var safe = new StringBuilder();
        string line = Printable.OneLine(text.Replace("\r", "", StringComparison.Ordinal).Replace('\n', ' '));
        for (int i = 0; i < line.Length; i++)
        {
            // An underscore inside a word is no emphasis.
            bool inside = line[i] == '_' && i > 0 && i + 1 < line.Length && char.IsLetterOrDigit(line[i - 1])
                && char.IsLetterOrDigit(line[i + 1]);
            if (Special.Contains(line[i]) && !inside) safe.Append('\\');
            safe.Append(line[i]);
        }
        // Viewers make links of bare addresses; a list or a rule begins with these characters.
        safe.Replace("://", "&#58;//").Replace("www.", "www&#46;").Replace("@", "&#64;");
        if (safe.Length > 0 && safe[0] is '-' or '+' or '=') safe.Insert(0, '\\');
        return safe.ToString();
    }
}
