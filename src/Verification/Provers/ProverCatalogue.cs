using System.Collections.Immutable;
using Sim.Verification.Solvers;

namespace Sim.Verification.Provers;

/// <summary>The ladder: provers in the order in which they are tried, cheapest first.</summary>
public static class ProverCatalogue
{
    /// <summary>Provers that need no solver and no other layer.</summary>
    public static readonly ImmutableArray<IProver> ClosedForm =
    [
        new DataTypeBound(),
        new WeightNormBound(),
        new ZeroSumBound(),
        new PrefixExtremes(),
        new SimplexBound(),
    ];

    /// <summary>Provers that need no solver; the last ones are about claims that name their network.</summary>
    public static readonly ImmutableArray<IProver> OverLayers = [.. ClosedForm, new AffineBound(), new LayerProgram(), new NetworkSearch()];

    /// <summary>Every prover; those that need a solver refuse, because they have none.</summary>
    public static ImmutableArray<IProver> All { get; } = [.. OverLayers, new SmtProver(null, TimeSpan.Zero)];

    /// <summary>Every prover, with a solver where one is needed.</summary>
    /// <param name="limit">Time that a solver may take for one channel.</param>
    public static ImmutableArray<IProver> With(SolverPool solvers, TimeSpan limit) =>
        [.. All.Select(p => p is SmtProver ? new SmtProver(solvers, limit) : p)];
}
