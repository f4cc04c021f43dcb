using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sim.Verification;
using Sim.Verification.Observation;
using Sim.Verification.Verdicts;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;

namespace Sim.Cli.Verbs.Verify;

/// <summary>The answers of `sim verify` as JSON. Integers that could exceed 2^53 are strings.</summary>
internal static class VerdictJson
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    internal static string Verdicts(VerifyRequest request, IntegerNetwork network, VerifyOptions claims, ImmutableArray<LayerVerdict> verdicts, ImmutableArray<ObservedLayer> observed)
    {
        JsonObject document = Head(request, network, claims);
        document["accumulator"] = request.Accumulator;
        if (claims.Order.Registers > 1) document["inner"] = request.Inner ?? request.Accumulator;
        document["proved"] = verdicts.All(v => v.IsProved);
        document["layers"] = new JsonArray([.. verdicts.Select(v => Layer(v.Layer, observed, request.Width, new JsonArray([.. v.Channels.Select((c, i) => Of(i, c))])))]);
        return document.ToJsonString(Indented);
    }

    internal static string Widths(VerifyRequest request, IntegerNetwork network, VerifyOptions claims, ImmutableArray<LayerWidth> widths, ImmutableArray<ObservedLayer> observed)
    {
        JsonObject document = Head(request, network, claims);
        document["width"] = widths.Max(w => w.Widest());
        document["layers"] = new JsonArray([.. widths.Select(w =>
        {
            JsonObject layer = Layer(w.Layer, observed, null, new JsonArray([.. w.Channels.Select((c, i) => new JsonObject
            {
                ["channel"] = i,
                ["width"] = c.Widths[0],
                ["inner_width"] = c.Widths.Length > 1 ? c.Widths[1] : null,
                ["prover"] = c.Prover,
                ["bounds"] = Ranges(c.Bounds),
                ["tight"] = c.IsTight,
                ["one_bit_less"] = new JsonArray([.. c.Below.Select(b => b is null ? null : Of(i, b))]),
            })]));
            layer["width"] = w.Widest();
            if (claims.Order.Registers > 1) layer["inner_width"] = w.Widest(1);
            return (JsonNode)layer;
        })]);
        return document.ToJsonString(Indented);
    }

    private static JsonObject Head(VerifyRequest request, IntegerNetwork network, VerifyOptions claims) => new()
    {
        ["schema"] = "sim/verdicts@1",
        ["model"] = request.Model,
        ["sha256"] = network.Graph.Digest,
        ["order"] = claims.Order.Text,
        ["overflow"] = request.Overflow,
        ["bias"] = request.Bias,
        ["zero_points"] = request.ZeroPoints,
        ["inputs"] = request.Inputs,
        ["constraints"] = request.Constraints,
        ["notes"] = new JsonArray([.. network.Notes.Select(n => (JsonNode)n)]),
    };

    private static JsonObject Layer(IntegerLayer layer, ImmutableArray<ObservedLayer> observed, int? bits, JsonArray channels)
    {
        var json = new JsonObject { ["name"] = layer.Name, ["type"] = layer.Operator, ["rows"] = layer.Rows, ["k"] = layer.K };
        if (observed.FirstOrDefault(o => o.Name == layer.Name) is { PartialRange: { } all, Range: { } final } seen)
        {
            json["observed"] = new JsonObject
            {
                ["sums"] = seen.Sums, ["final"] = Range(final), ["partial"] = Range(all), ["width"] = all.Width, ["final_width"] = final.Width,
                ["persistent"] = bits is { } b ? seen.Persistent(b) : null, ["transient"] = bits is { } t ? seen.Transient(t) : null,
            };
        }
        json["channels"] = channels;
        return json;
    }

    private static JsonObject Of(int channel, Verdict verdict)
    {
        var json = new JsonObject
        {
            ["channel"] = channel,
            ["verdict"] = verdict switch { Proved => "proved", Refuted => "refuted", _ => "unknown" },
            ["prover"] = verdict switch { Proved p => p.Prover, Refuted r => r.Prover, _ => null },
            ["bounds"] = Ranges(verdict.Bounds),
        };
        if (verdict is Unknown unknown)
        {
            json["reason"] = unknown.Reason;
            json["reached"] = Ranges(unknown.Reached);
        }
        if (verdict is Refuted { Witness: var w })
        {
            json["witness"] = new JsonObject
            {
                ["value"] = w.Value.ToString(), ["from"] = w.Node.From, ["until"] = w.Node.Until, ["bias"] = w.Node.Bias, ["register"] = w.Node.Register,
                ["inputs"] = new JsonArray([.. w.Inputs.Select(x => (JsonNode)x)]),
                ["weights"] = w.Weights.IsEmpty ? null : new JsonArray([.. w.Weights.Select(x => (JsonNode)x)]),
                ["network_input"] = w.Network is not { } n ? null : new JsonObject
                {
                    ["shape"] = new JsonArray([.. n.Input.Shape.Select(d => (JsonNode)d)]), ["y"] = n.Y, ["x"] = n.X,
                    ["values"] = new JsonArray([.. n.Input.Type.IsReal() ? n.Input.Floats.Select(v => (JsonNode)v) : n.Input.Integers.Select(v => (JsonNode)v)]),
                },
                ["order"] = w.Permutation.IsEmpty ? null : new JsonArray([.. w.Permutation.Select(x => (JsonNode)x)]),
            };
        }
        return json;
    }

    private static JsonArray Ranges(ImmutableArray<Interval> ranges) => new([.. ranges.Select(r => (JsonNode)Range(r))]);

    private static JsonArray Range(Interval range) => new(Number(range.Low), Number(range.High));

    private static JsonNode Number(Int128 value) => Int128.Abs(value) < (Int128)1 << 53 ? (JsonNode)(long)value : value.ToString();
}
