using System.Collections.Immutable;
using System.Globalization;
using Sim.Foundation.Diagnostics;
using Sim.Workloads.Graph;

namespace Sim.Workloads.Topologies;

/// <summary>A trimmed cell and the column of its first character, from 1.</summary>
internal readonly record struct CsvCell(string Text, int Column)
{
    /// <summary>The cells of a line without quoting; the empty cell after a trailing comma is dropped.</summary>
    public static ImmutableArray<CsvCell> Split(string line)
    {
        var cells = ImmutableArray.CreateBuilder<CsvCell>();
        int start = 0;
        foreach (string part in line.TrimEnd('\r').Split(','))
        {
            string text = part.Trim(' ', '\t', '\u00A0');
            int lead = part.Length - part.TrimStart(' ', '\t', '\u00A0').Length;
            cells.Add(new CsvCell(text, start + (text.Length == 0 ? 0 : lead) + 1));
            start += part.Length + 1;
        }
        if (cells[^1].Text.Length == 0) cells.RemoveAt(cells.Count - 1);
        return cells.ToImmutable();
    }
}

/// <summary>One layer's line of a topology: cells by position, with errors at their place.</summary>
internal sealed class TopologyRow(string file, int line, ImmutableArray<CsvCell> cells, ImmutableArray<CsvCell> header,
    DiagnosticBag diagnostics)
{
    // Columns that would make another layer of the row, and the cell that leaves it as it is.
    private static readonly (string Word, string Allowed, Predicate<string> IsNeutral)[] Changing =
    [
        ("stride", "no further stride", _ => false),
        ("batch", "1", t => t == "1"),
        ("dilat", "1", t => t == "1"),
        ("group", "1", t => t == "1"),
        ("pad", "0", t => t == "0"),
        ("spars", "N:N (dense)", t => t.Split(':') is [var kept, var of] && kept == of),
    ];

    /// <summary>The layer's name as written.</summary>
    public string Name => cells[0].Text;

    /// <summary>Whether the header names a column so.</summary>
    public bool HasColumn(int column, string name) =>
        column < header.Length && header[column].Text.Contains(name, StringComparison.OrdinalIgnoreCase);

    /// <summary>Positive integers of columns 1 to <paramref name="count"/>; false, with every bad cell reported, when one is not.</summary>
    public bool Take(int count, out int[] values)
    {
        values = new int[count];
        bool good = true;
        if (Name.Length == 0) good = Error(0, "the layer has no name");
        for (int i = 1; i <= count; i++)
        {
            if (i >= cells.Length)
            {
                Error(i, $"the line ends before '{header[i].Text}'; {count + 1} cells are needed, found {cells.Length}");
                return false;
            }
            good &= Positive(i, ref values[i - 1]);
        }
        return good;
    }

    /// <summary>A positive integer where the cell is there and not empty.</summary>
    public bool TakeOptional(int column, ref int value) =>
        column >= cells.Length || cells[column].Text.Length == 0 || Positive(column, ref value);

    /// <summary>Whether the header names the width in this column and the height in the next.</summary>
    public bool WidthFirst(int column) => HasColumn(column, "width") && HasColumn(column + 1, "height");

    /// <summary>
    /// Judges the cells from <paramref name="column"/> on, which no layer here has a use for: an error where the header says that they
    /// change the layer, else a warning.
    /// </summary>
    public bool JudgeRest(int column)
    {
        bool good = true;
        for (int i = column; i < cells.Length; i++)
        {
            string text = cells[i].Text;
            if (text.Length == 0) continue;
            if (Array.Find(Changing, c => HasColumn(i, c.Word)) is { Word: not null } change)
                good &= change.IsNeutral(text)
                    || Error(i, $"'{header[i].Text}' {text} changes the layer and is not supported; allowed is {change.Allowed}, or an empty cell");
            else
                diagnostics.Warning(Place(i), "TOP004",
                    $"'{text}' {(i < header.Length ? $"in column '{header[i].Text}'" : "in a column without a header")} is ignored");
        }
        return good;
    }

    /// <summary>Reports a layer that makes no sense; null, for the caller to return.</summary>
    public GemmLayer? Refuse(int column, string message)
    {
        Error(column, message);
        return null;
    }

    private bool Positive(int column, ref int value)
    {
        string text = cells[column].Text;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value > 0) return true;
        return Error(column, $"'{header[column].Text}' must be an integer from 1 to {int.MaxValue}, found '{text}'");
    }

    private bool Error(int column, string message)
    {
        diagnostics.Error(Place(column), "TOP003", $"layer '{Name}': {message}");
        return false;
    }

    private Location Place(int column) =>
        new(file, line, column < cells.Length ? cells[column].Column : cells.IsEmpty ? 1 : cells[^1].Column + cells[^1].Text.Length);
}
