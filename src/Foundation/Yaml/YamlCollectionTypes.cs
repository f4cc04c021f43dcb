using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Sim.Foundation.Diagnostics;

namespace Sim.Foundation.Yaml;

/// <summary>A list whose items all have one type. Every bad item is reported.</summary>
public sealed class YamlListType<T>(YamlType<T> item, int minimum) : YamlType<ImmutableArray<T>>
{
    public override string Expectation =>
        minimum > 0 ? $"a list of at least {minimum}, each {item.Expectation}" : $"a list, each {item.Expectation}";

    public override JsonObject JsonSchema()
    {
        var schema = new JsonObject { ["type"] = "array", ["items"] = item.JsonSchema() };
        if (minimum > 0) schema["minItems"] = minimum;
        return schema;
    }

    public override bool TryRead(YamlNode node, string key, DiagnosticBag bag, out ImmutableArray<T> value)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(bag);
        value = [];
        if (node is not YamlList list)
        {
            bag.Error(node.Location, "CFG006", $"'{key}' must be {Expectation}, found {node.Found}");
            return false;
        }
        if (list.Items.Length < minimum)
        {
            Reject(node, key, bag, detail: $" of {list.Items.Length}");
            return false;
        }
        ImmutableArray<T>.Builder items = ImmutableArray.CreateBuilder<T>(list.Items.Length);
        foreach (YamlNode child in list.Items)
            if (item.TryRead(child, key, bag, out T read)) items.Add(read);
        value = items.ToImmutable();
        return items.Count == list.Items.Length;
    }
}

/// <summary>A nested mapping with a key table.</summary>
public sealed class YamlMapType<T>(YamlSchema schema, YamlMapType<T>.Reader read) : YamlType<T>
{
    /// <summary>Turns a mapping into a value; false after recording why not.</summary>
    public delegate bool Reader(YamlMap map, DiagnosticBag bag, out T value);

    public override string Expectation => $"a mapping ({schema.Title})";

    public override JsonObject JsonSchema() => schema.JsonSchema();

    public override bool TryRead(YamlNode node, string key, DiagnosticBag bag, out T value)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(bag);
        value = default!;
        if (node is not YamlMap map)
        {
            bag.Error(node.Location, "CFG006", $"'{key}' must be {Expectation}, found {node.Found}");
            return false;
        }
        int before = bag.ErrorCount;
        schema.CheckKeys(map, bag);
        return read(map, bag, out value) && bag.ErrorCount == before;
    }
}

/// <summary>Any node, kept as it is.</summary>
internal sealed class YamlNodeType(string expectation, Func<JsonObject> schema) : YamlType<YamlNode>
{
    public override string Expectation => expectation;

    public override JsonObject JsonSchema() => schema();

    public override bool TryRead(YamlNode node, string key, DiagnosticBag bag, out YamlNode value)
    {
        value = node;
        if (node is not YamlScalar { IsNothing: true }) return true;
        Reject(node, key, bag);
        return false;
    }
}
