using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Sim.Foundation.Yaml;

/// <summary>
/// YamlDotNet (16.3, 18.1) answers some broken files with InvalidOperationException and its like from inside the scanner (an unclosed `[`
/// before a key is one); for the user those are syntax errors at the place reached.
/// </summary>
internal sealed class GuardedParser(IParser inner) : IParser
{
    private Mark _reached = Mark.Empty;

    public ParsingEvent? Current => inner.Current;

    public bool MoveNext()
    {
        try
        {
            bool moved = inner.MoveNext();
            if (inner.Current is { } current) _reached = current.End;
            return moved;
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or IndexOutOfRangeException or NullReferenceException
            or FormatException)
        {
            throw new YamlException(_reached, _reached,
                "a bracket, brace or quote opened before or here is not closed, or a key stands where none can", e);
        }
    }
}
