using System.Text;
using Sim.Foundation.Diagnostics;

namespace Sim.Cli.Filters;

/// <summary>
/// Reads comma-separated rows from stdin and writes one row each to stdout, in order, a million in seconds; or reads them from a file. A
/// bad row stops the output and is reported with its line and column, as are further ones, up to <see cref="MaximumErrors"/>.
/// </summary>
internal sealed class RowFilter(RowWriter? output, int fewest, int most, string shape, string source = "<stdin>")
{
    private const int MaximumErrors = 20;

    // A row of a million products has 4 MB; a device or a file without line ends would fill memory.
    private const int LongestLine = 1 << 26;

    private readonly DiagnosticBag _errors = new();
    private readonly List<(int Start, int Length)> _fields = [];
    private readonly StringBuilder _text = new();
    private string _line = "";
    private bool _endedByReturn;
    private int _number;

    /// <summary>Fields of the current row.</summary>
    public int Count { get; private set; }

    /// <summary>Calls <paramref name="row"/> for every line; it reads fields, records what is wrong by <see cref="Reject"/>, and appends
    /// the answer.</summary>
    /// <exception cref="InvalidInputException">Some row was bad.</exception>
    public int Run(Action<RowFilter, StringBuilder> row)
    {
        var answer = new StringBuilder();
        Read(Terminal.OpenInput(), filter =>
        {
            row(filter, answer);
            if (!_errors.HasErrors) output!.Write(answer);
            answer.Clear();
        }, goesOn: () => !output!.IsUnread);
        output!.End();
        return ExitCode.Ok;
    }

    /// <summary>Calls <paramref name="row"/> for every line of a stream but those that <paramref name="skips"/> says hold no row.</summary>
    /// <exception cref="InvalidInputException">Some row was bad.</exception>
    public void Read(Stream stream, Action<RowFilter> row, Func<string, bool>? skips = null, Func<bool>? goesOn = null)
    {
        using var input = new StreamReader(stream, Encoding.ASCII, false, 1 << 16);
        while (_errors.ErrorCount < MaximumErrors && goesOn?.Invoke() != false && Line(input) is { } line)
        {
            Split(line);
            if (skips?.Invoke(line) == true) continue;
            if (Count < fewest || Count > most)
            {
                Reject(Count < fewest ? line.Length : _fields[most].Start, $"expected {shape}, found {Count} field(s)");
                continue;
            }
            row(this);
        }
        if (_errors.ErrorCount == MaximumErrors) Reject(0, $"stopped after {MaximumErrors} errors");
        _errors.ThrowIfErrors();
    }

    /// <summary>Text of a field.</summary>
    public ReadOnlySpan<char> Field(int index) => _line.AsSpan(_fields[index].Start, _fields[index].Length);

    /// <summary>Records that field <paramref name="index"/> is wrong, <paramref name="offset"/> characters into it.</summary>
    public void RejectField(int index, int offset, string message) => Reject(_fields[index].Start + offset, message);

    private void Reject(int offset, string message) => _errors.Error(new Location(source, _number, offset + 1), "NUM001", message);

    // As ReadLine, with a bound.
    private string? Line(StreamReader input)
    {
        _text.Clear();
        for (int c = input.Read(); c >= 0; c = input.Read())
        {
            bool second = c == '\n' && _endedByReturn;
            _endedByReturn = c == '\r';
            if (second) continue;
            if (c is '\n' or '\r') return _text.ToString();
            if (_text.Length == LongestLine)
            {
                _number++;
                Reject(0, $"a row of more than {LongestLine} characters");
                _errors.ThrowIfErrors();
            }
            _text.Append((char)c);
        }
        return _text.Length == 0 ? null : _text.ToString();
    }

    // Places are kept of one field more than a row may have; the others are only counted.
    private void Split(string line)
    {
        _line = line;
        _number++;
        _fields.Clear();
        Count = 1;
        int start = 0;
        for (int end = line.IndexOf(',', StringComparison.Ordinal); end >= 0; end = line.IndexOf(',', start))
        {
            if (_fields.Count <= most) _fields.Add((start, end - start));
            start = end + 1;
            Count++;
        }
        if (_fields.Count <= most) _fields.Add((start, line.Length - start));
    }
}
