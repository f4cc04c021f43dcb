using Sim.Foundation;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Reading;

/// <summary>Text files of numbers that a key names: separated by commas, blanks or lines, `#` for comments; paths are relative to the file
/// of the key.</summary>
internal static class NumberFile
{
    private static readonly char[] Separators = [',', ' ', '\t'];

    private const long LargestFile = 64L << 20;

    /// <summary>The words of every line with their place, lines without words left out; null after recording why the file cannot be
    /// read.</summary>
    public static (string[] Words, Location Place)[]? Read(YamlField<string> field, YamlMap map, DiagnosticBag bag)
    {
        if (!field.TryRead(map, bag, out string path)) return null;
        Location named = map[field.Name]!.Location;
        if (!Path.IsPathRooted(path) && Path.GetDirectoryName(named.File) is { Length: > 0 } folder) path = Path.Combine(folder, path);
        try
        {
            return Lines(RegularFile.ReadText(path, LargestFile).ReplaceLineEndings("\n").Split('\n')
                .Select((line, i) => (line, new Location(path, i + 1))));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            bag.Error(named, "CFG008", $"'{field.Name}' names '{path}', which cannot be read: {e.Message}");
            return null;
        }
    }

    /// <summary>The words of texts, those without words left out.</summary>
    public static (string[] Words, Location Place)[] Lines(IEnumerable<(string Text, Location Place)> lines) =>
        [.. lines.Select(l => (Words: l.Text.Split('#')[0].Split(Separators, StringSplitOptions.RemoveEmptyEntries), l.Place))
            .Where(l => l.Words.Length > 0)];
}
