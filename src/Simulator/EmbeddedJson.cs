using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Sim.Simulator;

/// <summary>A property that holds JSON: written as the object that it is, not as text inside text.</summary>
internal sealed class EmbeddedJson : JsonConverter<string>
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        JsonNode.Parse(ref reader) is JsonObject value ? value.ToJsonString(Plain) : throw new JsonException("an object was expected");

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) =>
        (JsonNode.Parse(value) ?? throw new JsonException("null where an object was expected")).WriteTo(writer, options);
}
