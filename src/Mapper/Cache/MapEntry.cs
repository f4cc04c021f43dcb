using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Sim.Mapper.Nests;
using Sim.Mapper.Search;

namespace Sim.Mapper.Cache;

/// <summary>
/// A result of a search as a file: a line with the digest of the rest, then JSON with the problem's digest, the nest, its cost and the
/// certificate. Reading counts the nest again.
/// </summary>
internal static class MapEntry
{
    private const string Schema = "sim.map-cache/1";

    private static readonly JsonSerializerOptions Options = new()
    {
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new WholeNumbers() },
    };

    /// <summary>The file's text.</summary>
    public static string Write(string key, MapResult result, MapProblem problem)
    {
        string body = new JsonObject
        {
            ["schema"] = Schema,
            ["problem"] = key,
            ["nest"] = NestJson.Write(result.Nest, problem.Hierarchy),
            ["cost"] = JsonSerializer.SerializeToNode(result.Cost, Options),
            ["certificate"] = JsonSerializer.SerializeToNode(result.Certificate, Options),
        }.ToJsonString(Options);
        return Digest(body) + "\n" + body + "\n";
    }

    /// <summary>The result; null when the text is damaged, of another problem, or says what counting its nest does not give.</summary>
    public static MapResult? Read(string text, string key, MapProblem problem, MapObjective objective)
    {
        int end = text.IndexOf('\n', StringComparison.Ordinal);
        if (end < 0 || text.Length < end + 2 || text[^1] != '\n') return null;
        string body = text[(end + 1)..^1];
        if (text[..end] != Digest(body)) return null;
        try
        {
            if (JsonNode.Parse(body) is not JsonObject json || (string?)json["schema"] != Schema || (string?)json["problem"] != key
                || json["nest"] is not JsonObject nodes) return null;
            LoopNest nest = NestJson.Read(nodes, problem.Hierarchy);
            MapCertificate? certificate = json["certificate"].Deserialize<MapCertificate>(Options);
            NestCost? stated = json["cost"].Deserialize<NestCost>(Options);
            if (certificate is null || stated is null || !SameLayer(nest, problem)) return null;
            nest = nest with { Layer = problem.Layer };
            if (!NestLegality.Check(nest, problem.Hierarchy, problem.Packing).IsEmpty) return null;
            NestCounts counts = NestCounts.Of(nest, problem.Hierarchy);
            NestCost cost = NestCost.Of(counts, problem);
            bool holds = cost == stated && certificate.Bound <= cost.Value(objective) * (1 + 1e-9);
            return holds ? new(nest, counts, cost, certificate) : null;
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException or OverflowException
            or NotSupportedException or ArgumentException)
        {
            return null;
        }
    }

    private static bool SameLayer(LoopNest nest, MapProblem problem) =>
        nest.Layer.Sizes.AsSpan().SequenceEqual(problem.Layer.Sizes.AsSpan())
        && nest.Layer with { Sizes = problem.Layer.Sizes, Name = problem.Layer.Name } == problem.Layer;

    /// <summary>SHA-256 in hexadecimal.</summary>
    public static string Digest(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private sealed class WholeNumbers : JsonConverter<BigInteger>
    {
        public override BigInteger Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            BigInteger.TryParse(reader.GetString(), System.Globalization.NumberStyles.None, null, out BigInteger value) ? value
                : throw new JsonException("not a whole number");

        public override void Write(Utf8JsonWriter writer, BigInteger value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }
}
