using Sim.ArchModel.Hierarchies.Costs;
using Sim.ArchModel.Hierarchies.Reading;
using Sim.ArchModel.Reading;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Random;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Tests;

/// <summary>Whatever stands in an architecture file, the answer is a record or located errors, never an exception.</summary>
public class ReaderRobustnessTests
{
    private static readonly string[] Junk =
    [
        "", "~", "0", "-1", "1", "7", "99999999999999999999", "1e308", "nan", "true", "[]", "{}", "[1, [2, {a: b}]]", "{kind: float}",
            "{name: x}", "64 KiB", "9e15 bit", "1 GiB",
        "1e300 GiB", "0.1 bit", "500 MHz", "1e-320 Hz", "1e300 GHz", "unlimited", "1e308 TB/s", "int8", "e4m3", "e8m0", "q8.8", "fp32",
            "ws", "pe", "int8_acc32", "nangate45", "../x.yaml",
        "configs", "{exponent: 2, fraction: 1}", "{kind: exact, output: int4}", "{kind: fixed, bits: 64, fraction: 64, overflow: wrap}",
            "{kind: float, format: e2m1}", "'quoted'", "a.b",
    ];

    [Test]
    public void JunkInAnyPlaceIsAnswered() => Answered(ArchitectureReader.Schema, 100, (map, bag) =>
    {
        LoadedArchitecture? loaded = ArchitectureReader.Read(map, bag);
        if (loaded is null) return false;
        string json = ArchitectureJson.Write(loaded.Architecture);
        Assert.That(ArchitectureJson.Write(ArchitectureJson.Read(json)), Is.EqualTo(json));
        return true;
    });

    [Test]
    public void JunkInAHierarchyIsAnswered() => Answered(HierarchyReader.Schema, 100, (map, bag) =>
    {
        LoadedHierarchy? loaded = HierarchyReader.Read(map, bag);
        if (loaded is null) return false;
        var priced = new DiagnosticBag();
        HierarchyCost.Check(loaded, priced);
        Assert.That(priced.Sorted.All(d => d.Location.Line > 0), priced.ToString());
        string json = HierarchyJson.Write(loaded);
        var again = new DiagnosticBag();
        LoadedHierarchy? same = HierarchyReader.Read(YamlDocument.Parse(json, "again", again)!.Root, again);
        Assert.That(again.ToString(), Is.Empty, json);
        Assert.That(HierarchyJson.Write(same!), Is.EqualTo(json));
        return true;
    });

    private static void Answered(YamlSchema schema, int leastRead, Func<YamlMap, DiagnosticBag, bool> reads)
    {
        var draws = new RandomStream(42);
        var bag = new DiagnosticBag();
        YamlMap[] bases = [.. ConfigCatalogue.Names(ArchitectureReader.Folder)
            .Select(n => ConfigCatalogue.Open(n, ArchitectureReader.Folder, bag)!).Where(d => d.Schema == schema.Id)
            .Select(d => Inline(d.Root))];
        YamlNode[] junk = [.. Junk.Select((j, i) => YamlDocument.Parse($"schema: s/1\nv: {j}\n", $"junk{i}", bag)!.Root["v"]!)];
        Assert.That(bag.Sorted, Is.Empty);
        int refused = 0, read = 0;
        for (int i = 0; i < 3000; i++)
        {
            YamlNode changed = bases[draws.NextInt32(0, bases.Length)];
            for (int edits = draws.NextInt32(1, 4); edits > 0; edits--) changed = Replace(changed, junk[draws.NextInt32(0, junk.Length)],
                draws);
            var found = new DiagnosticBag();
            if (changed is not YamlMap map) continue;
            bool good = reads(map, found);
            Assert.That(good, Is.Not.EqualTo(found.HasErrors), found.ToString());
            if (!good)
            {
                refused++;
                Assert.That(found.Sorted.All(d => d.Location.Line > 0 && d.Message.Length > 0), found.ToString());
                continue;
            }
            read++;
        }
        Assert.That(refused, Is.GreaterThan(1500));
        Assert.That(read, Is.GreaterThan(leastRead));
    }

    // The datapath becomes inline so that junk reaches its keys too.
    private static YamlMap Inline(YamlMap map)
    {
        var at = new Location("base", 1, 1);
        YamlNode datapath = ConfigCatalogue.Resolve(map["datapath"]!, DatapathReader.Folder, "datapath", new DiagnosticBag())!;
        return map.With(new YamlScalar(at, "datapath"), datapath);
    }

    private static YamlNode Replace(YamlNode node, YamlNode junk, RandomStream draws)
    {
        switch (node)
        {
            case YamlMap { Entries.Length: > 0 } map when draws.NextInt32(0, 8) != 0:
                YamlEntry entry = map.Entries[draws.NextInt32(0, map.Entries.Length)];
                return entry.Key.Text == YamlDocument.SchemaKey ? map : map.With(entry.Key, Replace(entry.Value, junk, draws));
            case YamlList { Items.Length: > 0 } list when draws.NextInt32(0, 8) != 0:
                int item = draws.NextInt32(0, list.Items.Length);
                return list with { Items = list.Items.SetItem(item, Replace(list.Items[item], junk, draws)) };
            default:
                return junk;
        }
    }
}
