using YamlDotNet.Core;
using YamlDotNet.Core.Tokens;

namespace Sim.Foundation.Yaml;

/// <summary>
/// Takes anchors out of the token stream and remembers them by the place of the value they stand before. YamlDotNet's parser (18.1.0;
/// aaubry/YamlDotNet #949) refuses an anchored scalar in a flow mapping unless it is the last value, which YAML 1.2.2 §7.4.2 allows; its
/// scanner reads it rightly.
/// </summary>
internal sealed class AnchorScanner(IScanner inner) : IScanner
{
    private readonly Dictionary<long, Anchor> _anchors = [];

    public Mark CurrentPosition => inner.CurrentPosition;

    public Token? Current => inner.Current;

    /// <summary>The anchor before the value that starts here; it is given once, so that a block mapping takes it and not its first
    /// key.</summary>
    public string? Take(Mark start) => _anchors.Remove(start.Index, out Anchor? anchor) ? anchor.Value.Value : null;

    /// <summary>Anchors that stood before no value.</summary>
    public IEnumerable<Anchor> Left => _anchors.Values.OrderBy(a => a.Start.Index);

    public bool MoveNext()
    {
        if (Current is not null) ConsumeCurrent();
        return MoveNextWithoutConsuming();
    }

    public bool MoveNextWithoutConsuming()
    {
        bool moved = inner.MoveNextWithoutConsuming();
        Anchor? anchor = null;
        while (moved && inner.Current is Anchor found)
        {
            if (anchor is not null) throw new SyntaxErrorException(found.Start, found.End,
                $"two anchors, '&{anchor.Value}' and '&{found.Value}', before one value");
            anchor = found;
            inner.ConsumeCurrent();
            moved = inner.MoveNextWithoutConsuming();
        }
        if (anchor is null) return moved;
        if (inner.Current is AnchorAlias alias) throw new SyntaxErrorException(alias.Start, alias.End,
            $"an alias, '*{alias.Value}', cannot have an anchor of its own");
        if (inner.Current is { } next) _anchors[next.Start.Index] = anchor;
        return moved;
    }

    public void ConsumeCurrent() => inner.ConsumeCurrent();
}
