using System.Text;
using Sim.Foundation.Text;

namespace Sim.Cli;

/// <summary>
/// Shows control characters instead of sending them: names in a network or a file come from others. With <paramref name="oneLine"/> what
/// <see cref="WriteLine(string?)"/> gets is one line, so that a name with a line end cannot pass for a second message.
/// </summary>
internal sealed class SafeWriter(TextWriter inner, bool oneLine) : TextWriter
{
    public override Encoding Encoding => inner.Encoding;

    public override void Write(char value)
    {
        if (Printable.IsSafe([value])) inner.Write(value);
        else inner.Write(Printable.Lines(value.ToString()));
    }

    public override void Write(ReadOnlySpan<char> buffer)
    {
        if (Printable.IsSafe(buffer)) inner.Write(buffer);
        else inner.Write(Printable.Lines(buffer.ToString()));
    }

    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    public override void Write(string? value) => Write(value.AsSpan());

    public override void Write(StringBuilder? value)
    {
        foreach (ReadOnlyMemory<char> chunk in value?.GetChunks() ?? default) Write(chunk.Span);
    }

    public override void WriteLine() => inner.WriteLine();

    public override void WriteLine(string? value)
    {
        if (oneLine && value is not null) inner.Write(Printable.OneLine(value));
        else Write(value);
        inner.WriteLine();
    }

    public override void Flush() => inner.Flush();

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }
}
