
namespace Sim.Workloads.Quantization;

/// <summary>How a recipe rounds the elements of a tensor to codes.</summary>
/// <param name="Mode">Any mode.</param>
/// <param name="RandomBits">Random bits of stochastic rounding, 1 to 32; else 0.</param>
/// <param name="Rule">When stochastic rounding goes up.</param>
public sealed record TensorRounding(RoundingMode Mode, int RandomBits = 0, StochasticRule Rule = StochasticRule.Floor)
{
    /// <summary>To nearest, ties to even.</summary>
    public static TensorRounding NearestEven { get; } = new(RoundingMode.NearestEven);

    /// <summary>Whether random bits decide.</summary>
    public bool IsStochastic => Mode == RoundingMode.Stochastic;

    /// <summary>The rounding of an element without its random integer, saturating.</summary>
    internal Rounding Element => new(Mode, OverflowPolicy.Saturate, RandomBits, 0, Rule);

    internal string Text => FormattableString.Invariant($"{Mode}{(IsStochastic ? $" {RandomBits} {Rule}" : "")}");
}
