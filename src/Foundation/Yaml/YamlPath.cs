using System.Globalization;
using Sim.Foundation.Diagnostics;

namespace Sim.Foundation.Yaml;

/// <summary>
/// Sets values deep inside a document without a second file: how a study varies a base. A path is keys joined by dots, `array.rows`; an
/// item of a list is chosen by its number from 0 or by the value of its `name` (or of its first key where it has none),
/// `buffers.global.capacity`, `hierarchy.l2.banks`. New values keep their own place, so that what is wrong with one is reported where the
/// user wrote it.
/// </summary>
public static class YamlPath
{
    /// <summary>
    /// A copy of <paramref name="root"/> in which <paramref name="path"/> has <paramref name="value"/>; null after recording CFG012 at the
    /// path.
    /// A last key that is not there yet is added (the reader reports it if it is unknown). <paramref name="expand"/> turns a reference that
    /// the path goes through (`datapath: int8_acc32`) into the mapping it stands for; it returns null for what is no reference.
    /// </summary>
    public static YamlMap? Set(YamlMap root, YamlScalar path, YamlNode value, Func<string, YamlNode, YamlMap?> expand, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(root);
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(expand);
        ArgumentNullException.ThrowIfNull(bag);
        string[] keys = path.Text.Split('.');
        if (keys.Any(string.IsNullOrEmpty))
        {
            bag.Error(path.Location, "CFG012", $"'{path.Text}' is not a path of keys joined by dots such as 'array.rows'");
            return null;
        }
        return Set(root, keys, 0, path, value, expand, bag) as YamlMap;
    }

    private static YamlNode? Set(YamlNode node, string[] keys, int depth, YamlScalar path, YamlNode value, Func<string, YamlNode,
        YamlMap?> expand, DiagnosticBag bag)
    {
        if (depth == keys.Length) return value;
        string key = keys[depth];
        if (node is YamlScalar && depth > 0) node = expand(string.Join('.', keys[..depth]), node) ?? node;
        switch (node)
        {
            case YamlMap map:
                var at = new YamlScalar(path.Location, key);
                if (depth == keys.Length - 1) return map.With(at, value);
                if (map[key] is not { } child) return Unknown(map, key, path, bag);
                return Set(child, keys, depth + 1, path, value, expand, bag) is { } changed ? map.With(map.Find(key)!.Value.Key, changed)
                    : null;
            case YamlList list:
                int index = IndexOf(list, key);
                if (index < 0)
                {
                    IEnumerable<string> names = list.Items.OfType<YamlMap>().Select(NameOf).OfType<string>();
                    bag.Error(path.Location, "CFG012",
                        $"'{path.Text}': the list has no item '{key}'{NearestName.Hint(key, names)} (numbers 0 to {list.Items.Length - 1}; names: {string.Join(", ", names)})");
                    return null;
                }
                return Set(list.Items[index], keys, depth + 1, path, value, expand, bag) is { } item
                    ? list with { Items = list.Items.SetItem(index, item) } : null;
            default:
                bag.Error(path.Location, "CFG012",
                    $"'{path.Text}': '{string.Join('.', keys[..depth])}' is {node.Found}, which has no key '{key}'");
                return null;
        }
    }

    private static YamlNode? Unknown(YamlMap map, string key, YamlScalar path, DiagnosticBag bag)
    {
        IEnumerable<string> names = map.Entries.Select(e => e.Key.Text);
        bag.Error(path.Location, "CFG012",
            $"'{path.Text}': there is no key '{key}'{NearestName.Hint(key, names)} (the file has: {string.Join(", ", names)})");
        return null;
    }

    private static int IndexOf(YamlList list, string key)
    {
        if (StrictNumber.TryWhole(key, out int index) && index >= 0) return index < list.Items.Length ? index : -1;
        for (int i = 0; i < list.Items.Length; i++)
            if (list.Items[i] is YamlMap map && NameOf(map) == key) return i;
        return -1;
    }

    // An entry such as {memory: l2, ...} begins with its name.
    private static string? NameOf(YamlMap map) =>
        ((map["name"] ?? (map.Entries.Length > 0 ? map.Entries[0].Value : null)) as YamlScalar)?.Text;
}
