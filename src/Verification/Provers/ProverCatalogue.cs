using System.Collections.Immutable;

namespace Sim.Verification.Provers;

/// <summary>The ladder: provers in the order in which they are tried, cheapest first.</summary>
public static class ProverCatalogue
{
    /// <summary>Provers that need no solver and no other layer.</summary>
    public static ImmutableArray<IProver> ClosedForm { get; } =
    [
        new DataTypeBound(),
        new WeightNormBound(),
        new ZeroSumBound(),
        new PrefixExtremes(),
        new SimplexBound(),
    ];
}
