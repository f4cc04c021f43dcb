using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Sim.Foundation.Diagnostics;

namespace Sim.Foundation.Yaml;

/// <summary>One shape of a mapping that comes in several: the word in its discriminating key, its other keys and its reader.</summary>
public sealed record YamlVariant<T>(string Word, YamlSchema Schema, YamlMapType<T>.Reader Read);

/// <summary>A mapping whose key <paramref name="discriminator"/> says which of several key tables applies, e.g. `kind: float`.</summary>
public sealed class YamlVariantType<T>(string title, string discriminator, ImmutableArray<YamlVariant<T>> variants) : YamlType<T>
{
    public override string Expectation => $"a mapping with '{discriminator}' ({title})";

    public override JsonObject JsonSchema() => new()
    {
        ["oneOf"] = new JsonArray([.. variants.Select(v =>
        {
            JsonObject schema = Table(v).JsonSchema();
            schema["properties"]![discriminator] = new JsonObject { ["const"] = v.Word };
            return schema;
        })]),
    };

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
        if (!Discriminator().TryRead(map, bag, out YamlVariant<T> variant)) return false;
        Table(variant).CheckKeys(map, bag);
        return variant.Read(map, bag, out value) && bag.ErrorCount == before;
    }

    private YamlField<YamlVariant<T>> Discriminator() =>
        YamlField.Required(discriminator, YamlTypes.Choice([.. variants.Select(v => (v.Word, v))]), $"Which {title} this is.");

    private YamlSchema Table(YamlVariant<T> variant) => variant.Schema with { Fields = variant.Schema.Fields.Insert(0, Discriminator()) };
}
