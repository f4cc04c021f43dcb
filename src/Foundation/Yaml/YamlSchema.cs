using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Sim.Foundation.Diagnostics;

namespace Sim.Foundation.Yaml;

/// <summary>The keys that a mapping may have. The same table drives unknown-key errors, the published JSON schema and the
/// readers.</summary>
/// <param name="Title">What the mapping describes, e.g. `processing element array`.</param>
/// <param name="Description">One or two sentences.</param>
/// <param name="Fields">The keys in the order of the guide.</param>
/// <param name="Id">Schema name and version of a whole file, e.g. `sim.architecture/1`; null for a nested mapping.</param>
public sealed record YamlSchema(string Title, string Description, ImmutableArray<YamlField> Fields, string? Id = null)
{
    private const int MostUnknownKeys = 100;

    /// <summary>Records CFG003 for every key that is not in the table, naming the nearest one (of many alike the first hundred), and CFG009
    /// when a file's `schema` is another one.</summary>
    public void CheckKeys(YamlMap map, DiagnosticBag bag)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(bag);
        IEnumerable<string> names = Fields.Select(f => f.Name);
        int unknown = 0;
        foreach (YamlEntry entry in map.Entries)
        {
            if (Id is not null && entry.Key.Text == YamlDocument.SchemaKey)
            {
                if (entry.Value is YamlScalar s && s.Text != Id) bag.Error(s.Location, "CFG009",
                    $"'schema' must be '{Id}' here, found '{s.Text}'");
                continue;
            }
            if (Fields.Any(f => f.Name == entry.Key.Text)) continue;
            // A file of another kind altogether: nobody reads thousands of hints, and each is a search.
            if (++unknown > MostUnknownKeys)
            {
                int more = map.Entries.Count(e => e.Key.Text != YamlDocument.SchemaKey && Fields.All(f => f.Name != e.Key.Text))
                    - MostUnknownKeys;
                bag.Error(entry.Key.Location, "CFG003", $"{more} more unknown key(s) in {Title} from here on");
                return;
            }
            bag.Error(entry.Key.Location, "CFG003",
                $"unknown key '{entry.Key.Text}' in {Title}{NearestName.Hint(entry.Key.Text, names)} (allowed: {string.Join(", ", names)})");
        }
    }

    /// <summary>JSON schema (2020-12) of the mapping; an object of its own with `$id` when <see cref="Id"/> is given.</summary>
    public JsonObject JsonSchema()
    {
        var schema = new JsonObject();
        if (Id is not null)
        {
            schema["$schema"] = "https://json-schema.org/draft/2020-12/schema";
            schema["$id"] = Id;
            schema["title"] = Title;
        }
        schema["description"] = Description;
        schema["type"] = "object";
        schema["additionalProperties"] = false;
        var required = new JsonArray();
        var properties = new JsonObject();
        if (Id is not null)
        {
            required.Add(YamlDocument.SchemaKey);
            properties[YamlDocument.SchemaKey] = new JsonObject { ["const"] = Id };
        }
        foreach (YamlField field in Fields)
        {
            if (field.IsRequired) required.Add(field.Name);
            JsonObject property = field.Type.JsonSchema();
            property["description"] = field.DefaultText is null ? field.Description : $"{field.Description} Default: {field.DefaultText}.";
            properties[field.Name] = property;
        }
        if (required.Count > 0) schema["required"] = required;
        schema["properties"] = properties;
        return schema;
    }
}
