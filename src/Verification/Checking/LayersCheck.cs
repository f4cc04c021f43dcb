using System.Numerics;
using System.Text.Json;

namespace Sim.Verification.Checking;

/// <summary>Evidence of kind "layers": lines through the requantization of earlier layers. Every sum of the order either stays inside by the ranges of its terms, or has a part whose lines show it.</summary>
internal sealed class LayersCheck : IEvidenceCheck
{
    public string Kind => "layers";

    public (BigInteger Low, BigInteger High)[]? Check(CertifiedLayer layer, int row, JsonElement channel, JsonElement evidence)
    {
        if (!layer.HasWeights) throw new FormatException("lines through layers need constant weights");
        List<LinkedLayer> chain = layer.Chain;
        (BigInteger Low, BigInteger High)[] ranges = [.. evidence.GetProperty("ranges").EnumerateArray().Select(CertifiedLayer.Pair)];
        if (ranges.Length != PartialSums.Registers(layer.Order)) throw new FormatException("the evidence has other registers than the order");
        JsonElement[] parts = [.. evidence.GetProperty("parts").EnumerateArray()];
        if (parts.Length == 0) throw new FormatException("the evidence has no parts");
        var operands = new LinkedOperands(chain, row, layer.IsRaw, Numbers(parts[0], "shifts").Length);
        BigInteger preload = CertifiedLayer.Number(channel.GetProperty("bias"));
        var shown = new HashSet<string>();
        foreach (JsonElement part in parts) shown.Add(Follow(layer, row, operands, part, preload, ranges));
        (BigInteger Low, BigInteger High)[] terms = [.. Enumerable.Range(0, layer.K).Select(k => Times(operands.Range(k), layer.Weight(row, k).Low))];
        List<bool[]> kinds = chain[0].Kinds();
        foreach ((int from, int until, bool bias, int register) in PartialSums.Of(layer.Order, layer.K, layer.Bias))
        {
            bool subset = layer.Order == "any" && until > from && !(bias && layer.Bias == "addedafter");
            BigInteger offset = bias ? preload : 0;
            foreach (bool[] there in subset || from == until ? [kinds[0].Select(_ => true).ToArray()] : kinds)
            {
                (BigInteger low, BigInteger high) = (offset, offset);
                for (int k = from; k < until; k++)
                {
                    if (!there[k]) continue;
                    low += subset ? BigInteger.Min(0, terms[k].Low) : terms[k].Low;
                    high += subset ? BigInteger.Max(0, terms[k].High) : terms[k].High;
                }
                if (high > ranges[register].High && !shown.Contains(Name(register, from, until, bias, subset, there, high: true)) || low < ranges[register].Low && !shown.Contains(Name(register, from, until, bias, subset, there, high: false)))
                    throw new FormatException($"nothing shows that products {from} to {until - 1} stay within [{ranges[register].Low}, {ranges[register].High}]");
            }
        }
        return ranges;
    }

    // The sum that a part is about, once its bound is followed and inside.
    private static string Follow(CertifiedLayer layer, int row, LinkedOperands operands, JsonElement part, BigInteger preload, (BigInteger Low, BigInteger High)[] ranges)
    {
        (int register, int from, int until, bool bias) = (part.GetProperty("register").GetInt32(), part.GetProperty("from").GetInt32(), part.GetProperty("until").GetInt32(), part.GetProperty("bias").GetBoolean());
        bool high = part.GetProperty("end").GetString() == "high", subset = part.GetProperty("every_subset").GetBoolean();
        bool[] there = [.. Enumerable.Repeat(true, layer.K)];
        foreach (long k in Numbers(part, "missing")) there[k] = false;
        var coefficients = new BigInteger[layer.K];
        for (int k = from; k < until; k++)
            if (there[k]) coefficients[k] = high ? layer.Weight(row, k).Low : -layer.Weight(row, k).Low;
        long[][] slopes = [.. part.GetProperty("slopes").EnumerateArray().Select(s => Numbers(s.GetString()!))];
        int[] shifts = Array.ConvertAll(Numbers(part, "shifts"), s => (int)s);
        BigInteger bound = operands.Bound(coefficients, subset, slopes, shifts);
        bound = (high ? bound : -bound) + (bias ? preload : 0);
        if (bound != CertifiedLayer.Number(part.GetProperty("bound"))) throw new FormatException($"the lines show {bound}, not the stated bound");
        if (high ? bound > ranges[register].High : bound < ranges[register].Low) throw new FormatException($"the lines show {bound}, which lies outside the stated range");
        return Name(register, from, until, bias, subset, there, high);
    }

    private static string Name(int register, int from, int until, bool bias, bool subset, bool[] there, bool high) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{register} {from} {until} {bias} {subset} {high} {string.Concat(there.Select(t => t ? '1' : '0'))}");

    private static (BigInteger Low, BigInteger High) Times((BigInteger Low, BigInteger High) range, BigInteger weight) => weight.Sign >= 0 ? (weight * range.Low, weight * range.High) : (weight * range.High, weight * range.Low);

    private static long[] Numbers(JsonElement part, string name) => Numbers(part.GetProperty(name).GetString()!);

    private static long[] Numbers(string text) => [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(n => long.Parse(n, System.Globalization.CultureInfo.InvariantCulture))];
}
