using System.Numerics;
using Sim.ArchModel.Hierarchies;
using Sim.Foundation.Yaml;
using Sim.Mapper.Constraints;
using Sim.Mapper.Nests;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Search;

/// <summary>The best mapping of a layer, exactly. Deterministic.</summary>
public static class MapSearch
{
    private const int QuickIterations = 6, Iterations = 40, DiveWidth = 5;

    /// <summary>Searches; null when nothing fits.</summary>
    public static MapResult? Best(MapProblem problem, MapObjective objective)
    {
        ArgumentNullException.ThrowIfNull(problem);
        if (problem.Constraints.Nest is { } nest) return Given(problem, nest, objective);
        return new Run(problem with { Hierarchy = ConstrainedHierarchy.Of(problem.Hierarchy, problem.Constraints) }, objective).Best();
    }

    // The only mapping; null when it is illegal.
    private static MapResult? Given(MapProblem problem, YamlList nodes, MapObjective objective)
    {
        if (NestReader.Read(nodes, nodes.Location, problem.Layer, problem.Hierarchy, new(), problem.Packing) is not { } nest) return null;
        NestCounts counts = NestCounts.Of(nest, problem.Hierarchy);
        NestCost cost = NestCost.Of(counts, problem);
        if (cost.Cycles > problem.MostCycles) return null;
        return new(nest, counts, cost, new(1, 1, 1, 0, 0, 0, 0, 0, 1, 1, cost.Value(objective)));
    }

    private sealed class Run(MapProblem problem, MapObjective objective)
    {
        private readonly Incumbent _incumbent = new(problem, objective);
        private readonly MapCounters _counters = new();

        public MapResult? Best()
        {
            var factorizations = new Factorizations();
            var builder = new GroupBuilder(problem, factorizations, new(problem, factorizations));
            var open = new List<(SkeletonModel Model, List<DimGroup> Groups, DualBound Bound)>();
            UInt128 candidates = 0;
            BigInteger size = 0;
            long skeletons = 0;
            foreach (Skeleton skeleton in SkeletonSpace.Of(problem, frame => size += SkeletonSpace.Size(problem, frame)))
            {
                skeletons++;
                var model = new SkeletonModel(problem, skeleton);
                if (model.Impossible || builder.Of(model) is not { } groups) continue;
                candidates += Ways(groups);
                var bound = new DualBound(model, groups, objective);
                bound.Improve(double.PositiveInfinity, QuickIterations);
                open.Add((model, groups, bound));
            }
            double proved = double.PositiveInfinity;
            foreach ((SkeletonModel model, List<DimGroup> groups, DualBound bound) in open.OrderBy(o => o.Bound.Value))
            {
                bound.Improve(Math.Log(_incumbent.Threshold) + DualBound.Tolerance, Iterations);
                proved = Math.Min(proved, Math.Exp(bound.Value - DualBound.Tolerance));
                if (bound.Value >= Math.Log(_incumbent.Threshold) + DualBound.Tolerance) _counters.BySkeletonBound += Ways(groups);
                else Walk(model, groups, bound);
            }
            if (_incumbent.Nest is null) return null;
            NestCounts counts = NestCounts.Of(_incumbent.Nest, problem.Hierarchy);
            NestCost cost = NestCost.Of(counts, problem);
            if (Math.Abs(cost.Value(objective) / _incumbent.Value - 1) > 1e-9)
                throw new InvalidOperationException($"{problem.Layer.Name}: the search found {_incumbent.Value}, exact counts give "
                    + $"{cost.Value(objective)}: {NestKey.Of(_incumbent.Nest)}");
            return new(_incumbent.Nest, counts, cost, new(size, skeletons, candidates, _counters.BySkeletonBound, _counters.ByWayBound,
                _counters.ByDominance, _counters.ByLimit, _counters.ByPartialBound, _counters.Evaluated, _counters.Counted,
                Math.Min(proved, _incumbent.Value)));
        }

        private static UInt128 Ways(IEnumerable<DimGroup> groups) =>
            groups.Aggregate((UInt128)1, (ways, g) => ways * (uint)g.Choices.Count);

        private static UInt128 Ways(IEnumerable<TreeLevel> levels) =>
            levels.Aggregate((UInt128)1, (ways, l) => ways * (uint)l.Ways.Length);

        private void Walk(SkeletonModel model, List<DimGroup> groups, DualBound bound)
        {
            double[] least = [.. groups.Select((g, i) => Scan.Least(g.Choices, bound.Prices[i]).Value)];
            if (double.IsPositiveInfinity(_incumbent.Value)) Dive(model, groups, bound);
            double slack = Math.Log(_incumbent.Threshold) + DualBound.Tolerance - bound.Constant - least.Sum();
            TreeLevel[] levels = Levels(model, groups, bound, i => least[i] + slack);
            UInt128 before = Ways(groups), after = Ways(levels);
            _counters.ByWayBound += before - after;
            foreach ((TreeLevel[] part, bool sure) in Parts(levels)) WalkPart(model, groups, bound, part, sure);
        }

        // Ways of windows that move the same whatever the order of loops around them are searched apart: dominance drops more there.
        private static IEnumerable<(TreeLevel[] Levels, bool Sure)> Parts(TreeLevel[] levels)
        {
            int[] windows = [.. Enumerable.Range(0, levels.Length).Where(k => levels[k].Unsure.Any(u => u))];
            for (int first = 0; first <= windows.Length; first++)
            {
                TreeLevel[] part = [.. levels];
                for (int w = 0; w < windows.Length; w++)
                {
                    TreeLevel level = levels[windows[w]];
                    if (w < first) part[windows[w]] = level.Where(i => !level.Unsure[i]);
                    else if (w == first) part[windows[w]] = level.Where(i => level.Unsure[i]);
                }
                yield return (part, first == windows.Length);
            }
        }

        private void WalkPart(SkeletonModel model, List<DimGroup> groups, DualBound bound, TreeLevel[] levels, bool sure)
        {
            (bool[] relevant, bool[] negative) = Relevant(model);
            UInt128 before = Ways(levels);
            levels = [.. levels.Select(l => l.Undominated(groups[l.Group], relevant, negative, sure ? null : Keeps(model,
                groups[l.Group])).Measured())
                .OrderBy(l => l.Ways.Length).ThenBy(l => l.Group)];
            _counters.ByDominance += before - Ways(levels);
            if (levels.Length > 1 && Ways(levels) > 20000)
                new TreeSearch(problem, model, groups, [.. levels.Select(l => l.First(DiveWidth))], bound.Constant, _incumbent,
                    new()).Run();
            new TreeSearch(problem, model, groups, levels, bound.Constant, _incumbent, _counters).Run();
        }

        private static Func<int, int, bool>? Keeps(SkeletonModel model, DimGroup group) =>
            group.Window != Sliding.None ? null : (a, b) => WindowOrder.Keeps(model, group, a, b);

        private void Dive(SkeletonModel model, List<DimGroup> groups, DualBound bound)
        {
            for (int width = DiveWidth; width <= 500 && double.IsPositiveInfinity(_incumbent.Value); width *= 10)
            {
                TreeLevel[] levels = [.. Levels(model, groups, bound, _ => double.PositiveInfinity).Select(l => l.First(width))];
                new TreeSearch(problem, model, groups, levels, bound.Constant, _incumbent, new()).Run();
            }
        }

        private static TreeLevel[] Levels(SkeletonModel model, List<DimGroup> groups, DualBound bound, Func<int, double> limit) =>
            [.. groups.Select((g, i) => TreeLevel.Of(g, i, bound.Prices[i], limit(i), model.Products.Count))];

        private (bool[] Relevant, bool[] Negative) Relevant(SkeletonModel model)
        {
            bool[] relevant = new bool[model.Products.Count], negative = new bool[model.Products.Count];
            IEnumerable<PricedSum> sums = model.Limits.Select(l => l.Sum);
            if (objective != MapObjective.Latency) sums = sums.Append(model.Energy);
            if (objective != MapObjective.Energy) sums = sums.Concat(model.Loads.Select(l => l.Cycles));
            foreach ((int f, double price) in sums.SelectMany(s => s.Prices))
            {
                relevant[f] |= price != 0;
                negative[f] |= price < 0;
            }
            return (relevant, negative);
        }
    }
}
