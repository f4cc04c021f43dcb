using System.Collections.Immutable;
using Sim.Foundation.Diagnostics;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Sim.Foundation.Yaml;

/// <summary>
/// Builds located nodes from YamlDotNet's event stream. (Its own representation model stops at the first duplicate key; here all of them
/// are reported.)
/// </summary>
internal sealed class YamlParser(IParser parser, AnchorScanner anchors, string file, DiagnosticBag bag)
{
    // Nesting deeper than this is no configuration; unbounded recursion would end the process.
    private const int MaximumDepth = 64;

    // Aliases of aliases double with every line: what they stand for, written out, has a bound.
    private const int MostAliasedNodes = 1 << 16;

    private readonly Dictionary<string, Anchored> _anchors = new(StringComparer.Ordinal);
    private long _nodes;
    private long _aliased;
    private int _deepest;

    /// <summary>The root node; null for an empty file or after a syntax error, both recorded.</summary>
    public static YamlNode? Parse(string text, string file, DiagnosticBag bag)
    {
        if (ReportTabs(text, file, bag)) return null;
        try
        {
            var scanner = new AnchorScanner(new Scanner(new StringReader(text)));
            return new YamlParser(new GuardedParser(new Parser(scanner)), scanner, file, bag).Document();
        }
        catch (YamlException e)
        {
            bag.Error(Place(file, e.Start), "CFG001", $"not valid YAML: {FirstSentence(e)}");
            return null;
        }
    }

    private YamlNode? Document()
    {
        parser.Consume<StreamStart>();
        if (!parser.Accept<DocumentStart>(out _))
        {
            bag.Error(new Location(file, 1, 1), "CFG001", "the file is empty; it must start with 'schema:'");
            return null;
        }
        parser.Consume<DocumentStart>();
        YamlNode root = Node(0);
        parser.Consume<DocumentEnd>();
        if (parser.Accept<DocumentStart>(out DocumentStart? second))
            bag.Error(Place(file, second.Start), "CFG001", "a file holds one YAML document, found a second one");
        foreach (YamlDotNet.Core.Tokens.Anchor left in anchors.Left) bag.Error(Place(file, left.Start), "CFG001",
            $"the anchor '&{left.Value}' stands before no value");
        return root;
    }

    private YamlNode Node(int depth)
    {
        Reach(depth, parser.Current!);
        if (parser.TryConsume<AnchorAlias>(out AnchorAlias? alias)) return Aliased(alias, depth);
        if (parser.Current is not NodeEvent start) throw new YamlException(parser.Current!.Start, parser.Current.End,
            "a value is missing here");
        string? anchor = anchors.Take(start.Start);
        // `!!str 8` is a text for YAML and a number for readers that pass over the tag, and `!include x` is no text.
        if (!start.Tag.IsEmpty) bag.Error(Place(file, start.Start), "CFG001",
            $"the tag '{start.Tag}' has no meaning here; write the value without it");
        (long nodes, int outer) = (_nodes++, _deepest);
        _deepest = depth;
        YamlNode node = start switch
        {
            Scalar => Value(parser.Consume<Scalar>()),
            SequenceStart => List(depth),
            MappingStart => Map(depth),
            _ => throw new YamlException(start.Start, start.End, "unexpected content"),
        };
        if (anchor is not null) _anchors[anchor] = new(node, _nodes - nodes, _deepest - depth);
        _deepest = Math.Max(_deepest, outer);
        return node;
    }

    private YamlNode Aliased(AnchorAlias alias, int depth)
    {
        if (_anchors.TryGetValue(alias.Value.Value, out Anchored? shared))
        {
            Reach(depth + shared.Height, alias);
            _nodes += shared.Nodes;
            _aliased += shared.Nodes;
            if (_aliased <= MostAliasedNodes) return shared.Node;
            throw new YamlException(alias.Start, alias.End, $"aliases stand for more than {MostAliasedNodes} values");
        }
        bag.Error(Place(file, alias.Start), "CFG001", $"there is no anchor '&{alias.Value}' above this alias");
        return new YamlScalar(Place(file, alias.Start), "");
    }

    private void Reach(int depth, ParsingEvent at)
    {
        if (depth > MaximumDepth) throw new YamlException(at.Start, at.End, $"more than {MaximumDepth} levels of nesting");
        _deepest = Math.Max(_deepest, depth);
    }

    private YamlScalar Value(Scalar scalar) =>
        new(Place(file, scalar.Start), scalar.Value, scalar.Style is not (ScalarStyle.Plain or ScalarStyle.Any));

    private YamlList List(int depth)
    {
        SequenceStart start = parser.Consume<SequenceStart>();
        ImmutableArray<YamlNode>.Builder items = ImmutableArray.CreateBuilder<YamlNode>();
        while (!parser.TryConsume<SequenceEnd>(out _)) items.Add(Node(depth + 1));
        return new YamlList(Place(file, start.Start), items.ToImmutable());
    }

    private YamlMap Map(int depth)
    {
        MappingStart start = parser.Consume<MappingStart>();
        var places = new Dictionary<string, Location>();
        ImmutableArray<YamlEntry>.Builder entries = ImmutableArray.CreateBuilder<YamlEntry>();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            YamlNode key = Node(depth + 1);
            YamlNode value = Node(depth + 1);
            if (key is not YamlScalar { IsNothing: false } name)
                bag.Error(key.Location, "CFG006", $"a key must be a word, found {key.Found}");
            else if (name.Text == "<<")
                bag.Error(key.Location, "CFG003", "merge keys ('<<') are not supported; write the keys out");
            else if (places.TryGetValue(name.Text, out Location first))
                bag.Error(key.Location, "CFG005", $"duplicate key '{name.Text}'; it is already given on line {first.Line}");
            else
            {
                places[name.Text] = name.Location;
                entries.Add(new YamlEntry(name, value));
            }
        }
        return new YamlMap(Place(file, start.Start), entries.ToImmutable());
    }

    // The scanner's own message for a tab does not say "tab".
    private static bool ReportTabs(string text, string file, DiagnosticBag bag)
    {
        bool found = false;
        int line = 0;
        foreach (ReadOnlySpan<char> row in text.AsSpan().EnumerateLines())
        {
            line++;
            int indent = row.IndexOfAnyExcept(' ', '\t');
            int tab = indent > 0 ? row[..indent].IndexOf('\t') : -1;
            if (tab < 0) continue;
            bag.Error(new Location(file, line, tab + 1), "CFG001", "a tab in the indentation; YAML is indented with spaces");
            found = true;
        }
        return found;
    }

    private static Location Place(string file, Mark mark) => new(file, checked((int)mark.Line), checked((int)mark.Column));

    private static string FirstSentence(YamlException e)
    {
        string message = (e.InnerException as YamlException ?? e).Message;
        int place = message.IndexOf("): ", StringComparison.Ordinal);
        message = place >= 0 && message.StartsWith('(') ? message[(place + 3)..] : message;
        return message.TrimEnd('.').ReplaceLineEndings(" ");
    }

    /// <summary>A value that aliases may name, how many values it is when written out, and how many levels it has below it.</summary>
    private sealed record Anchored(YamlNode Node, long Nodes, int Height);
}
