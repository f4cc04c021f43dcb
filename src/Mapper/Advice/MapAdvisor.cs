using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies.Costs;
using Sim.Foundation.Diagnostics;
using Sim.Mapper.Answers;
using Sim.Mapper.Nests;
using Sim.Mapper.Search;
using Sim.Mapper.Timing;

namespace Sim.Mapper.Advice;

/// <summary>
/// Tries single changes of an accelerator on mapped layers. A changed accelerator gets the better of the mapping that was found for the
/// given one and of a search with a bounded effort; where such a search finds a mapping that is better on the given one too, gains are
/// against that: what a search gains is never told as the change's.
/// </summary>
public sealed class MapAdvisor
{
    /// <summary>Steps of a search on a changed accelerator.</summary>
    public const long Effort = 20_000_000;

    private readonly MapTarget _target;
    private readonly MapObjective _objective;
    private readonly long _effort;
    private readonly Func<MapProblem, MapObjective, long, MapResult?> _search;
    private readonly ImmutableArray<(ArchitectureChange Change, MapTarget Target)> _changed;
    private readonly ImmutableArray<(string, string)> _unpriced;

    /// <summary>Prepares the changes.</summary>
    /// <param name="target">The accelerator.</param>
    /// <param name="objective">What is made least.</param>
    /// <param name="effort">Most steps of a search.</param>
    /// <param name="search">As <see cref="MapSearch.Best"/>, which it is when left out.</param>
    public MapAdvisor(MapTarget target, MapObjective objective, long effort = Effort,
        Func<MapProblem, MapObjective, long, MapResult?>? search = null)
    {
        ArgumentNullException.ThrowIfNull(target);
        (_target, _objective, _effort, _search) = (target, objective, effort, search ?? MapSearch.Best);
        var changed = ImmutableArray.CreateBuilder<(ArchitectureChange, MapTarget)>();
        var unpriced = ImmutableArray.CreateBuilder<(string, string)>();
        foreach (ArchitectureChange change in ArchitectureChange.All(target.Architecture))
        {
            try
            {
                changed.Add((change, new MapTarget(target.Loaded with { Architecture = change.Architecture }, target.Constraints)));
            }
            catch (InvalidInputException e)
            {
                unpriced.Add((change.Text, e.Diagnostics[0].Message));
            }
        }
        (_changed, _unpriced) = (changed.ToImmutable(), unpriced.ToImmutable());
    }

    /// <summary>Advice for layers that run one after another, each so many times; and for each of them alone.</summary>
    public (MapAdvice Whole, ImmutableArray<MapAdvice> Each) Of(ImmutableArray<(MappedLayer Layer, int Times)> layers)
    {
        ImmutableArray<Tried> tried = [.. layers.Select(l => Try(l.Layer))];
        return (Advice(layers.Select((l, i) => (tried[i], l.Times)).ToArray()), [.. tried.Select(t => Advice((t, 1)))]);
    }

    private sealed record Tried(AdviceCost Before, bool BetterFound, ImmutableArray<(AdviceCost Cost, string Bound)?> After);

    private sealed record Mapped(LoopNest Nest, NestCost Cost, AdviceCost Value);

    private Tried Try(MappedLayer row)
    {
        Mapped given = new(row.Result.Nest, row.Result.Cost, new(row.Result.Cost.Picojoules, row.Time.Total,
            row.Result.Certificate.IsOptimal)), before = given;
        var after = new Mapped?[_changed.Length];
        for (int i = 0; i < _changed.Length; i++)
        {
            MapTarget target = _changed[i].Target;
            if (_search(target.Problem(row.Layer), _objective, _effort) is not { } found) continue;
            bool proved = found.Certificate.IsOptimal;
            after[i] = On(target, found.Nest, proved);
            if (On(_target, found.Nest, before.Value.IsProved) is { } here && Better(here, before)) before = here;
        }
        // The mapping before is one of the changed accelerator's, too, where it is legal there.
        for (int i = 0; i < after.Length; i++)
            if (On(_changed[i].Target, before.Nest, after[i]?.Value.IsProved ?? false) is { } kept && (after[i] is not { } found
                || Better(kept, found))) after[i] = kept;
        return new(before.Value, !ReferenceEquals(before, given),
            [.. after.Select(a => a is null ? ((AdviceCost, string)?)null : (a.Value, a.Cost.Bound))]);
    }

    private bool Better(Mapped one, Mapped other) => one.Value.Value(_objective) < other.Value.Value(_objective);

    // A nest on an accelerator; null where it is not legal.
    private static Mapped? On(MapTarget target, LoopNest nest, bool proved)
    {
        MapProblem problem = target.Problem(nest.Layer);
        if (!NestLegality.Check(nest, problem.Hierarchy, problem.Packing).IsEmpty) return null;
        NestCost cost = NestCost.Of(NestCounts.Of(nest, problem.Hierarchy), problem);
        return new(nest, cost, new(cost.Picojoules, ArchitectureTiming.Of(nest, target.Architecture).Total, proved));
    }

    private MapAdvice Advice(params (Tried Layer, int Times)[] layers)
    {
        AdviceCost none = new(0, 0, true), before = layers.Aggregate(none, (sum, l) => sum.Plus(l.Layer.Before, l.Times));
        var rows = new List<AdviceRow>();
        var missing = new List<(string, string)>(_unpriced);
        for (int i = 0; i < _changed.Length; i++)
        {
            (ArchitectureChange change, MapTarget target) = _changed[i];
            if (layers.Any(l => l.Layer.After[i] is null))
            {
                missing.Add((change.Text, "no mapping fits"));
                continue;
            }
            AdviceCost after = layers.Aggregate(none, (sum, l) => sum.Plus(l.Layer.After[i]!.Value.Cost, l.Times));
            rows.Add(new(change, before, after, layers.Length == 1 ? layers[0].Layer.After[i]!.Value.Bound : null,
                _target.Cost.AreaSquareMicrometres, change.Unpriced is null ? target.Cost.AreaSquareMicrometres : null,
                IsLeast(target.Cost, change), target.Cost.Clock.Problem is not null && _target.Cost.Clock.Problem is null));
        }
        return new([.. rows.OrderByDescending(r => r.Gain(_objective)).ThenBy(r => r.AreaAfter ?? double.MaxValue)
            .ThenBy(r => r.Change.Text, StringComparer.Ordinal)], [.. missing], _effort, layers.Any(l => l.Layer.BetterFound));
    }

    // COST006 says of a memory with many ports that its price is a lower bound.
    private static bool IsLeast(HierarchyCost cost, ArchitectureChange change) => cost.Warnings.Any(w =>
        w.StartsWith($"COST006: memory '{change.Architecture.Hierarchy.Levels[change.Level].Name}'", StringComparison.Ordinal));
}
