using System.Collections.Immutable;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Units;
using Sim.Foundation.Yaml;

namespace Sim.Foundation.Tests;

public class YamlFieldTests
{
    private enum Colour { Red, Green }

    private static readonly YamlField<int> Count = YamlField.Required("count", YamlTypes.PositiveInteger, "How many.");
    private static readonly YamlField<double> Ratio = YamlField.Optional("ratio", YamlTypes.Number(0, 1), 0.5, "0.5", "A ratio.");
    private static readonly YamlField<bool> Flag = YamlField.Optional("flag", YamlTypes.Boolean, "A switch.");
    private static readonly YamlField<Colour> Paint =
        YamlField.Optional("paint", YamlTypes.Choice(("red", Colour.Red), ("green", Colour.Green)), "A colour.");
    private static readonly YamlField<Bits> Size = YamlField.Optional("size", YamlQuantities.DataSize, "A size.");
    private static readonly YamlField<ImmutableArray<int>> Numbers = YamlField.Optional("numbers",
        YamlTypes.List(YamlTypes.Integer(-5, 5), 2), "Numbers.");
    private static readonly YamlField<Sourced<Energy>> Cost = YamlField.Optional("cost", YamlQuantities.Sourced(YamlQuantities.Energy),
        "A cost.");
    private static readonly YamlSchema Schema = new("thing", "A thing.", [Count, Ratio, Flag, Paint, Size, Numbers, Cost], "thing/1");

    [TestCase("count: zero", "f:2:8: error CFG002: 'count' must be a positive integer, found 'zero'")]
    [TestCase("count: 0", "f:2:8: error CFG002: 'count' must be a positive integer, found '0'")]
    [TestCase("count: -3", "f:2:8: error CFG002: 'count' must be a positive integer, found '-3'")]
    [TestCase("count: 99999999999", "f:2:8: error CFG002: 'count' must be a positive integer, found '99999999999'")]
    [TestCase("count: 1.5", "f:2:8: error CFG002: 'count' must be a positive integer, found '1.5'")]
    [TestCase("count:", "f:2:7: error CFG002: 'count' must be a positive integer, found nothing")]
    [TestCase("count: [1]", "f:2:8: error CFG006: 'count' must be a positive integer, found a list")]
    [TestCase("count: {a: 1}", "f:2:8: error CFG006: 'count' must be a positive integer, found a mapping")]
    [TestCase("ratio: 2\ncount: 1", "f:2:8: error CFG002: 'ratio' must be a number at least 0 and at most 1, found '2'")]
    [TestCase("ratio: nan\ncount: 1", "f:2:8: error CFG002: 'ratio' must be a number at least 0 and at most 1, found 'nan'")]
    [TestCase("flag: yes\ncount: 1", "f:2:7: error CFG002: 'flag' must be true or false, found 'yes'")]
    [TestCase("paint: gren\ncount: 1", "f:2:8: error CFG002: 'paint' must be one of red, green, found 'gren'; did you mean 'green'?")]
    [TestCase("size: 64\ncount: 1",
        "f:2:7: error CFG007: 'size' must be a data size above 0 such as '64 KiB' (units: bit, B, KiB, MiB, GiB, kB, MB, GB), found '64'; the unit is missing")]
    [TestCase("size: 64 kib\ncount: 1",
        "f:2:7: error CFG007: 'size' must be a data size above 0 such as '64 KiB' (units: bit, B, KiB, MiB, GiB, kB, MB, GB), found '64 kib'; 'kib' is not one of the units; did you mean 'KiB'?")]
    [TestCase("size: -1 B\ncount: 1",
        "f:2:7: error CFG007: 'size' must be a data size above 0 such as '64 KiB' (units: bit, B, KiB, MiB, GiB, kB, MB, GB), found '-1 B'")]
    [TestCase("size: 0.3 bit\ncount: 1",
        "f:2:7: error CFG007: 'size' must be a data size above 0 such as '64 KiB' (units: bit, B, KiB, MiB, GiB, kB, MB, GB), found '0.3 bit'")]
    [TestCase("numbers: [1]\ncount: 1",
        "f:2:10: error CFG006: 'numbers' must be a list of at least 2, each an integer from -5 to 5, found a list of 1")]
    [TestCase("numbers: 7\ncount: 1",
        "f:2:10: error CFG006: 'numbers' must be a list of at least 2, each an integer from -5 to 5, found '7'")]
    [TestCase("numbers: [1, 9, x]\ncount: 1",
        "f:2:14: error CFG002: 'numbers' must be an integer from -5 to 5, found '9'\nf:2:17: error CFG002: 'numbers' must be an integer from -5 to 5, found 'x'")]
    [TestCase("cost: 0.5 pJ\ncount: 1", "f:2:7: error CFG006: 'cost' must be a mapping (a value with its source), found '0.5 pJ'")]
    [TestCase("cost: {value: 0.5 pJ}\ncount: 1", "f:2:7: error CFG004: the key 'source' is missing; it must be text")]
    [TestCase("cost: {value: 0.5 pJ, sorce: x}\ncount: 1",
        "f:2:7: error CFG004: the key 'source' is missing; it must be text\nf:2:23: error CFG003: unknown key 'sorce' in a value with its source; did you mean 'source'? (allowed: value, source)")]
    [TestCase("flag: true", "f:1:1: error CFG004: the key 'count' is missing; it must be a positive integer")]
    [TestCase("cuont: 1", "f:1:1: error CFG004: the key 'count' is missing; it must be a positive integer\nf:2:1: error CFG003: unknown key 'cuont' in thing; did you mean 'count'? (allowed: count, ratio, flag, paint, size, numbers, cost)")]
    public void EveryProblemIsLocated(string body, string expected)
    {
        var bag = new DiagnosticBag();
        ReadAll(YamlDocument.Parse("schema: thing/1\n" + body + "\n", "f", bag)!.Root, bag);
        Assert.That(bag.ToString(), Is.EqualTo(expected));
    }

    [Test]
    public void AWrongSchemaIsLocated()
    {
        var bag = new DiagnosticBag();
        ReadAll(YamlDocument.Parse("schema: thing/2\ncount: 1\n", "f", bag)!.Root, bag);
        Assert.That(bag.ToString(), Is.EqualTo("f:1:9: error CFG009: 'schema' must be 'thing/1' here, found 'thing/2'"));
    }

    [Test]
    public void GoodValuesAreRead()
    {
        var bag = new DiagnosticBag();
        YamlMap map = YamlDocument.Parse("schema: thing/1\ncount: 3\nflag: false\npaint: green\nsize: 1.5 KiB\nnumbers: [-5, 5]\ncost: {value: 5e-1 nJ, source: a table}\n", "f", bag)!.Root;
        ReadAll(map, bag);
        Assert.That(bag.Sorted, Is.Empty);
        Assert.That(Count.Read(map, bag), Is.EqualTo(3));
        Assert.That(Ratio.Read(map, bag), Is.EqualTo(0.5));
        Assert.That(Paint.Read(map, bag), Is.EqualTo(Colour.Green));
        Assert.That(Size.Read(map, bag), Is.EqualTo(new Bits(12288)));
        Assert.That(Numbers.Read(map, bag), Is.EqualTo(new[] { -5, 5 }));
        Assert.That(Cost.Read(map, bag), Is.EqualTo(new Sourced<Energy>(Energy.FromPicojoules(500), "a table")));
        Assert.That(Flag.TryRead(map, bag, out bool flag) && !flag);
    }

    [Test]
    public void AbsentWithoutDefaultIsNoError()
    {
        var bag = new DiagnosticBag();
        YamlMap map = YamlDocument.Parse("schema: thing/1\ncount: 3\n", "f", bag)!.Root;
        Assert.That(Flag.TryRead(map, bag, out _), Is.False);
        Assert.That(Flag.IsIn(map), Is.False);
        Assert.That(bag.Sorted, Is.Empty);
    }

    [Test]
    public void JsonSchemaComesFromTheSameTable()
    {
        System.Text.Json.Nodes.JsonObject json = Schema.JsonSchema();
        Assert.That(json["$id"]!.GetValue<string>(), Is.EqualTo("thing/1"));
        Assert.That(json["required"]!.AsArray().Select(n => n!.GetValue<string>()), Is.EqualTo(new[] { "schema", "count" }));
        Assert.That(json["properties"]!.AsObject().Select(p => p.Key),
            Is.EqualTo(new[] { "schema", "count", "ratio", "flag", "paint", "size", "numbers", "cost" }));
        Assert.That(json["additionalProperties"]!.GetValue<bool>(), Is.False);
        Assert.That(json["properties"]!["count"]!["minimum"]!.GetValue<long>(), Is.EqualTo(1));
        Assert.That(json["properties"]!["ratio"]!["description"]!.GetValue<string>(), Is.EqualTo("A ratio. Default: 0.5."));
        Assert.That(json["properties"]!["numbers"]!["minItems"]!.GetValue<int>(), Is.EqualTo(2));
    }

    private static void ReadAll(YamlMap map, DiagnosticBag bag)
    {
        Schema.CheckKeys(map, bag);
        Count.TryRead(map, bag, out _);
        Ratio.TryRead(map, bag, out _);
        Flag.TryRead(map, bag, out _);
        Paint.TryRead(map, bag, out _);
        Size.TryRead(map, bag, out _);
        Numbers.TryRead(map, bag, out _);
        Cost.TryRead(map, bag, out _);
    }
}
