using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using Sim.Verification.Claims;
using Sim.Workloads.Integers;
using Sim.Verification.Provers;
using Sim.Verification.Records;
using Sim.Verification.Verdicts;
using Sim.Workloads.Data;

namespace Sim.Verification.Certificates;

/// <summary>
/// One channel of a certificate. Bounds are the exact extremes of independent inputs, narrowed by what evidence shows, whichever prover
/// decided; values that overflow are the first ones in a fixed order. So every number is one that a checker computes again, and none is
/// free.
/// </summary>
internal sealed class CertifiedChannel
{
    private readonly VerifyOptions _options;
    private readonly IntegerLayer _layer;
    private readonly int _row;
    private readonly Func<string, byte[], (string Name, string Digest)> _file;
    private readonly ImmutableArray<Interval> _extremes;
    private int _files;

    internal CertifiedChannel(VerifyOptions options, IntegerLayer layer, int row, ChannelRecord certificate, bool minimal,
        Func<string, byte[], (string, string)> file)
    {
        (_options, _layer, _row, _file) = (options, layer, row, file);
        ChannelClaim claim = options.Claim(layer, row, certificate.Widths);
        _extremes = PartialSum.Hulls(PrefixExtremes.Each(claim), claim.Registers.Length);
        ImmutableArray<Interval> bounds = Bounds(certificate.Verdict);
        ImmutableArray<int> widths = minimal ? [.. bounds.Select(b => Math.Max(1, b.Width))] : certificate.Widths;
        Json = new JsonObject { ["channel"] = row, ["bias"] = claim.Bias.ToString(),
            ["widths"] = new JsonArray([.. widths.Select(w => (JsonNode)w)]) };
        if (claim.Weights.Length > 0)
        {
            Int128 positive = 0, negative = 0;
            foreach (int w in claim.Weights) (positive, negative) = (positive + Math.Max(w, 0), negative - Math.Min(w, 0));
            (Json["s_plus"], Json["s_minus"]) = (positive.ToString(), negative.ToString());
        }
        if (!claim.Relations.IsEmpty)
        {
            Json["relations"] = new JsonArray([.. claim.Relations.Select(r => (JsonNode)new JsonObject
            {
                ["coefficients"] = new JsonArray([.. r.Coefficients.Select(c => (JsonNode)c)]), ["low"] = r.Low?.ToString(),
                    ["high"] = r.High?.ToString(),
            })]);
        }
        Json["answer"] = Answer(certificate.Verdict, widths, bounds, null);
        if (!minimal) return;
        bool same = widths.SequenceEqual(certificate.Widths);
        Json["one_bit_less"] = new JsonArray([.. widths.Select((w, r) =>
        {
            if (w == 1) return null;
            // Of independent inputs the extremes say what one bit less comes to, even where a weaker prover left a wider register.
            Verdict below = same && certificate.Below[r] is { } v ? v : new Unknown("", [], []);
            return (JsonNode)Answer(below, widths.SetItem(r, w - 1), bounds, r);
        })]);
    }

    internal JsonObject Json { get; }

    private bool IsFree => _options.Network is null && _options.Relations(_layer, _row).IsEmpty;

    private ImmutableArray<Interval> Bounds(Verdict verdict) =>
        verdict is Proved { Evidence.IsEmpty: false } proved ? [.. _extremes.Zip(proved.Bounds, (a, b) => a.Intersect(b))] : _extremes;

    private JsonObject Answer(Verdict verdict, ImmutableArray<int> widths, ImmutableArray<Interval> bounds, int? below)
    {
        var claim = _options.Claim(_layer, _row, widths);
        bool overflows = Overflow(claim, below, (r, high) => high ? bounds[r].High : bounds[r].Low) is not null;
        // What a weaker prover left open, the extremes of free inputs decide.
        if (IsFree) verdict = overflows ? new Refuted("", new Witness([], [], [], default, 0), [])
            : new Proved("", bounds, verdict is Proved p ? p.Evidence : []);
        switch (verdict)
        {
            case Proved proved:
                var json = new JsonObject { ["verdict"] = "proved",
                    ["bounds"] = new JsonArray([.. bounds.Select(b => (JsonNode)CertificateWriter.Range(b))]) };
                if (!proved.Evidence.IsEmpty) json["evidence"] = new JsonArray([.. proved.Evidence.Select(e => (JsonNode)Evidence(e))]);
                return json;
            case Refuted refuted: return Refutation(claim, refuted.Witness, below);
            default: return new() { ["verdict"] = "unknown" };
        }
    }

    private JsonObject Refutation(ChannelClaim claim, Witness witness, int? below)
    {
        var json = new JsonObject { ["verdict"] = "refuted" };
        Func<int, bool, Int128> reached = (r, high) => high ? _extremes[r].High : _extremes[r].Low;
        if (witness.Network is { } network)
        {
            (json["network_input"], json["network_input_sha256"]) = _file($".{_files++}.input.npy", NpyWriter.Write(network.Input));
            reached = new ReachedSums(claim, ReachedSums.Places(claim, network.Input)).Of;
        }
        else if (!claim.Relations.IsEmpty)
        {
            // Inputs that no relation names go to the end where they help most.
            bool high = witness.Value > 0;
            long[] inputs = [.. witness.Inputs];
            for (int k = 0; k < inputs.Length; k++)
                if (claim.Relations.All(r => r.Coefficients[k] == 0)) inputs[k] = (long)(claim.Weights[k] != 0
                    && claim.Weights[k] > 0 == high ? claim.Input(k).High : claim.Input(k).Low);
            json["inputs"] = new JsonArray([.. inputs.Select(x => (JsonNode)x)]);
            json["relation_sums"] = new JsonArray([.. claim.Relations.Select(r =>
                (JsonNode)inputs.Select((x, k) => (Int128)r.Coefficients[k] * x).Aggregate((a, b) => a + b).ToString())]);
            reached = new ReachedSums(claim, [inputs]).Of;
        }
        json["value"] = (Overflow(claim, below, reached)
            ?? throw new InvalidOperationException($"layer '{_layer.Name}', channel {_row}: a refutation without a sum that overflows"))
            .ToString();
        return json;
    }

    // The first sum that leaves its register: register by register, the high end before the low one.
    private static Int128? Overflow(ChannelClaim claim, int? below, Func<int, bool, Int128> reached)
    {
        foreach (int r in below is { } one ? [one] : Enumerable.Range(0, claim.Registers.Length))
            foreach (bool high in (ReadOnlySpan<bool>)[true, false])
                if (reached(r, high) is var value
                    && (high ? value > claim.Registers[r].Range.High : value < claim.Registers[r].Range.Low)) return value;
        return null;
    }

    private JsonObject Evidence(Evidence evidence)
    {
        JsonObject json = evidence.ToJson((extension, text) => _file($".{_files++}{extension}", Encoding.UTF8.GetBytes(text)));
        json.Insert(0, "kind", evidence.Kind);
        return json;
    }
}
