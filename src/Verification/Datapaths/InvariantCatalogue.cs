using System.Collections.Immutable;
using Sim.Verification.Datapaths.Invariants;

namespace Sim.Verification.Datapaths;

/// <summary>Every property of datapaths, in the order of reports.</summary>
public static class InvariantCatalogue
{
    /// <summary>One line a property.</summary>
    public static ImmutableArray<IDatapathInvariant> All { get; } =
    [
        new SumRange(),
        new ExactSums(),
        new ExactWindow(),
        new QuireCapacity(),
        new NotAReal(),
        new AlignmentLoss(),
        new NormalizationError(),
        new NormalizationRange(),
        new MultiplierError(),
        new PrintedFormula(),
        new TruncationError(),
        new ProductsCommute(),
        new OrderOfTerms(),
        new LaneOrder(),
        new MonotoneSums(),
    ];

    /// <summary>Verdicts of the properties that mean something for the datapath; with <paramref name="names"/>, only of those.</summary>
    public static ImmutableArray<InvariantVerdict> Decide(DatapathClaim claim, IReadOnlyCollection<string>? names = null) =>
        [.. All.Where(i => names is null || names.Count == 0 || names.Contains(i.Name)).Select(i => i.Decide(claim))
            .OfType<InvariantVerdict>()];
}
