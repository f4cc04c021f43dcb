using System.Collections.Immutable;
using System.Globalization;
using Sim.Mapper.Nests;
using Sim.Mapper.Search;

namespace Sim.Mapper.Checks;

/// <summary>
/// Checks a best mapping without the search: its counts by walking every step, and its value against every nest of the mapspace when these
/// are few.
/// </summary>
/// <param name="Done">What was compared and found equal.</param>
/// <param name="Skipped">What was too large to check.</param>
/// <param name="Wrong">What differs; empty: nothing.</param>
public sealed record MapCheck(ImmutableArray<string> Done, ImmutableArray<string> Skipped, ImmutableArray<string> Wrong)
{
    /// <summary>Nests above which a mapspace is not enumerated.</summary>
    public const int MostNests = 1_000_000;

    private const long MostSteps = 4_000_000;

    private const double Tolerance = 1e-9;

    /// <summary>Checks a result of <see cref="MapSearch"/>.</summary>
    public static MapCheck Of(MapProblem problem, MapObjective objective, MapResult result)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(result);
        var (done, skipped, wrong) = (new List<string>(), new List<string>(), new List<string>());
        ImmutableArray<NestProblem> problems = NestLegality.Check(result.Nest, problem.Hierarchy, problem.Packing);
        wrong.AddRange(problems.Select(p => $"the nest is not legal: {p.Message}"));
        if (problems.IsEmpty) done.Add("the nest is legal");
        Recount(problem, result, done, skipped, wrong);
        Enumerate(problem, objective, result, done, skipped, wrong);
        return new([.. done], [.. skipped], [.. wrong]);
    }

    private static void Recount(MapProblem problem, MapResult result, List<string> done, List<string> skipped, List<string> wrong)
    {
        if (NestRecount.Of(result.Nest, problem.Hierarchy) is not { } walked)
        {
            skipped.Add(Invariant($"counts not walked: {problem.Layer.Macs} products are above {NestRecount.MostProducts}"));
            return;
        }
        int before = wrong.Count;
        if (walked.Macs != result.Counts.Macs || walked.Steps != result.Counts.Steps)
            wrong.Add(Invariant($"walked {walked.Macs} products in {walked.Steps} steps, counted {result.Counts.Macs} in ")
                + Invariant($"{result.Counts.Steps}"));
        foreach ((StoreCounts theirs, StoreCounts ours) in walked.Stores.Zip(result.Counts.Stores))
            if (theirs != ours) wrong.Add($"walked {theirs}, counted {ours}");
        NestCost cost = NestCost.Of(walked, problem);
        if (!Close(cost.Picojoules, result.Cost.Picojoules) || !Close(cost.Cycles, result.Cost.Cycles))
            wrong.Add(Invariant($"walked {cost.Picojoules} pJ and {cost.Cycles} cycles, found {result.Cost.Picojoules} and ")
                + Invariant($"{result.Cost.Cycles}"));
        if (wrong.Count == before) done.Add(Invariant(
            $"{walked.Stores.Length} stores counted by walking {walked.Macs} products in {walked.Steps} steps: equal"));
    }

    private static void Enumerate(MapProblem problem, MapObjective objective, MapResult result, List<string> done, List<string> skipped,
        List<string> wrong)
    {
        if (problem.Constraints.Any)
        {
            skipped.Add("mapspace not enumerated: constraints leave only a part of it");
            return;
        }
        int nests = 0, fitting = 0;
        if (!MapspaceWalk.Run(problem, _ => ++nests <= MostNests, MostSteps))
        {
            skipped.Add(Invariant($"mapspace not enumerated: more than {MostNests} nests, or {MostSteps} nodes to write them"));
            return;
        }
        double best = double.PositiveInfinity;
        MapspaceWalk.Run(problem, nest =>
        {
            if (!Fits(nest, problem)) return true;
            NestCost cost = NestCost.Of(NestCounts.Of(nest, problem.Hierarchy), problem);
            if (cost.Cycles > problem.MostCycles) return true;
            fitting++;
            best = Math.Min(best, cost.Value(objective));
            return true;
        });
        double found = result.Cost.Value(objective);
        MapCertificate c = result.Certificate;
        if (!c.IsOptimal && best >= c.Bound * (1 - Tolerance) && best <= found * (1 + Tolerance))
            done.Add(Invariant($"{nests} nests enumerated, {fitting} fit: the best, {best}, is between the bound {c.Bound} and {found}"));
        else if (Close(best, found)) done.Add(Invariant($"{nests} nests enumerated, {fitting} fit: none is better"));
        else wrong.Add(Invariant($"of {nests} nests enumerated the best has {best}, the search found {found}"));
    }

    // Without a packing tiles fit in bits.
    private static bool Fits(LoopNest nest, MapProblem problem)
    {
        if (problem.Packing is { } packing) return NestLegality.Check(nest, problem.Hierarchy, packing).IsEmpty;
        return TilesInBits.Fit(nest, problem);
    }

    private static bool Close(double a, double b) => Math.Abs(a - b) <= Tolerance * Math.Max(Math.Abs(a), Math.Abs(b));

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
