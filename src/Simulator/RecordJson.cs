using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Sim.Simulator;

/// <summary>The one JSON form of run records and study headers: camel case, shortest round-trip numbers, the same bytes for equal
/// values.</summary>
public static class RecordJson
{
    private static readonly JsonSerializerOptions Compact = Options(indented: false);
    private static readonly JsonSerializerOptions Indented = Options(indented: true);

    /// <summary>JSON text; NaN and infinities become the strings "NaN", "Infinity", "-Infinity".</summary>
    public static string Write<T>(T value, bool indented = false) => JsonSerializer.Serialize(value, indented ? Indented : Compact);

    /// <summary>The value back; JsonException when the text is not such a value.</summary>
    public static T Read<T>(string json) where T : class =>
        JsonSerializer.Deserialize<T>(json, Compact) ?? throw new JsonException("null where a value was expected");

    /// <summary>
    /// A run record of this or an earlier schema; JsonException when the text is none. `sim.run/1` held architecture and recipe as texts in
    /// `architectureJson` and `recipeJson`, and nothing about the clock.
    /// </summary>
    public static RunRecord ReadRun(string json)
    {
        if (JsonNode.Parse(json) is not JsonObject record) throw new JsonException("a run record is an object");
        string schema = record["schema"] is JsonValue value && value.TryGetValue(out string? text) ? text : "";
        if (schema == RunRecord.CurrentSchema) return Read<RunRecord>(json);
        if (schema != "sim.run/1") throw new JsonException($"a record of schema '{schema}'; this tool reads '{RunRecord.CurrentSchema}' and 'sim.run/1'");
        foreach (string part in (string[])["architecture", "recipe"])
        {
            if (record[part + "Json"] is not JsonValue embedded
                || !embedded.TryGetValue(out string? inner)) throw new JsonException($"the record has no '{part}Json'");
            record.Remove(part + "Json");
            record[part] = JsonNode.Parse(inner);
        }
        record["schema"] = RunRecord.CurrentSchema;
        return Read<RunRecord>(record.ToJsonString(Compact));
    }

    private static JsonSerializerOptions Options(bool indented) => new(JsonSerializerDefaults.General)
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = indented,
        NewLine = "\n",
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        IgnoreReadOnlyProperties = true,
        // Files, not HTML: letters stay readable; the HTML exporter escapes for itself.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };
}
