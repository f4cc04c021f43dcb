using System.Collections.Immutable;
using System.Numerics;
using Sim.ArchModel.Hierarchies;
using Sim.Foundation.Yaml;
using Sim.Mapper.Constraints;
using Sim.Mapper.Nests;
using Sim.Mapper.Search.Lattice;

namespace Sim.Mapper.Search;

/// <summary>The best mapping of a layer: exactly, or as far as an effort goes, with a proved bound. Deterministic.</summary>
public static class MapSearch
{
    private const int QuickIterations = 6, Iterations = 40;

    // A relaxation keeps hundreds of tables of all tiles, a fine one thousands.
    private const double MostTiles = 100_000, MostFineTiles = 20_000;

    private const long WindowEffort = SearchEffort.Default / 4 * 3;

    /// <summary>Searches; null when nothing fits. <paramref name="effort"/>: counted steps, <see cref="SearchEffort.Full"/>: until the
    /// optimum is proved.</summary>
    public static MapResult? Best(MapProblem problem, MapObjective objective, long effort = SearchEffort.Full)
    {
        ArgumentNullException.ThrowIfNull(problem);
        if (problem.Constraints.Nest is { } nest) return Given(problem, nest, objective);
        problem = problem with { Hierarchy = ConstrainedHierarchy.Of(problem.Hierarchy, problem.Constraints) };
        var incumbent = new Incumbent(problem, objective);
        var spent = new SearchEffort(effort);
        if (!LatticeRules.Covers(problem) || TileLattice.Size(LatticeDim.Of(problem)) > MostTiles)
        {
            double least = Onward(problem.Hierarchy) ? Skeletons.Placements(problem.Hierarchy).Min(p => CompulsoryBound.Of(problem, p,
                objective)) : 0;
            return Sure(new Run(problem, incumbent, spent, least).Best(), problem, least);
        }
        bool windows = problem.HasWindow(Sliding.Rows) || problem.HasWindow(Sliding.Columns);
        // Of windows the lattice knows bounds only: the rest is left to the skeletons.
        var first = new SearchEffort(windows ? Math.Min(effort, WindowEffort) : effort);
        (MapResult? found, double known) = Lattice(problem, objective, incumbent, first, windows);
        spent.Add(first.Spent);
        if (!windows || double.IsPositiveInfinity(known) || found is { Certificate.IsOptimal: true }
            || (spent.IsSpent && found is not null))
            return found;
        var rest = new SearchEffort(effort == SearchEffort.Full ? effort : effort - spent.Spent);
        MapResult? whole = new Run(problem, incumbent, rest, known).Best();
        return whole is null ? null : Sure(whole with
        {
            Certificate = whole.Certificate with { Effort = whole.Certificate.Effort + spent.Spent },
        }, problem, known);
    }

    // Skeletons count repeats anew below every store. Where an operand has two memories below a fabric and no loop between their stores,
    // that is too much: what they prove holds down to a bound that is known otherwise.
    private static MapResult? Sure(MapResult? found, MapProblem problem, double known) =>
        found is null || !Onward(problem.Hierarchy) ? found
        : found with
        {
            Certificate = found.Certificate with
            {
                Bound = Math.Min(known, found.Certificate.Value), IsOptimal = known > found.Certificate.Value * (1 + 1e-12),
            },
        };

    private static bool Onward(Hierarchy hierarchy)
    {
        IEnumerable<MemoryLevel> below = hierarchy.Levels.SkipWhile(l => l is MemoryLevel).OfType<MemoryLevel>();
        return Enum.GetValues<Operand>().Any(o => below.Count(m => m.Keeps[o] != Keeping.Bypass) > 1);
    }

    // The only mapping; null when it is illegal.
    private static MapResult? Given(MapProblem problem, YamlList nodes, MapObjective objective)
    {
        if (NestReader.Read(nodes, nodes.Location, problem.Layer, problem.Hierarchy, new(), problem.Packing) is not { } nest) return null;
        NestCounts counts = NestCounts.Of(nest, problem.Hierarchy);
        NestCost cost = NestCost.Of(counts, problem);
        if (cost.Cycles > problem.MostCycles) return null;
        return new(nest, counts, cost, new(1, 1, 1, 0, 0, 0, 0, 0, 1, 1, cost.Value(objective), cost.Value(objective),
            true, 0));
    }

    // Over the lattice of tiles, with a bound of what is not finished.
    private static (MapResult? Result, double Unfinished) Lattice(MapProblem problem, MapObjective objective, Incumbent incumbent,
        SearchEffort effort, bool windows)
    {
        LatticeSearch[] parts = [.. new LatticeModel(problem).Parts(objective != MapObjective.Energy).Select(p =>
            new LatticeSearch(p, objective, incumbent, effort))];
        // What an early part finds drops later ones.
        foreach (LatticeSearch part in parts)
        {
            long until = effort.Spent + (effort.Limit - effort.Spent) / 6 * (windows ? 1 : 4);
            part.Tune(coarse: true);
            if (part.Least < double.PositiveInfinity && part.Tiles <= MostFineTiles
                && (effort.Spent < effort.Limit / 4 * 3 || incumbent.Nest is null)) part.Tune(coarse: false);
            while (effort.Spent < until && part.Least < double.PositiveInfinity) part.Continue();
        }
        double unfinished = double.PositiveInfinity;
        while (parts.MinBy(p => p.Least) is { Least: < double.PositiveInfinity } next)
        {
            if (effort.IsSpent && incumbent.Nest is not null)
            {
                unfinished = next.Least;
                break;
            }
            next.Continue();
        }
        unfinished = Math.Min(unfinished, parts.Min(p => p.Uncounted));
        long continued = parts.Sum(p => p.Continued), offered = parts.Sum(p => p.Evaluated);
        if (incumbent.Nest is not { } nest) return (null, unfinished);
        BigInteger size = 0;
        foreach (ImmutableArray<(Operand Operand, int Level)> placement in Skeletons.Placements(problem.Hierarchy))
            size += SkeletonSpace.Size(problem, placement);
        NestCounts counts = NestCounts.Of(nest, problem.Hierarchy);
        NestCost cost = NestCost.Of(counts, problem);
        double value = cost.Value(objective);
        bool optimal = unfinished > value * (1 + 1e-12);
        if (value / incumbent.Value - 1 is > 1e-9 or double.NaN || (optimal && value / incumbent.Value - 1 < -1e-9))
            throw new InvalidOperationException($"{problem.Layer.Name}: the search found {incumbent.Value}, exact counts give "
                + $"{value}: {NestKey.Of(nest)}");
        // Dives may meet a nest more than once.
        UInt128 all = size > (BigInteger)UInt128.MaxValue ? UInt128.MaxValue : (UInt128)size;
        UInt128 evaluated = UInt128.Min(all, (UInt128)offered);
        return (new(nest, counts, cost,
            new(size, continued, all, 0, 0, 0, 0, optimal ? all - evaluated : 0, evaluated, 0, Math.Min(unfinished, value), value, optimal,
            effort.Spent)), unfinished);
    }

    private sealed record Open(SkeletonModel Model, List<DimGroup> Groups, DualBound Bound);

    private sealed record Placed(double Bound, IEnumerator<Skeleton> Skeletons);

    private sealed class Run(MapProblem problem, Incumbent incumbent, SearchEffort effort, double known)
    {
        private readonly MapObjective objective = incumbent.Objective;
        private readonly Incumbent _incumbent = incumbent;
        private readonly MapCounters _counters = new();
        private readonly List<Open> _open = [];
        private long _skeletons;
        private UInt128 _candidates;

        // The least bound of all that is not finished.
        private double _unfinished = double.PositiveInfinity;

        private double Target => Math.Log(_incumbent.Threshold) + DualBound.Tolerance;

        public MapResult? Best()
        {
            BigInteger size = 0;
            var placements = new List<Placed>();
            foreach (ImmutableArray<(Operand Operand, int Level)> placement in Skeletons.Placements(problem.Hierarchy))
            {
                size += SkeletonSpace.Size(problem, placement);
                placements.Add(new(CompulsoryBound.Of(problem, placement, objective),
                    SkeletonSpace.Of(problem, placement).GetEnumerator()));
            }
            Build([.. placements.OrderBy(p => p.Bound)]);
            var walk = new SkeletonWalk(problem, objective, _incumbent, _counters, effort);
            foreach (Open open in _open.OrderBy(o => o.Bound.Value))
            {
                if (walk.Stops)
                {
                    Unfinished(Math.Exp(open.Bound.Value - DualBound.Tolerance));
                    continue;
                }
                open.Bound.Improve(Target, Iterations, effort);
                if (open.Bound.Value >= Target) _counters.BySkeletonBound += SkeletonWalk.Ways(open.Groups);
                else if (!walk.Walk(open.Model, open.Groups, open.Bound))
                    Unfinished(Math.Exp(open.Bound.Value - DualBound.Tolerance));
            }
            return _incumbent.Nest is null ? null : Result(size);
        }

        // One skeleton of each placement in turn, so that an effort that ends early has seen all kinds.
        private void Build(List<Placed> placements)
        {
            var factorizations = new Factorizations();
            var builder = new GroupBuilder(problem, factorizations, new(problem, factorizations, effort));
            var walk = new SkeletonWalk(problem, objective, _incumbent, new(), effort);
            double record = double.PositiveInfinity;
            while (placements.Count > 0)
            {
                for (int k = 0; k < placements.Count; k++)
                {
                    Placed placed = placements[k];
                    bool half = effort.Spent >= effort.Limit / 2 && _incumbent.Nest is not null;
                    bool dropped = placed.Bound > _incumbent.Threshold;
                    if (half && !dropped) Unfinished(placed.Bound);
                    if (half || dropped || !placed.Skeletons.MoveNext())
                    {
                        placements.RemoveAt(k--);
                        continue;
                    }
                    _skeletons++;
                    var model = new SkeletonModel(problem, placed.Skeletons.Current);
                    effort.Add(20_000 + 500L * model.Products.Count);
                    if (model.Impossible || builder.Of(model) is not { } groups) continue;
                    _candidates += SkeletonWalk.Ways(groups);
                    var bound = new DualBound(model, groups, objective);
                    bound.Improve(Target, QuickIterations, effort);
                    if (bound.Value >= Target)
                    {
                        _counters.BySkeletonBound += SkeletonWalk.Ways(groups);
                        continue;
                    }
                    _open.Add(new(model, groups, bound));
                    if (bound.Value >= record && _incumbent.Nest is not null) continue;
                    record = Math.Min(record, bound.Value);
                    walk.Dive(model, groups, bound);
                }
            }
        }

        private void Unfinished(double bound)
        {
            if (bound <= _incumbent.Threshold) _unfinished = Math.Min(_unfinished, bound);
        }

        private MapResult Result(BigInteger size)
        {
            NestCounts counts = NestCounts.Of(_incumbent.Nest!, problem.Hierarchy);
            NestCost cost = NestCost.Of(counts, problem);
            double value = cost.Value(objective);
            // Nothing is below a bound that is known already.
            _unfinished = Math.Max(_unfinished, known);
            // What was unfinished when a worse one was the best may be above the last one.
            bool optimal = _unfinished > value * (1 + 1e-12);
            // A skeleton counts repeats of a store below a loop that leaves its tile as it is; another skeleton has the same nest without
            // them. So a nest that is not the optimum may cost less than its skeleton says, never more.
            if (value / _incumbent.Value - 1 is > 1e-9 or double.NaN
                || (optimal && value / _incumbent.Value - 1 < -1e-9 && !Onward(problem.Hierarchy)))
                throw new InvalidOperationException($"{problem.Layer.Name}: the search found {_incumbent.Value}, exact counts give "
                    + $"{value}: {NestKey.Of(_incumbent.Nest!)}");
            return new(_incumbent.Nest!, counts, cost, new(size, _skeletons, _candidates, _counters.BySkeletonBound,
                _counters.ByWayBound, _counters.ByDominance, _counters.ByLimit, _counters.ByPartialBound, _counters.Evaluated,
                _counters.Counted, Math.Min(_unfinished, value), value, optimal, effort.Spent));
        }
    }
}
