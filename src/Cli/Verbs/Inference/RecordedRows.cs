using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using Sim.Cli.Filters;
using Sim.Datapath.Inference;
using Sim.Foundation;
using Sim.Foundation.Diagnostics;

namespace Sim.Cli.Verbs.Inference;

/// <summary>
/// The rows `c,a_codes,b_codes,result` of a file. Operands are codes of one width, one after the other; which width is not said, so
/// <see cref="Of"/> reads them at a width.
/// Lines that begin with `#` are notes; a first line without digits names the columns.
/// </summary>
internal sealed class RecordedRows
{
    private static readonly ImmutableArray<string> Headers = ["c,a_codes,b_codes,result", "c,a_codes,b_codes,d"];

    private static readonly SearchValues<char> Hexadecimal = SearchValues.Create("0123456789abcdefABCDEF");

    private readonly List<(uint C, string A, string B, uint D)> _rows = [];

    /// <summary>Hexadecimal digits of c and of results.</summary>
    public int RegisterDigits { get; private set; }

    /// <summary>How many rows there are.</summary>
    public int Count => _rows.Count;

    /// <summary>Widths in hexadecimal digits that the operands of every row can be read at.</summary>
    public IEnumerable<int> Widths => new[] { 1, 2, 4, 8 }.Where(w => _rows.TrueForAll(r => r.A.Length % w == 0));

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidInputException">It cannot be read, or rows of it are wrong.</exception>
    public static RecordedRows Read(string file)
    {
        var rows = new RecordedRows();
        try
        {
            bool first = true;
            using FileStream stream = RegularFile.Open(file);
            new RowFilter(null, 4, 4, "c,a_codes,b_codes,result", file).Read(stream, rows.Add, line =>
            {
                if (line.Length == 0 || line[0] == '#') return true;
                bool header = first && Headers.Contains(line);
                first = false;
                return header;
            });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(new Location(file), "CLI003", $"cannot be read: {e.Message}");
        }
        if (rows._rows.Count == 0) throw new InvalidInputException(new Location(file), "NUM001",
            "it holds no row c,a_codes,b_codes,result");
        return rows;
    }

    /// <summary>The rows with operands of <paramref name="digits"/> hexadecimal digits each.</summary>
    public ImmutableArray<RecordedRow> Of(int digits) =>
        [.. _rows.Select(r => new RecordedRow(r.C, Words(r.A, digits), Words(r.B, digits), r.D))];

    /// <summary>A word of c or of a result as text.</summary>
    public string Text(uint word) => word.ToString($"x{RegisterDigits}", CultureInfo.InvariantCulture);

    private void Add(RowFilter row)
    {
        bool good = TryWord(row, 0, out uint c) & TryWord(row, 3, out uint d);
        foreach (int field in new[] { 1, 2 })
        {
            int wrong = row.Field(field).IndexOfAnyExcept(Hexadecimal);
            if (row.Field(field).IsEmpty) row.RejectField(field, 0, "expected operand codes, found none");
            else if (wrong >= 0) row.RejectField(field, wrong, $"expected hexadecimal digits, found '{row.Field(field)[wrong]}'");
            good &= !row.Field(field).IsEmpty && wrong < 0;
        }
        if (!good) return;
        if (row.Field(1).Length != row.Field(2).Length)
            row.RejectField(2, 0, $"{row.Field(1).Length} digits of activations but {row.Field(2).Length} of weights");
        else _rows.Add((c, row.Field(1).ToString(), row.Field(2).ToString(), d));
    }

    private bool TryWord(RowFilter row, int field, out uint word)
    {
        ReadOnlySpan<char> text = row.Field(field);
        word = 0;
        if (RegisterDigits == 0 && text.Length is 4 or 8) RegisterDigits = text.Length;
        string allowed = RegisterDigits == 0 ? "4 or 8" : RegisterDigits.ToString(CultureInfo.InvariantCulture);
        bool good = text.Length is 4 or 8 && text.Length == RegisterDigits
            && uint.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out word);
        if (!good) row.RejectField(field, 0, $"expected a code of {allowed} hexadecimal digits, found '{text}'");
        return good;
    }

    private static uint[] Words(string hex, int digits) =>
        [.. Enumerable.Range(0, hex.Length / digits)
            .Select(i => uint.Parse(hex.AsSpan(i * digits, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture))];
}
