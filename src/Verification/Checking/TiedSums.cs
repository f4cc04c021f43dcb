using System.Numerics;
using System.Text.Json;

namespace Sim.Verification.Checking;

/// <summary>The partial sums of a channel with what independent inputs make of them: the sums about which evidence has to speak are those beyond its bound.</summary>
internal sealed class TiedSums
{
    private readonly CertifiedLayer _layer;
    private readonly (int From, int Until, bool Bias, int Register)[] _sums;
    private readonly BigInteger[] _low, _high;
    private readonly BigInteger _bias;
    private readonly (BigInteger Low, BigInteger High) _subset;

    internal TiedSums(CertifiedLayer layer, int row, JsonElement channel)
    {
        if (!layer.HasWeights) throw new FormatException("evidence about relations needs constant weights");
        _layer = layer;
        _bias = CertifiedLayer.Number(channel.GetProperty("bias"));
        _sums = [.. PartialSums.Of(layer.Order, layer.K, layer.Bias).Distinct().OrderBy(s => (s.Register, s.From, s.Until, s.Bias))];
        (_low, _high) = (new BigInteger[layer.K + 1], new BigInteger[layer.K + 1]);
        BigInteger least = 0, greatest = 0;
        for (int k = 0; k < layer.K; k++)
        {
            BigInteger w = layer.Weight(row, k).Low, a = w * layer.Input(row, k).Low, b = w * layer.Input(row, k).High;
            (_low[k + 1], _high[k + 1]) = (_low[k] + BigInteger.Min(a, b), _high[k] + BigInteger.Max(a, b));
            (least, greatest) = (least + BigInteger.Min(0, BigInteger.Min(a, b)), greatest + BigInteger.Max(0, BigInteger.Max(a, b)));
        }
        _subset = (least, greatest);
    }

    /// <summary>What a sum has beside its products.</summary>
    internal BigInteger Start((int From, int Until, bool Bias, int Register) sum) => sum.Bias ? _bias : 0;

    /// <summary>Whether a sum stands for all subsets of its products.</summary>
    internal bool IsSubset((int From, int Until, bool Bias, int Register) sum) => _layer.Order == "any" && sum.Until > sum.From && !(sum.Bias && _layer.Bias == "addedafter");

    /// <summary>Sums of a register that independent inputs could bring beyond a bound.</summary>
    internal IEnumerable<(int From, int Until, bool Bias, int Register)> Beyond(int register, bool highest, BigInteger bound) => _sums.Where(s =>
    {
        if (s.Register != register) return false;
        BigInteger end = Start(s) + (IsSubset(s) ? highest ? _subset.High : _subset.Low : highest ? _high[s.Until] - _high[s.From] : _low[s.Until] - _low[s.From]);
        return highest ? end > bound : end < bound;
    });
}
