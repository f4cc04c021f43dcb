using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sim.Verification.Claims;
using Sim.Verification.Records;
using Sim.Workloads.Data;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;

namespace Sim.Verification.Certificates;

/// <summary>
/// Writes verdicts so that a third party can follow them without this program; docs/guide/certificates.md describes the files. Everything
/// is written beside the folder and renamed into place at the end, so that a folder is there as a whole or not at all. Disposing of an
/// unfinished one removes it.
/// </summary>
public sealed class CertificateWriter : IDisposable
{
    private static readonly JsonSerializerOptions Layout = new() { WriteIndented = true };

    private readonly string _folder, _inputs;
    private readonly VerifyOptions _options;
    private readonly ImmutableArray<int>? _widths;
    private readonly JsonArray _layers = [];
    private readonly HashSet<string> _names = [];
    private readonly UnfinishedFolder _unfinished;

    /// <param name="folder">A folder that does not exist yet or is empty; nothing is ever written over.</param>
    /// <param name="inputs">What inputs can be: type, propagated, relations or calibrated.</param>
    /// <param name="widths">The widths that are claimed of every channel; null: the least that is proved.</param>
    /// <exception cref="IOException">The folder has content, or cannot be made.</exception>
    public CertificateWriter(string folder, VerifyOptions options, string inputs, ImmutableArray<int>? widths)
    {
        ArgumentNullException.ThrowIfNull(options);
        (_folder, _options, _inputs, _widths) = (folder, options, inputs, widths);
        _unfinished = new UnfinishedFolder(folder);
    }

    /// <summary>Writes one layer.</summary>
    public void Add(IntegerLayer layer, ImmutableArray<ChannelRecord> channels)
    {
        ArgumentNullException.ThrowIfNull(layer);
        string stem = $"{_layers.Count:000}_{string.Concat(layer.Name.Take(60).Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' ? c : '_'))}";
        var json = new JsonObject
        {
            ["schema"] = "sim.certificate/2", ["claim"] = Claim(), ["layer"] = layer.Name, ["operator"] = layer.Operator,
            ["groups"] = layer.Shape.Groups, ["rows"] = layer.Rows, ["k"] = layer.K,
        };
        ChannelClaim first = _options.Claim(layer, 0, _options.Widths(64));
        // Of input channel c of group g: entry g · (entries / groups) + c; a single entry holds for all.
        int entries = layer.Inputs.Length, each = entries / layer.Shape.Groups;
        json["inputs"] = entries == 1 ? new JsonArray(Range(first.Input(0)))
            : new JsonArray([.. Enumerable.Range(0, entries)
                .Select(i => (JsonNode)Range(layer.Input(i / each * layer.Shape.N, i % each * (layer.K / each), _options.ZeroPoints)))]);
        if (layer.Weights.Length == 0) json["weight_range"] = Range(first.Weight(0));
        else (json["weights"], json["weights_sha256"]) = Write(stem + ".weights.npy",
            NpyWriter.Write(Tensor.OfIntegers(ElementType.Int32, Weights(layer), layer.Rows, layer.K)));
        json["channels"] = new JsonArray([.. channels.Select((c, row) =>
            (JsonNode)new CertifiedChannel(_options, layer, row, c, _widths is null, (name, bytes) =>
            Write($"{stem}.{row}{name}", bytes)).Json)]);
        (string file, string sha256) = Write(stem + ".json", System.Text.Encoding.UTF8.GetBytes(json.ToJsonString(Layout) + "\n"));
        _layers.Add((JsonNode)new JsonObject { ["layer"] = layer.Name, ["file"] = file, ["sha256"] = sha256 });
        _names.Add(layer.Name);
    }

    /// <summary>Writes the manifest, with the registers of the network that nothing is certified of, and puts the folder into its
    /// place.</summary>
    public void Finish(NetworkGraph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        var manifest = new JsonObject
        {
            ["schema"] = "sim.certificates/2", ["model_sha256"] = graph.Digest, ["claim"] = Claim(), ["layers"] = _layers,
            ["absent"] = new JsonArray([.. SummingNodes.Of(graph).Where(n => !_names.Contains(n)).Select(n => (JsonNode)n)]),
        };
        Write("manifest.json", System.Text.Encoding.UTF8.GetBytes(manifest.ToJsonString(Layout) + "\n"));
        _unfinished.Place();
    }

    /// <inheritdoc/>
    public void Dispose() => _unfinished.Dispose();

    internal static JsonArray Range(Interval range) => new(range.Low.ToString(), range.High.ToString());

    private JsonObject Claim()
    {
        var claim = new JsonObject
        {
            ["order"] = _options.Order.Text,
            ["bias"] = _options.Bias switch { BiasPlacement.Preloaded => "preloaded", BiasPlacement.AddedAfter => "after", _ => "none" },
            ["zero_points"] = _options.ZeroPoints == ZeroPoints.Raw ? "raw" : "folded",
            ["inputs"] = _inputs,
        };
        if (_widths is { } widths) claim["widths"] = new JsonArray([.. widths.Select(w => (JsonNode)w)]);
        return claim;
    }

    private long[] Weights(IntegerLayer layer)
    {
        var weights = new long[(long)layer.Rows * layer.K];
        for (int row = 0; row < layer.Rows; row++)
        {
            ReadOnlySpan<int> from = layer.Row(row, _options.ZeroPoints);
            for (int k = 0; k < from.Length; k++) weights[row * layer.K + k] = from[k];
        }
        return weights;
    }

    private (string Name, string Digest) Write(string name, byte[] bytes)
    {
        File.WriteAllBytes(Path.Combine(_unfinished.Path, name), bytes);
        return (name, Convert.ToHexStringLower(SHA256.HashData(bytes)));
    }
}
