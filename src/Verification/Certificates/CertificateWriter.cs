using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sim.Verification.Claims;
using Sim.Verification.Verdicts;
using Sim.Workloads.Data;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;

namespace Sim.Verification.Certificates;

/// <summary>What is certified of a channel: a verdict at register widths and, of a minimal width, the verdicts one bit below.</summary>
public sealed record ChannelCertificate(ImmutableArray<int> Widths, Verdict Verdict, ImmutableArray<Verdict?> Below);

/// <summary>
/// Writes verdicts so that a third party can follow them without this program: a manifest, one JSON and one .npy of weights (int32, rows × K, as the multipliers
/// take them) a layer, and the files that evidence needs. Integers beyond 2^53 and all bounds are text. docs/guide/verification.md describes the fields.
/// </summary>
public sealed class CertificateWriter
{
    private static readonly JsonSerializerOptions Layout = new() { WriteIndented = true };

    private readonly string _folder;
    private readonly JsonArray _files = [];
    private readonly ChainWriter _chains;

    /// <param name="folder">A folder that does not exist yet or is empty; nothing is ever written over.</param>
    public CertificateWriter(string folder)
    {
        _folder = folder;
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()) throw new IOException($"'{folder}' is not empty");
        Directory.CreateDirectory(folder);
        _chains = new(folder);
    }

    /// <summary>Writes one layer.</summary>
    public void Add(NetworkGraph graph, IntegerLayer layer, VerifyOptions options, ImmutableArray<ChannelCertificate> channels)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(layer);
        ArgumentNullException.ThrowIfNull(options);
        string stem = $"{_files.Count:000}_{string.Concat(layer.Name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' ? c : '_'))}";
        var json = new JsonObject
        {
            ["schema"] = "sim/certificate@1",
            ["model_sha256"] = graph.Digest,
            ["layer"] = layer.Name,
            ["type"] = layer.Operator,
            ["groups"] = layer.Shape.Groups,
            ["rows"] = layer.Rows,
            ["k"] = layer.K,
            ["order"] = options.Order.Text,
            ["overflow"] = options.Overflow.ToString().ToLowerInvariant(),
            ["bias_placement"] = options.Bias.ToString().ToLowerInvariant(),
            ["zero_points"] = options.ZeroPoints.ToString().ToLowerInvariant(),
        };
        Operands(json, layer, options, stem);
        if (options.Network is { } network && _chains.Of(network, layer) is { } chain) json["chain"] = chain;
        json["channels"] = new JsonArray([.. channels.Select((c, row) => Channel(layer, options, row, c, stem))]);
        File.WriteAllText(Path.Combine(_folder, stem + ".json"), json.ToJsonString(Layout) + "\n");
        _files.Add(stem + ".json");
    }

    /// <summary>Writes the manifest: a folder without one is not a finished certificate.</summary>
    public void Finish(NetworkGraph graph, string version)
    {
        ArgumentNullException.ThrowIfNull(graph);
        var manifest = new JsonObject { ["schema"] = "sim/certificates@1", ["tool"] = version, ["network"] = graph.Name, ["model_sha256"] = graph.Digest, ["layers"] = _files };
        File.WriteAllText(Path.Combine(_folder, "manifest.json"), manifest.ToJsonString(Layout) + "\n");
    }

    private void Operands(JsonObject json, IntegerLayer layer, VerifyOptions options, string stem)
    {
        if (layer.Weights.Length > 0)
        {
            var weights = new long[layer.Weights.Length];
            for (int row = 0; row < layer.Rows; row++)
            {
                ReadOnlySpan<int> from = layer.Row(row, options.ZeroPoints);
                for (int k = 0; k < layer.K; k++) weights[row * layer.K + k] = from[k];
            }
            byte[] bytes = NpyWriter.Write(Tensor.OfIntegers(ElementType.Int32, weights, layer.Rows, layer.K));
            File.WriteAllBytes(Path.Combine(_folder, stem + ".weights.npy"), bytes);
            json["weights"] = stem + ".weights.npy";
            json["weights_sha256"] = Convert.ToHexStringLower(SHA256.HashData(bytes));
        }
        ChannelClaim first = options.Claim(layer, 0, options.Widths(64));
        json["weight_range"] = Range(layer.Weights.Length > 0 ? layer.WeightRange : first.Weight(0));
        // Of input channel c of group g: entry g · (entries / groups) + c; a single entry holds for all.
        int channels = layer.Inputs.Length / layer.Shape.Groups;
        json["inputs"] = layer.Inputs.Length == 1 ? new JsonArray(Range(first.Input(0)))
            : new JsonArray([.. Enumerable.Range(0, layer.Inputs.Length).Select(i => (JsonNode)Range(layer.Input(i / channels * layer.Shape.N, i % channels * (layer.K / channels), options.ZeroPoints)))]);
    }

    private JsonObject Channel(IntegerLayer layer, VerifyOptions options, int row, ChannelCertificate certificate, string stem)
    {
        ChannelClaim claim = options.Claim(layer, row, certificate.Widths);
        var json = new JsonObject { ["channel"] = row, ["bias"] = claim.Bias.ToString(), ["widths"] = new JsonArray([.. certificate.Widths.Select(w => (JsonNode)w)]) };
        if (claim.Weights.Length > 0)
        {
            Int128 positive = 0, negative = 0;
            foreach (int w in claim.Weights) (positive, negative) = (positive + Math.Max(w, 0), negative - Math.Min(w, 0));
            json["s_plus"] = positive.ToString();
            json["s_minus"] = negative.ToString();
        }
        if (!claim.Relations.IsEmpty)
        {
            json["relations"] = new JsonArray([.. claim.Relations.Select(r => (JsonNode)new JsonObject
            {
                ["coefficients"] = new JsonArray([.. r.Coefficients.Select(c => (JsonNode)c)]), ["low"] = r.Low?.ToString(), ["high"] = r.High?.ToString(),
            })]);
        }
        json["answer"] = Answer(certificate.Verdict, $"{stem}.{row}");
        if (!certificate.Below.IsDefaultOrEmpty) json["one_bit_less"] = new JsonArray([.. certificate.Below.Select((v, r) => v is null ? null : (JsonNode)Answer(v, $"{stem}.{row}.below{r}"))]);
        return json;
    }

    private JsonObject Answer(Verdict verdict, string stem)
    {
        var json = new JsonObject { ["bounds"] = new JsonArray([.. verdict.Bounds.Select(b => (JsonNode)Range(b))]) };
        switch (verdict)
        {
            case Proved proved:
                json["verdict"] = "proved";
                json["prover"] = proved.Prover;
                int number = 0;
                if (!proved.Evidence.IsEmpty) json["evidence"] = new JsonArray([.. proved.Evidence.Select(e => (JsonNode)Evidence(e, $"{stem}.{number++}"))]);
                break;
            case Refuted { Witness: var w } refuted:
                json["verdict"] = "refuted";
                json["prover"] = refuted.Prover;
                json["witness"] = new JsonObject
                {
                    ["register"] = w.Node.Register, ["from"] = w.Node.From, ["until"] = w.Node.Until, ["bias"] = w.Node.Bias, ["value"] = w.Value.ToString(),
                    ["inputs"] = new JsonArray([.. w.Inputs.Select(x => (JsonNode)x)]),
                    ["weights"] = w.Weights.IsEmpty ? null : new JsonArray([.. w.Weights.Select(x => (JsonNode)x)]),
                    ["network_input"] = w.Network is not { } n ? null : new JsonObject { ["file"] = Input(n, stem), ["y"] = n.Y, ["x"] = n.X },
                    ["permutation"] = w.Permutation.IsEmpty ? null : new JsonArray([.. w.Permutation.Select(x => (JsonNode)x)]),
                };
                break;
            case Unknown unknown:
                json["verdict"] = "unknown";
                json["reason"] = unknown.Reason;
                break;
        }
        return json;
    }

    private string Input(NetworkInput input, string stem)
    {
        File.WriteAllBytes(Path.Combine(_folder, stem + ".input.npy"), NpyWriter.Write(input.Input));
        return stem + ".input.npy";
    }

    private JsonObject Evidence(Evidence evidence, string stem)
    {
        int files = 0;
        JsonObject json = evidence.ToJson((extension, text) =>
        {
            string name = $"{stem}.{files++}{extension}";
            File.WriteAllText(Path.Combine(_folder, name), text);
            return name;
        });
        json["kind"] = evidence.Kind;
        return json;
    }

    private static JsonArray Range(Interval range) => new(range.Low.ToString(), range.High.ToString());
}
