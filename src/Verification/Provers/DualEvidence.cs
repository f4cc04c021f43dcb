using System.Collections.Immutable;
using System.Numerics;
using System.Text.Json.Nodes;
using Sim.Verification.Claims;
using Sim.Verification.Verdicts;

namespace Sim.Verification.Provers;

/// <summary>The multiplier of each relation that bounds a partial sum.</summary>
public sealed record DualSum(SumNode Node, ImmutableArray<BigInteger> Multipliers);

/// <summary>One end of a register: no sum exceeds the bound; those whose intervals do are shown by multipliers.</summary>
public sealed record DualBound(int Register, bool Highest, Int128 Bound, ImmutableArray<DualSum> Sums);

/// <summary>
/// Bounds over inputs tied by relations, by weak duality: Σ w·x ≤ Σ_r λ_r·(the end of relation r) + Σ_k max over the box of (w_k − Σ_r λ_r·c_rk)·x_k for any multipliers λ; of
/// least sums the same for −w. The coefficients of each relation are divided by their greatest common divisor, its ends rounded inwards.
/// </summary>
/// <param name="Inputs">Inputs that fulfil all relations: the claim is not void.</param>
public sealed record DualEvidence(ImmutableArray<long> Inputs, ImmutableArray<DualBound> Bounds) : Evidence("dual")
{
    /// <inheritdoc/>
    public override JsonObject ToJson(Func<string, string, string> file) => new()
    {
        ["inputs"] = new JsonArray([.. Inputs.Select(x => (JsonNode)x)]),
        ["bounds"] = new JsonArray([.. Bounds.Select(b => new JsonObject
        {
            ["register"] = b.Register,
            ["highest"] = b.Highest,
            ["bound"] = b.Bound.ToString(),
            ["sums"] = new JsonArray([.. b.Sums.Select(s => new JsonObject
            {
                ["from"] = s.Node.From, ["until"] = s.Node.Until, ["bias"] = s.Node.Bias, ["multipliers"] = new JsonArray([.. s.Multipliers.Select(m => (JsonNode)m.ToString())]),
            })]),
        })]),
    };
}
