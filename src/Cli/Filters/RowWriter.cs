using System.Collections.Immutable;
using System.Text;

namespace Sim.Cli.Filters;

/// <summary>Writes answer rows: comma-separated as they are, or as one JSON array of objects with the columns' names. Fields hold no
/// character that JSON escapes.</summary>
internal sealed class RowWriter(Terminal terminal, bool json, params ImmutableArray<string> columns)
{
    private bool _begun;

    /// <summary>Whether whoever read the answer (`| head`) has gone, so that more rows help nobody.</summary>
    public bool IsUnread => terminal.IsUnread;

    /// <summary>Writes one row of comma-separated fields, without its line end.</summary>
    public void Write(StringBuilder row)
    {
        if (!json)
        {
            terminal.Out.Write(row.Append('\n'));
            return;
        }
        string[] fields = row.ToString().Split(',');
        terminal.Out.Write(_begun ? ",\n{" : "[\n{");
        _begun = true;
        for (int i = 0; i < fields.Length; i++) terminal.Out.Write($"{(i == 0 ? "" : ",")}\"{columns[i]}\":\"{fields[i]}\"");
        terminal.Out.Write('}');
    }

    /// <summary>Ends the answer.</summary>
    public void End()
    {
        if (json) terminal.Out.Write(_begun ? "\n]\n" : "[]\n");
    }
}
