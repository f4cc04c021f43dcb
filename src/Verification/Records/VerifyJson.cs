using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sim.Verification.Verdicts;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;

namespace Sim.Verification.Records;

/// <summary>A <see cref="VerifyRecord"/> as JSON. Integers that could exceed 2^53 are strings.</summary>
public static class VerifyJson
{
    /// <summary>The record, indented.</summary>
    public static string Of(VerifyRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        var document = new JsonObject
        {
            ["schema"] = "sim.verify/1",
            ["model"] = record.Model,
            ["sha256"] = record.Digest,
            ["order"] = record.Claims.Order,
            ["overflow"] = record.Claims.Overflow,
            ["bias"] = record.Claims.Bias,
            ["zero_points"] = record.Claims.ZeroPoints,
            ["inputs"] = record.Claims.Inputs,
            ["constraints"] = record.Claims.Constraints,
            ["registers"] = record.Scope,
            ["all_judged"] = record.AreAllJudged,
            ["not_judged"] = new JsonArray([.. record.NotJudged.Select(n =>
                (JsonNode)new JsonObject { ["node"] = n.Name, ["type"] = n.Operator, ["reason"] = n.Reason })]),
        };
        if (record.Accumulator is { } accumulator)
        {
            document["accumulator"] = accumulator;
            if (record.HasInner) document["inner"] = record.Inner;
            // Of registers that nobody judged nothing is proved.
            document["proved"] = record.IsYes;
        }
        else
        {
            int widest = record.Widest.Widest();
            document["width"] = record.AreAllJudged ? widest : null;
            document["judged_width"] = widest;
            document["widest"] = record.Widest.Name;
        }
        using var text = new MemoryStream();
        using (var to = new Utf8JsonWriter(text, new JsonWriterOptions { Indented = true }))
        {
            // The inputs of every refuted channel are as many as the weights: one channel at a time is made a tree of nodes.
            Write(document, to, "layers", record.Registers, r => Register(record, r, to));
        }
        return Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length);
    }

    // An object whose list under a key is written element by element.
    private static void Write<T>(JsonObject json, Utf8JsonWriter to, string key, IEnumerable<T> elements, Action<T> write)
    {
        json[key] = null;
        to.WriteStartObject();
        foreach ((string name, JsonNode? value) in json)
        {
            to.WritePropertyName(name);
            if (name == key)
            {
                to.WriteStartArray();
                foreach (T element in elements) write(element);
                to.WriteEndArray();
            }
            else if (value is null) to.WriteNullValue();
            else value.WriteTo(to);
        }
        to.WriteEndObject();
    }

    private static void Register(VerifyRecord record, RegisterRecord register, Utf8JsonWriter to)
    {
        bool minimal = record.Accumulator is null;
        var json = new JsonObject { ["name"] = register.Name, ["type"] = register.Operator, ["rows"] = register.Rows, ["k"] = register.K };
        if (register.Observed is { PartialRange: { } all, Range: { } final } seen)
        {
            json["observed"] = new JsonObject
            {
                ["sums"] = seen.Sums, ["final"] = Range(final), ["partial"] = Range(all), ["width"] = all.Width,
                    ["final_width"] = final.Width,
                ["persistent"] = record.Accumulator is { } b ? seen.Persistent(b) : null, ["transient"] = record.Accumulator is { } t
                    ? seen.Transient(t) : null,
            };
        }
        json["channels"] = null;
        if (minimal)
        {
            json["width"] = register.Widest();
            if (record.HasInner) json["inner_width"] = register.Widest(1);
            json["data_type_width"] = register.DataTypeWidth;
            json["a2q_width"] = register.NormWidth;
        }
        Write(json, to, "channels", register.Channels.Index(), c =>
            (minimal ? Least(c.Item, c.Index) : Of(c.Index, c.Item.Verdict)).WriteTo(to));
    }

    private static JsonObject Least(ChannelRecord channel, int index)
    {
        var json = new JsonObject
        {
            ["channel"] = index,
            ["width"] = channel.Widths[0],
            ["inner_width"] = channel.Widths.Length > 1 ? channel.Widths[1] : null,
            ["prover"] = channel.Prover,
            ["bounds"] = Ranges(channel.Verdict.Bounds),
            ["tight"] = channel.IsTight,
            ["one_bit_less"] = new JsonArray([.. channel.Below.Select(b => b is null ? null : Of(index, b))]),
        };
        Answers(json, channel.Verdict);
        return json;
    }

    // Whose word a proof rests on, where it rests on a solver's.
    private static void Answers(JsonObject json, Verdict verdict)
    {
        if (verdict is Proved { Answers: var (solver, confirmedBy) }) (json["solver"], json["confirmed_by"]) = (solver, confirmedBy);
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
        Answers(json, verdict);
        if (verdict is Unknown unknown)
        {
            json["reason"] = unknown.Reason;
            json["reached"] = Ranges(unknown.Reached);
        }
        if (verdict is Refuted { Witness: var w })
        {
            json["witness"] = new JsonObject
            {
                ["value"] = w.Value.ToString(), ["from"] = w.Node.From, ["until"] = w.Node.Until, ["bias"] = w.Node.Bias,
                    ["register"] = w.Node.Register,
                ["inputs"] = new JsonArray([.. w.Inputs.Select(x => (JsonNode)x)]),
                ["weights"] = w.Weights.IsEmpty ? null : new JsonArray([.. w.Weights.Select(x => (JsonNode)x)]),
                ["network_input"] = w.Network is not { } n ? null : new JsonObject
                {
                    ["shape"] = new JsonArray([.. n.Input.Shape.Select(d => (JsonNode)d)]), ["y"] = n.Y, ["x"] = n.X,
                    ["values"] = new JsonArray([.. n.Input.Type.IsReal() ? n.Input.Floats.Select(v => (JsonNode)v)
                        : n.Input.Integers.Select(v => (JsonNode)v)]),
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
