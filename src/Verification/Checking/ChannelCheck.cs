using System.Numerics;
using System.Text.Json;

namespace Sim.Verification.Checking;

/// <summary>One channel of a certificate: its S⁺ and S⁻, its answer at the stated widths, its answers one bit below.</summary>
internal sealed class ChannelCheck(CertifiedLayer layer, int row, JsonElement json, CertificateChecker counts)
{
    private readonly BigInteger _bias = CertifiedLayer.Number(json.GetProperty("bias"));

    internal void Run()
    {
        int[] widths = [.. json.GetProperty("widths").EnumerateArray().Select(w => w.GetInt32())];
        if (widths.Length != PartialSums.Registers(layer.Order)) throw new FormatException($"{widths.Length} widths for order {layer.Order}");
        if (Array.Exists(widths, w => w is < 2 or > 64)) throw new FormatException("a register has 2 to 64 bits");
        if (layer.HasWeights) SignSums();
        Answer(json.GetProperty("answer"), widths);
        if (!json.TryGetProperty("one_bit_less", out JsonElement below)) return;
        int r = 0;
        foreach (JsonElement answer in below.EnumerateArray())
        {
            if (answer.ValueKind != JsonValueKind.Null)
            {
                if (answer.GetProperty("verdict").GetString() == "proved") throw new FormatException("a width is not minimal when one bit less is proved");
                Answer(answer, [.. widths.Select((w, i) => i == r ? w - 1 : w)]);
            }
            r++;
        }
    }

    private void SignSums()
    {
        BigInteger positive = 0, negative = 0;
        foreach (long w in layer.Weights.Slice(row * layer.K, layer.K))
        {
            if (w > 0) positive += w;
            else negative -= w;
        }
        if (positive != CertifiedLayer.Number(json.GetProperty("s_plus")) || negative != CertifiedLayer.Number(json.GetProperty("s_minus"))) throw new FormatException("S+ or S- is not that of the weights");
    }

    private void Answer(JsonElement answer, int[] widths)
    {
        switch (answer.GetProperty("verdict").GetString())
        {
            case "proved":
                if (Holds(answer, widths)) counts.CountProved();
                else counts.CountUnchecked();
                break;
            case "refuted":
                Replay(answer.GetProperty("witness"), widths);
                counts.CountRefuted();
                break;
            case "unknown":
                counts.CountUnknown();
                break;
            default:
                throw new FormatException("no such verdict");
        }
    }

    // Whether all of it could be followed here; throws when the registers are too narrow for what was followed.
    private bool Holds(JsonElement answer, int[] widths)
    {
        (BigInteger Low, BigInteger High)[] ranges = Extremes();
        bool followed = true;
        if (answer.TryGetProperty("evidence", out JsonElement list))
        {
            foreach (JsonElement evidence in list.EnumerateArray())
            {
                string kind = evidence.GetProperty("kind").GetString()!;
                IEvidenceCheck check = EvidenceCheckCatalogue.All.FirstOrDefault(c => c.Kind == kind) ?? throw new FormatException($"no check of evidence '{kind}'");
                if (check.Check(layer, row, json, evidence) is not { } shown) followed = false;
                else
                    for (int r = 0; r < ranges.Length; r++)
                        ranges[r] = (BigInteger.Max(ranges[r].Low, shown[r].Low), BigInteger.Min(ranges[r].High, shown[r].High));
            }
        }
        for (int r = 0; r < ranges.Length; r++)
        {
            if (Fits(ranges[r].Low, widths[r]) && Fits(ranges[r].High, widths[r])) continue;
            return followed ? throw new FormatException($"register {r} of {widths[r]} bits does not hold [{ranges[r].Low}, {ranges[r].High}]") : false;
        }
        return true;
    }

    // Term by term, whatever the inputs are.
    private (BigInteger Low, BigInteger High)[] Extremes()
    {
        var low = new BigInteger[layer.K + 1];
        var high = new BigInteger[layer.K + 1];
        BigInteger least = 0, greatest = 0;
        for (int k = 0; k < layer.K; k++)
        {
            (BigInteger wl, BigInteger wh) = layer.Weight(row, k);
            (BigInteger xl, BigInteger xh) = layer.Input(row, k);
            BigInteger[] corners = [wl * xl, wl * xh, wh * xl, wh * xh];
            (BigInteger l, BigInteger h) = (corners.Min(), corners.Max());
            (low[k + 1], high[k + 1]) = (low[k] + l, high[k] + h);
            (least, greatest) = (least + BigInteger.Min(0, l), greatest + BigInteger.Max(0, h));
        }
        var ranges = new (BigInteger Low, BigInteger High)?[PartialSums.Registers(layer.Order)];
        foreach ((int from, int until, bool bias, int register) in PartialSums.Of(layer.Order, layer.K, layer.Bias))
        {
            BigInteger b = bias ? _bias : 0;
            bool subset = layer.Order == "any" && until > from && !(bias && layer.Bias == "addedafter");
            (BigInteger l, BigInteger h) = subset ? (least + b, greatest + b) : (low[until] - low[from] + b, high[until] - high[from] + b);
            ranges[register] = ranges[register] is { } r ? (BigInteger.Min(r.Low, l), BigInteger.Max(r.High, h)) : (l, h);
        }
        return [.. ranges.Select(r => r!.Value)];
    }

    // The inputs are allowed, the sum is one of the order, it has the stated value, and the register does not hold that.
    private void Replay(JsonElement witness, int[] widths)
    {
        long[] inputs = Numbers(witness.GetProperty("inputs"));
        long[]? weights = witness.GetProperty("weights") is { ValueKind: JsonValueKind.Array } w ? Numbers(w) : null;
        int[] order = witness.GetProperty("permutation") is { ValueKind: JsonValueKind.Array } p ? Array.ConvertAll(Numbers(p), v => (int)v) : [.. Enumerable.Range(0, layer.K)];
        (int from, int until, bool bias, int register) = (witness.GetProperty("from").GetInt32(), witness.GetProperty("until").GetInt32(), witness.GetProperty("bias").GetBoolean(), witness.GetProperty("register").GetInt32());
        if (inputs.Length != layer.K || !order.Order().SequenceEqual(Enumerable.Range(0, layer.K))) throw new FormatException("the witness has other inputs than the channel");
        bool any = layer.Order == "any", isSum = PartialSums.Of(layer.Order, layer.K, layer.Bias).Contains((from, until, bias, register))
            || any && from == 0 && until > 0 && until <= layer.K && register == 0 && bias == (layer.Bias == "preloaded");
        if (!isSum || !any && !order.SequenceEqual(Enumerable.Range(0, layer.K))) throw new FormatException("the witness is about a sum that the order does not have");
        BigInteger value = bias ? _bias : 0;
        for (int k = 0; k < layer.K; k++)
        {
            (BigInteger xl, BigInteger xh) = layer.Input(row, k);
            (BigInteger wl, BigInteger wh) = layer.Weight(row, k);
            if (inputs[k] < xl || inputs[k] > xh) throw new FormatException($"input {k} of the witness lies outside its box");
            if (weights is null ? wl != wh : weights[k] < wl || weights[k] > wh) throw new FormatException($"weight {k} of the witness lies outside its type");
        }
        for (int i = from; i < until; i++) value += (weights is null ? layer.Weight(row, order[i]).Low : weights[order[i]]) * (BigInteger)inputs[order[i]];
        Relations(inputs);
        if (value != CertifiedLayer.Number(witness.GetProperty("value"))) throw new FormatException("the witness sums to another value");
        if (Fits(value, widths[register])) throw new FormatException($"the witness reaches {value}, which {widths[register]} bits hold");
    }

    private void Relations(long[] inputs)
    {
        if (!new ChannelRelations(layer, json).Hold(inputs)) throw new FormatException("the witness breaks a relation between the inputs");
    }

    private static bool Fits(BigInteger value, int bits) => value >= -(BigInteger.One << (bits - 1)) && value < BigInteger.One << (bits - 1);

    private static long[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(n => n.GetInt64())];
}
