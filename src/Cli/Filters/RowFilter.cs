using System.Text;
using Sim.Foundation.Diagnostics;

namespace Sim.Cli.Filters;

/// <summary>
/// Reads comma-separated rows from stdin and writes one row each to stdout, in order, a million in seconds; or reads them from a file. A bad row stops the output and is
/// reported with its line and column, as are further ones, up to <see cref="MaximumErrors"/>.
/// </summary>
internal sealed class RowFilter(RowWriter? output, int fewest, int most, string shape, string source = "<stdin>")
{
    private const int MaximumErrors = 20;

    private readonly DiagnosticBag _errors = new();
    private readonly List<(int Start, int Length)> _fields = [];
    private string _line = "";
    private int _number;

    /// <summary>Fields of the current row.</summary>
    public int Count => _fields.Count;

    /// <summary>Calls <paramref name="row"/> for every line; it reads fields, records what is wrong by <see cref="Reject"/>, and appends the answer.</summary>
    /// <exception cref="InvalidInputException">Some row was bad.</exception>
    public int Run(Action<RowFilter, StringBuilder> row)
    {
        var answer = new StringBuilder();
        Read(Terminal.OpenInput(), filter =>
        {
            row(filter, answer);
            if (!_errors.HasErrors) output!.Write(answer);
            answer.Clear();
        });
        output!.End();
        return ExitCode.Ok;
    }

    /// <summary>Calls <paramref name="row"/> for every line of a stream but those that <paramref name="skips"/> says hold no row.</summary>
    /// <exception cref="InvalidInputException">Some row was bad.</exception>
    public void Read(Stream stream, Action<RowFilter> row, Func<string, bool>? skips = null)
    {
        using var input = new StreamReader(stream, Encoding.ASCII, false, 1 << 16);
        while (_errors.ErrorCount < MaximumErrors && input.ReadLine() is { } line)
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

    private void Split(string line)
    {
        _line = line;
        _number++;
        _fields.Clear();
        int start = 0;
        for (int end = line.IndexOf(',', StringComparison.Ordinal); end >= 0; end = line.IndexOf(',', start))
        {
            _fields.Add((start, end - start));
            start = end + 1;
        }
        _fields.Add((start, line.Length - start));
    }
}
