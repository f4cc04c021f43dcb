using System.Collections.Immutable;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Sim.Verification.Claims;
using Sim.Verification.Verdicts;
using Sim.Workloads.Integers;

namespace Sim.Verification.Relations;

/// <summary>
/// Bounds of partial sums by lines through the staircases of earlier layers: the slopes of each are all that a checker needs to follow
/// them. They are the dual solution of the linear program over the staircases' hulls. Sums without a part here are within the bounds by the
/// ranges of their terms alone.
/// </summary>
/// <param name="Ranges">Of each register: what the parts and those ranges show.</param>
internal sealed record LayerEvidence(ImmutableArray<Interval> Ranges, ImmutableArray<LayerEvidence.Part> Parts) : Evidence("layers")
{
    /// <summary>One end of one sum.</summary>
    /// <param name="EverySubset">The bound holds for every subset of the products.</param>
    /// <param name="Missing">Products that lie in padding.</param>
    /// <param name="Bound">The bound, bias included.</param>
    /// <param name="Unrounded">What the lines show the sum (of the low end, its negative) to stay below, without bias, in units of
    /// 2^−(Σ Shifts).</param>
    /// <param name="Shifts">Of each level of the chain: slopes are Numerators / 2^Shift.</param>
    internal sealed record Part(SumNode Node, bool IsHigh, bool EverySubset, ImmutableArray<int> Missing, Int128 Bound,
        BigInteger Unrounded, ImmutableArray<int> Shifts, ImmutableArray<ImmutableArray<long>> Numerators);

    /// <inheritdoc/>
    public override JsonObject ToJson(Func<string, string, (string Name, string Digest)> file) => new()
    {
        ["ranges"] = new JsonArray([.. Ranges.Select(r => (JsonNode)new JsonArray(r.Low.ToString(), r.High.ToString()))]),
        ["parts"] = new JsonArray([.. Parts.Select(p => (JsonNode)Json(p))]),
    };

    // Any slopes give a bound that holds, and neighbouring ones often the same integer: the bound before rounding binds each of them.
    private static JsonObject Json(Part p)
    {
        string[] slopes = [.. p.Numerators.Zip(p.Shifts, (n, s) => $"{s} {string.Join(' ', n)}")];
        return new()
        {
            ["register"] = p.Node.Register, ["from"] = p.Node.From, ["until"] = p.Node.Until, ["bias"] = p.Node.Bias, ["end"] = p.IsHigh
                ? "high" : "low",
            ["there"] = string.Concat(Enumerable.Range(0, p.Numerators[0].Length).Select(k => p.Missing.Contains(k) ? '0' : '1')),
                ["bound"] = p.Bound.ToString(), ["unrounded"] = p.Unrounded.ToString(CultureInfo.InvariantCulture),
            ["slopes"] = new JsonArray([.. slopes.Select(s => (JsonNode)s)]),
            ["slopes_sha256"] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', slopes)))),
        };
    }
}
