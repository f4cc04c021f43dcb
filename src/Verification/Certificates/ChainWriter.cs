using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Sim.Verification.Claims;
using Sim.Verification.Relations;
using Sim.Workloads.Data;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;

namespace Sim.Verification.Certificates;

/// <summary>The layers behind a layer, itself first, as far as evidence of kind "layers" can reach: geometry, boxes, requantization, weights and biases.</summary>
internal sealed class ChainWriter(string folder)
{
    private readonly HashSet<string> _written = [];

    /// <summary>One entry a layer; null when no layer makes its inputs.</summary>
    internal JsonArray? Of(NetworkRelations relations, IntegerLayer layer)
    {
        if (layer.Source is null || relations.IndexOf(layer) < 0) return null;
        var chain = new JsonArray();
        for (IntegerLayer? at = layer; at is not null && chain.Count <= NetworkRelations.MostLevels; at = at.Source is { } s ? relations.Network.Layers[s.Layer] : null)
        {
            if (chain.Count > 0 && at.Weights.Length == 0) break;
            chain.Add((JsonNode)Entry(at, relations.IndexOf(at), isFirst: chain.Count == 0));
        }
        return chain;
    }

    private JsonObject Entry(IntegerLayer layer, int index, bool isFirst)
    {
        var json = new JsonObject
        {
            ["layer"] = layer.Name, ["groups"] = layer.Shape.Groups, ["rows"] = layer.Rows, ["k"] = layer.K, ["input_zero_point"] = layer.InputZeroPoint,
            ["inputs"] = new JsonArray([.. layer.Inputs.Select(b => (JsonNode)new JsonArray(b.Low.ToString(), b.High.ToString()))]),
            ["conv"] = layer.Shape.Conv is not { } g ? null : new JsonObject
            {
                ["input"] = new JsonArray(g.InputChannels, g.InputHeight, g.InputWidth), ["kernel"] = new JsonArray(g.KernelHeight, g.KernelWidth), ["strides"] = new JsonArray(g.StrideHeight, g.StrideWidth),
                ["pads"] = new JsonArray(g.PadTop, g.PadLeft, g.PadBottom, g.PadRight), ["dilations"] = new JsonArray(g.DilationHeight, g.DilationWidth), ["output"] = new JsonArray(g.OutputHeight, g.OutputWidth),
            },
        };
        if (layer.Source is { } s)
        {
            json["source"] = new JsonObject
            {
                // The bits of each float32, hexadecimal.
                ["multipliers"] = string.Join(' ', s.Multipliers.Select(m => $"{BitConverter.SingleToUInt32Bits(m):x8}")), ["zero_point"] = s.ZeroPoint, ["low"] = s.Low, ["high"] = s.High,
            };
        }
        if (isFirst) return json;
        (json["weights"], json["weights_sha256"]) = Array($"chain{index:000}.weights.npy", ElementType.Int32, [.. Enumerable.Range(0, layer.Rows).SelectMany(r => layer.Row(r, ZeroPoints.Folded).ToArray()).Select(w => (long)w)], layer.Rows, layer.K);
        (json["biases"], json["biases_sha256"]) = Array($"chain{index:000}.biases.npy", ElementType.Int64, layer.Bias.Length == 0 ? new long[layer.Rows] : layer.Bias, layer.Rows, 1);
        return json;
    }

    // Chains of several layers share the files of the layers in them.
    private (string Name, string Digest) Array(string name, ElementType type, long[] values, params int[] shape)
    {
        byte[] bytes = NpyWriter.Write(Tensor.OfIntegers(type, values, shape));
        if (_written.Add(name)) File.WriteAllBytes(Path.Combine(folder, name), bytes);
        return (name, Convert.ToHexStringLower(SHA256.HashData(bytes)));
    }
}
