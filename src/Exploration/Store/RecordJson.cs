using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sim.Exploration.Store;

/// <summary>The one JSON form of run records and study headers: camel case, shortest round-trip numbers, the same bytes for equal values.</summary>
public static class RecordJson
{
    private static readonly JsonSerializerOptions Compact = Options(indented: false);
    private static readonly JsonSerializerOptions Indented = Options(indented: true);

    /// <summary>JSON text; NaN and infinities become the strings "NaN", "Infinity", "-Infinity".</summary>
    public static string Write<T>(T value, bool indented = false) => JsonSerializer.Serialize(value, indented ? Indented : Compact);

    /// <summary>The value back; JsonException when the text is not such a value.</summary>
    public static T Read<T>(string json) where T : class => JsonSerializer.Deserialize<T>(json, Compact) ?? throw new JsonException("null where a value was expected");

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
