using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.Exploration.Studies;

/// <summary>
/// One item of `axes`: `array.rows: [8, 16]`, or `{name: shape, values: [{array.rows: 8, array.columns: 8}, ...]}` whose values set several
/// paths together (a `name` in a value is its text in tables).
/// </summary>
internal sealed class AxisType : YamlType<StudyAxis>
{
    public static AxisType Instance { get; } = new();

    public override string Expectation => "an axis: 'path: [values]', or a mapping with 'name' and 'values'";

    public override JsonObject JsonSchema() => new() { ["type"] = "object", ["minProperties"] = 1 };

    public override bool TryRead(YamlNode node, string key, DiagnosticBag bag, out StudyAxis value)
    {
        value = null!;
        int before = bag.ErrorCount;
        if (node is not YamlMap { Entries.Length: > 0 } map)
        {
            Reject(node, key, bag);
            return false;
        }
        if (map["values"] is not null) value = Joint(map, bag);
        else if (map.Entries.Length == 1) value = Single(map.Entries[0], bag);
        else bag.Error(map.Location, "CFG202",
            "one item of 'axes' is one axis; paths that vary together go under 'name' and 'values', others are items of their own");
        if (value is null || bag.ErrorCount > before) return false;
        CheckLabels(value, bag);
        return bag.ErrorCount == before;
    }

    private static StudyAxis Single(YamlEntry entry, DiagnosticBag bag)
    {
        var values = ImmutableArray.CreateBuilder<AxisValue>();
        foreach (YamlNode item in Items(entry.Value, entry.Key.Text, bag)) values.Add(new AxisValue(NodeText.Label(item),
            [new Assignment(entry.Key, item)], item.Location));
        return new StudyAxis(entry.Key.Text, values.ToImmutable());
    }

    private static StudyAxis Joint(YamlMap map, DiagnosticBag bag)
    {
        foreach (YamlEntry e in map.Entries)
            if (e.Key.Text is not ("name" or "values")) bag.Error(e.Key.Location, "CFG003",
                $"unknown key '{e.Key.Text}' in axis{NearestName.Hint(e.Key.Text, ["name", "values"])} (allowed: name, values)");
        if (map["name"] is not YamlScalar { IsNothing: false } name)
        {
            bag.Error(map.Location, "CFG004", "the key 'name' is missing; it must be the axis' name for tables");
            return null!;
        }
        var values = ImmutableArray.CreateBuilder<AxisValue>();
        foreach (YamlNode item in Items(map["values"]!, "values", bag))
        {
            if (item is not YamlMap choice || choice.Entries.All(e => e.Key.Text == "name"))
            {
                bag.Error(item.Location, "CFG202",
                    $"a value of the axis '{name.Text}' must be a mapping of paths to values, found {item.Found}");
                continue;
            }
            Assignment[] assignments = [.. choice.Entries.Where(e => e.Key.Text != "name").Select(e => new Assignment(e.Key, e.Value))];
            values.Add(new AxisValue(NodeText.Label(choice), [.. assignments], choice.Location));
        }
        return new StudyAxis(name.Text, values.ToImmutable());
    }

    private static ImmutableArray<YamlNode> Items(YamlNode node, string key, DiagnosticBag bag)
    {
        if (node is YamlList { Items.Length: > 0 } list) return list.Items;
        bag.Error(node.Location, "CFG006",
            $"'{key}' must be a list of at least one value, found {(node is YamlList ? "an empty list" : node.Found)}");
        return [];
    }

    private static void CheckLabels(StudyAxis axis, DiagnosticBag bag)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (AxisValue value in axis.Values)
            if (!seen.Add(value.Label)) bag.Error(value.Place, "CFG203",
                $"the axis '{axis.Name}' has the value '{value.Label}' twice; tables could not tell the designs apart (give the values a 'name')");
    }
}
