namespace Sim.Foundation.Text;

/// <summary>Cells of comma-separated tables after RFC 4180, safe to open in a spreadsheet.</summary>
public static class CsvText
{
    /// <summary>
    /// A text as one cell, quoted where the grammar asks for it. A spreadsheet runs a cell that begins with = + - @ (or a tab or line end
    /// before them) as a formula: such a text gets an apostrophe before it, unless it is a number. Numbers that Sim writes need no
    /// <see cref="Cell"/>.
    /// </summary>
    public static string Cell(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string safe = IsFormula(text) ? "'" + text : text;
        return safe.AsSpan().IndexOfAny(",\"\r\n") < 0 ? safe : "\"" + safe.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
    }

    /// <summary>One row of cells with its line end.</summary>
    public static string Row(params IEnumerable<string> cells) => string.Join(',', cells.Select(Cell)) + "\n";

    private static bool IsFormula(string text) => text.Length > 0 && text[0] is '=' or '+' or '-' or '@' or '\t' or '\r' or '\n'
        && !StrictNumber.TryReal(text, out double _);
}
