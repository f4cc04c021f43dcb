using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.Foundation.Tests;

public class YamlPathTests
{
    private const string Base = "schema: s/1\narray: {rows: 8, columns: 8}\nbuffers:\n  - {name: global, capacity: 1 KiB}\n  - {name: other}\npart: ref\n";

    [TestCase("array.rows", "array", "rows")]
    [TestCase("buffers.global.capacity", "buffers", "capacity")]
    [TestCase("buffers.0.capacity", "buffers", "capacity")]
    [TestCase("part.inner", "part", "inner")]
    [TestCase("array.novel", "array", "novel")]
    public void ValuesAreReplacedAndKeepTheirOwnPlace(string path, string outer, string inner)
    {
        var bag = new DiagnosticBag();
        YamlMap root = YamlDocument.Parse(Base, "base", bag)!.Root;
        var value = new YamlScalar(new Location("study", 7, 3), "16");
        YamlMap changed = YamlPath.Set(root, new YamlScalar(new Location("study", 6, 1), path), value, Expand, bag)!;
        Assert.That(bag.Sorted, Is.Empty);
        YamlNode holder = changed[outer]!;
        var map = holder as YamlMap ?? (YamlMap)((YamlList)holder).Items[0];
        Assert.That(map[inner], Is.SameAs(value));
        Assert.That(map.Find(inner)!.Value.Key.Location, Is.EqualTo(new Location("study", 6, 1)));
        Assert.That(root[outer], Is.Not.SameAs(holder), "the base itself is unchanged");
        Assert.That(changed.Entries.Length, Is.EqualTo(root.Entries.Length));
    }

    [TestCase("aray.rows", "study:6:1: error CFG012: 'aray.rows': there is no key 'aray'; did you mean 'array'? (the file has: schema, array, buffers, part)")]
    [TestCase("buffers.globl.capacity",
        "study:6:1: error CFG012: 'buffers.globl.capacity': the list has no item 'globl'; did you mean 'global'? (numbers 0 to 1; names: global, other)")]
    [TestCase("buffers.2.capacity",
        "study:6:1: error CFG012: 'buffers.2.capacity': the list has no item '2' (numbers 0 to 1; names: global, other)")]
    [TestCase("array.rows.x", "study:6:1: error CFG012: 'array.rows.x': 'array.rows' is '8', which has no key 'x'")]
    [TestCase("array..rows", "study:6:1: error CFG012: 'array..rows' is not a path of keys joined by dots such as 'array.rows'")]
    public void BadPathsAreLocated(string path, string expected)
    {
        var bag = new DiagnosticBag();
        YamlMap root = YamlDocument.Parse(Base, "base", bag)!.Root;
        Assert.That(YamlPath.Set(root, new YamlScalar(new Location("study", 6, 1), path), new YamlScalar(new Location("study", 7, 3), "1"),
            Expand, bag), Is.Null);
        Assert.That(bag.ToString(), Is.EqualTo(expected));
    }

    private static YamlMap? Expand(string key, YamlNode node) =>
        key == "part" ? new YamlMap(node.Location,
            [new YamlEntry(new YamlScalar(node.Location, "inner"), new YamlScalar(node.Location, "1"))]) : null;
}
