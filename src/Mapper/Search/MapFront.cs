using System.Collections.Immutable;

namespace Sim.Mapper.Search;

/// <summary>
/// Mappings of which no other one has less energy and at most as many cycles, or fewer cycles and at most as much energy: the least energy
/// under a limit of cycles that falls below those of the mapping before, until nothing fits. Each is the exact optimum under its limit, so
/// none is missing. Energies within 1e-9 of each other count as equal, and cycles too.
/// </summary>
/// <param name="Points">From the least energy to the fewest cycles.</param>
/// <param name="Whole">False: the search ended at its limit of points, and faster mappings are missing.</param>
public sealed record MapFront(ImmutableArray<MapResult> Points, bool Whole)
{
    private const double Step = 1e-9;

    /// <summary>Searches; without points when nothing fits.</summary>
    /// <param name="problem">What to map.</param>
    /// <param name="mostPoints">Points after which it ends.</param>
    public static MapFront Of(MapProblem problem, int mostPoints = int.MaxValue) => Of(problem, mostPoints,
        limited => MapSearch.Best(limited, MapObjective.Energy));

    internal static MapFront Of(MapProblem problem, int mostPoints, Func<MapProblem, MapResult?> best)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentOutOfRangeException.ThrowIfLessThan(mostPoints, 1);
        var points = new List<MapResult>();
        double limit = problem.MostCycles;
        while (best(problem with { MostCycles = limit }) is { } next)
        {
            // Of mappings of equal energy a search returns any: a faster one takes the place of the one before.
            if (points.Count > 0 && next.Cost.Picojoules <= points[^1].Cost.Picojoules * (1 + Step)) points[^1] = next;
            else if (points.Count == mostPoints) return new([.. points], false);
            else points.Add(next);
            limit = next.Cost.Cycles * (1 - Step);
        }
        return new([.. points], true);
    }
}
