using System.Collections.Immutable;
using Sim.Foundation;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.Mapper.Timeloop;

/// <summary>Forms that several Timeloop files share.</summary>
internal static class TimeloopText
{
    /// <summary>`name[1..168]` as a name and a count; a name alone counts 1. Null: no such form.</summary>
    public static (string Name, int Count)? Instances(string text)
    {
        int open = text.IndexOf('[', StringComparison.Ordinal), dots = text.IndexOf("..", StringComparison.Ordinal);
        if (open < 0) return (text, 1);
        if (!text.EndsWith(']')) return null;
        if (dots < 0) return StrictNumber.TryWhole(text.AsSpan(open + 1, text.Length - open - 2), out int one) ? (text[..open], 1) : null;
        return StrictNumber.TryWhole(text.AsSpan(open + 1, dots - open - 1), out int first)
            && StrictNumber.TryWhole(text.AsSpan(dots + 2, text.Length - dots - 3), out int last) && last >= first
            ? (text[..open], last - first + 1) : null;
    }

    /// <summary>Words of a list, or of a scalar split at blanks and commas.</summary>
    public static ImmutableArray<string> Words(YamlNode? node) => node switch
    {
        YamlList list => [.. list.Items.OfType<YamlScalar>().Select(s => s.Text)],
        YamlScalar { IsNothing: false } scalar => [.. scalar.Text.Split((char[])[' ', ','], StringSplitOptions.RemoveEmptyEntries)],
        _ => [],
    };

    /// <summary>Factors as `C1 M8`, `C=1,M=8` or a list of them.</summary>
    public static Dictionary<string, long> Factors(YamlNode? node, IEnumerable<string> dimensions, DiagnosticBag bag)
    {
        var factors = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (string word in Words(node))
        {
            int split = word.IndexOf('=', StringComparison.Ordinal);
            if (split < 0) split = word.AsSpan().IndexOfAnyInRange('0', '9');
            string dimension = split < 0 ? word : word[..split];
            ReadOnlySpan<char> number = split < 0 ? "" : word.AsSpan(split + (word[split] == '=' ? 1 : 0));
            if (!dimensions.Contains(dimension))
                bag.Error(node!.Location, "MAP014", $"'{dimension}' is no dimension of the problem ({string.Join(", ", dimensions)})");
            else if (!StrictNumber.TryWhole(number, out long factor) || factor < 1)
                bag.Error(node!.Location, "MAP014", $"the factor '{word}' must be a dimension and an integer from 1, such as "
                    + $"{dimension}4 or {dimension}=4");
            else if (!factors.TryAdd(dimension, factor))
                bag.Error(node!.Location, "MAP014", $"'{dimension}' has two factors");
        }
        return factors;
    }

    /// <summary>A permutation, innermost first: `CMRS`, or words.</summary>
    public static ImmutableArray<string> Permutation(YamlNode? node, IReadOnlyCollection<string> dimensions, DiagnosticBag bag)
    {
        ImmutableArray<string> words = Words(node);
        if (words.Length == 1 && !dimensions.Contains(words[0])) words = [.. words[0].Select(c => c.ToString())];
        foreach (string word in words.Where(w => !dimensions.Contains(w)).Distinct())
            bag.Error(node!.Location, "MAP014", $"'{word}' is no dimension of the problem ({string.Join(", ", dimensions)})");
        if (words.Distinct().Count() != words.Length) bag.Error(node!.Location, "MAP014", "a permutation names each dimension once");
        return words;
    }
}
