using System.Numerics;
using System.Text.Json;

namespace Sim.Verification.Checking;

/// <summary>The relations between inputs that a certificate states of a channel.</summary>
internal sealed class ChannelRelations
{
    internal ChannelRelations(CertifiedLayer layer, JsonElement channel)
    {
        if (!channel.TryGetProperty("relations", out JsonElement list)) return;
        All = [.. list.EnumerateArray().Select(r => Read(layer.K, r))];
    }

    /// <summary>Coefficients, least and largest sum; null where there is no such end.</summary>
    internal (BigInteger[] Coefficients, BigInteger? Low, BigInteger? High)[] All { get; } = [];

    /// <summary>Whether inputs fulfil all of them.</summary>
    internal bool Hold(IReadOnlyList<long> inputs)
    {
        foreach ((BigInteger[] coefficients, BigInteger? low, BigInteger? high) in All)
        {
            BigInteger sum = 0;
            for (int k = 0; k < coefficients.Length; k++) sum += coefficients[k] * inputs[k];
            if (sum < low || sum > high) return false;
        }
        return true;
    }

    private static (BigInteger[], BigInteger?, BigInteger?) Read(int k, JsonElement relation)
    {
        BigInteger[] coefficients = [.. relation.GetProperty("coefficients").EnumerateArray().Select(CertifiedLayer.Number)];
        if (coefficients.Length != k) throw new FormatException($"a relation of {coefficients.Length} inputs of {k}");
        return (coefficients, End(relation.GetProperty("low")), End(relation.GetProperty("high")));
    }

    private static BigInteger? End(JsonElement end) => end.ValueKind == JsonValueKind.Null ? null : CertifiedLayer.Number(end);
}
