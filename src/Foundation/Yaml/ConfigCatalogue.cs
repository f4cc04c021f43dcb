using System.Collections.Concurrent;
using System.Collections.Immutable;
using Sim.Foundation.Diagnostics;

namespace Sim.Foundation.Yaml;

/// <summary>
/// The files of `configs/`, embedded in the assembly at build time so that their names work from any folder:
/// `configs/datapaths/int8_acc32.yaml` is the datapath `int8_acc32`. A field that takes a part (datapath, technology, architecture, ...)
/// takes an inline mapping, such a name, or a path to a file.
/// </summary>
public static class ConfigCatalogue
{
    private const string Root = "configs/";

    private static readonly Lazy<ImmutableArray<string>> Files = new(() =>
        [.. typeof(ConfigCatalogue).Assembly.GetManifestResourceNames().Where(n => n.StartsWith(Root, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)]);

    private static readonly ConcurrentDictionary<string, YamlDocument> Read = new();

    /// <summary>Names in a folder of `configs/` (e.g. `datapaths`), in ordinal order.</summary>
    public static ImmutableArray<string> Names(string folder) =>
        [.. Files.Value.Where(f => f.StartsWith(Root + folder + "/", StringComparison.Ordinal))
            .Select(f => Path.GetFileNameWithoutExtension(f))];

    /// <summary>The text of a named entry, or null when there is none.</summary>
    public static string? Text(string folder, string name)
    {
        using Stream? stream = typeof(ConfigCatalogue).Assembly.GetManifestResourceStream(FileOf(folder, name));
        if (stream is null) return null;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>A named entry; null when there is none, or after recording what is wrong with it. Good entries are read once and shared
    /// (nodes are immutable).</summary>
    public static YamlDocument? Find(string folder, string name, DiagnosticBag bag)
    {
        string file = FileOf(folder, name);
        if (Read.TryGetValue(file, out YamlDocument? known)) return known;
        if (Text(folder, name) is not { } text || YamlDocument.Parse(text, file, bag) is not { } document) return null;
        return Read.GetOrAdd(file, document);
    }

    /// <summary>How diagnostics show a named entry: its path in the source tree.</summary>
    public static string FileOf(string folder, string name) => $"{Root}{folder}/{name}.yaml";

    /// <summary>The name of an entry or of a file: without folder and extension, whatever points it has (`q8.8_fixed32`).</summary>
    public static string NameOf(string pathOrName)
    {
        if (!IsPath(pathOrName)) return pathOrName;
        string file = pathOrName[(pathOrName.LastIndexOfAny(['/', '\\']) + 1)..];
        string? extension = new[] { ".yaml", ".yml", ".json" }.FirstOrDefault(e => file.EndsWith(e, StringComparison.Ordinal));
        return extension is null ? file : file[..^extension.Length];
    }

    /// <summary>Whether a word is meant as a path: it has a slash or ends in .yaml, .yml or .json (JSON is YAML).</summary>
    public static bool IsPath(string word)
    {
        ArgumentNullException.ThrowIfNull(word);
        return word.Contains('/') || word.Contains('\\') || word.EndsWith(".yaml", StringComparison.Ordinal)
            || word.EndsWith(".yml", StringComparison.Ordinal)
            || word.EndsWith(".json", StringComparison.Ordinal);
    }

    /// <summary>
    /// The mapping that a field's value stands for: an inline mapping itself; a path (relative to the file that names it) or catalogue name
    /// loaded.
    /// Null after recording CFG010 (no such name; the nearest one is named) or what loading found. `key` names the field in messages.
    /// </summary>
    public static YamlMap? Resolve(YamlNode node, string folder, string key, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(bag);
        switch (node)
        {
            case YamlMap map:
                return map;
            case YamlScalar { IsNothing: false } word when IsPath(word.Text):
                return LoadBeside(word, key, bag)?.Root;
            case YamlScalar { IsNothing: false } word when Names(folder).Contains(word.Text):
                return Find(folder, word.Text, bag)?.Root;
            case YamlScalar { IsNothing: false } word:
                ImmutableArray<string> names = Names(folder);
                bag.Error(word.Location, "CFG010",
                    $"'{key}' names '{word.Text}', which is not in configs/{folder}{NearestName.Hint(word.Text, names)} (known: {string.Join(", ", names)}; or give a path to a .yaml file or an inline mapping)");
                return null;
            default:
                bag.Error(node.Location, "CFG006",
                    $"'{key}' must be an inline mapping, a name from configs/{folder} or a path to a .yaml file, found {node.Found}");
                return null;
        }
    }

    /// <summary>
    /// What a user typed on the command line: a path (relative to the working folder) or a name in a folder of `configs/`. Null after
    /// recording CFG008 or CFG010.
    /// </summary>
    public static YamlDocument? Open(string pathOrName, string folder, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(pathOrName);
        ArgumentNullException.ThrowIfNull(bag);
        if (IsPath(pathOrName) || File.Exists(pathOrName)) return YamlDocument.Load(pathOrName, bag);
        if (Names(folder).Contains(pathOrName)) return Find(folder, pathOrName, bag);
        ImmutableArray<string> names = Names(folder);
        bag.Error(new Location(pathOrName), "CFG010",
            $"neither a file nor a name in configs/{folder}{NearestName.Hint(pathOrName, names)} (known: {string.Join(", ", names)})");
        return null;
    }

    /// <summary>Loads the file that a scalar names, relative to the folder of the file in which the scalar stands.</summary>
    private static YamlDocument? LoadBeside(YamlScalar word, string key, DiagnosticBag bag)
    {
        string path = word.Text;
        if (!Path.IsPathRooted(path) && Path.GetDirectoryName(word.Location.File) is { Length: > 0 } folder) path =
            Path.Combine(folder, path);
        if (File.Exists(path)) return YamlDocument.Load(path, bag);
        bag.Error(word.Location, "CFG008", $"'{key}' names the file '{path}', which does not exist");
        return null;
    }
}
