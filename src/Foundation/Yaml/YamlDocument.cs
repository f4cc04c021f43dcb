using Sim.Foundation.Diagnostics;

namespace Sim.Foundation.Yaml;

/// <summary>
/// A YAML file as located nodes: the syntax pass. The root is a mapping whose first key is `schema`. Nothing is looked up or evaluated:
/// YAML here is data (anchors and aliases are plain sharing; merge keys, tags, includes and expressions do not exist).
/// </summary>
/// <param name="File">As diagnostics show it.</param>
/// <param name="Root">The mapping.</param>
/// <param name="Schema">Value of the `schema` key, e.g. `sim.architecture/1`; empty when the file has none (already reported).</param>
public sealed record YamlDocument(string File, YamlMap Root, string Schema)
{
    /// <summary>The key that every file starts with.</summary>
    public const string SchemaKey = "schema";

    // Nothing that a person writes is longer, and what is read costs a multiple of it.
    private const long LargestFile = 16L << 20;

    /// <summary>Reads a file; null after recording why not (CFG001 syntax, CFG005 duplicate keys, CFG008 unreadable, CFG009 no
    /// schema).</summary>
    public static YamlDocument? Load(string path, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(bag);
        try
        {
            return Parse(RegularFile.ReadText(path, LargestFile), path, bag);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            string why = e is FileNotFoundException or DirectoryNotFoundException ? "there is no such file" : e.Message;
            bag.Error(new Location(path), "CFG008", $"cannot read the file: {why}");
            return null;
        }
    }

    /// <summary>Reads text; <paramref name="file"/> is the name that diagnostics show.</summary>
    public static YamlDocument? Parse(string text, string file, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(bag);
        int before = bag.ErrorCount;
        YamlNode? root = YamlParser.Parse(text, file, bag);
        if (bag.ErrorCount > before || root is null) return null;
        if (root is not YamlMap map)
        {
            bag.Error(root.Location, "CFG006", $"a file is a mapping of keys to values, found {root.Found}");
            return null;
        }
        return new YamlDocument(file, map, ReadSchema(map, bag));
    }

    /// <summary>The root of a YAML file of another tool, which carries no `schema`; null after recording why not.</summary>
    public static YamlMap? ParseForeign(string text, string file, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(bag);
        int before = bag.ErrorCount;
        YamlNode? root = YamlParser.Parse(text, file, bag);
        if (bag.ErrorCount > before || root is null) return null;
        if (root is not YamlMap) bag.Error(root.Location, "CFG006", $"a file is a mapping of keys to values, found {root.Found}");
        return root as YamlMap;
    }

    private static string ReadSchema(YamlMap map, DiagnosticBag bag)
    {
        if (map.Find(SchemaKey) is not { } entry)
        {
            bag.Error(map.Location, "CFG009", "a file starts with its schema version, e.g. 'schema: sim.architecture/1'; see 'sim schema'");
            return "";
        }
        if (map.Entries[0].Key != entry.Key) bag.Error(entry.Key.Location, "CFG009", "'schema' must be the first key of a file");
        if (entry.Value is YamlScalar { IsNothing: false } scalar) return scalar.Text;
        bag.Error(entry.Value.Location, "CFG009",
            $"'schema' must be a schema name such as 'sim.architecture/1', found {entry.Value.Found}");
        return "";
    }
}
