using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.Foundation.Diagnostics;
using Sim.Mapper.Constraints;
using Sim.Mapper.Nests;
using Sim.Mapper.Search;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Tests.Search;

/// <summary>The search under constraints against full enumeration filtered by them.</summary>
public sealed class ConstrainedSearchTests
{
    private const int Cases = 120, MostNests = 1200, Sets = 4;

    [Test]
    public void The_optimum_is_that_of_the_filtered_enumeration_and_more_constraints_are_never_better([Range(0, 7)] int part)
    {
        int compared = 0, excluded = 0, changed = 0;
        for (int seed = part * Cases; seed < (part + 1) * Cases; seed++)
        {
            MapProblem problem = RandomProblem.Of(seed);
            if (Nests(problem) is not { } nests) continue;
            var random = new Random(seed + 1000000);
            var rules = ImmutableArray<MapRule>.Empty;
            double[] before = new double[3];
            for (int set = 0; set < Sets; set++)
            {
                if (set > 0) rules = rules.Add(Rule(random, problem));
                if (Contradicts(rules)) break;
                var constraints = new MapConstraints(rules);
                foreach (MapObjective objective in Enum.GetValues<MapObjective>())
                {
                    double truth = nests.Where(n => ConstraintOracle.Obeys(n.Nest, problem.Hierarchy, constraints, n.Inside))
                        .Select(n => n.Values[(int)objective]).DefaultIfEmpty(double.PositiveInfinity).Min();
                    MapResult? found = MapSearch.Best(problem with { Constraints = constraints }, objective);
                    double value = found?.Cost.Value(objective) ?? double.PositiveInfinity;
                    string name = $"case {seed} {objective}: {string.Join("; ", rules)}";
                    if (double.IsInfinity(truth) || double.IsInfinity(value)) Assert.That(value, Is.EqualTo(truth), name);
                    else Assert.That(value, Is.EqualTo(truth).Within(1e-9).Percent, name);
                    Assert.That(value, Is.GreaterThanOrEqualTo(before[(int)objective] * (1 - 1e-12)), name);
                    if (set > 0 && value > before[(int)objective] * (1 + 1e-9)) changed++;
                    before[(int)objective] = value;
                    compared++;
                    if (double.IsInfinity(truth)) excluded++;
                }
            }
        }
        Assert.That(compared, Is.GreaterThanOrEqualTo(400));
        Assert.That(changed, Is.GreaterThanOrEqualTo(60));
        Assert.That(excluded, Is.GreaterThanOrEqualTo(20));
    }

    private static bool Contradicts(ImmutableArray<MapRule> rules) => rules.OfType<KeepRule>().GroupBy(k => (k.Operand, k.Level))
        .Any(g => g.Select(k => k.Keeps).Distinct().Count() > 1);

    private static List<(LoopNest Nest, int Inside, double[] Values)>? Nests(MapProblem problem)
    {
        var nests = new List<(LoopNest, int, double[])>();
        int seen = 0;
        try
        {
            new NestEnumeration(problem.Layer, problem.Hierarchy, _ => { })
            {
                FoundInside = (nest, inside) =>
                {
                    if (++seen > MostNests) throw new OperationCanceledException();
                    if (HandCost.Of(NestCounts.Of(nest, problem.Hierarchy), problem) is not { } cost) return;
                    nests.Add((nest, inside, [cost.Energy, cost.Cycles, cost.Energy * cost.Cycles]));
                },
            }.Run();
            return nests;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private static MapRule Rule(Random random, MapProblem problem)
    {
        var place = new Location("rules");
        ImmutableArray<HierarchyLevel> levels = problem.Hierarchy.Levels;
        LoopDim[] dims = [.. Enum.GetValues<LoopDim>().Where(d => problem.Layer.Size(d) > 1)];
        int[] memories = [.. Enumerable.Range(0, levels.Length).Where(l => levels[l] is MemoryLevel)];
        int[] fabrics = [.. Enumerable.Range(0, levels.Length).Where(l => levels[l] is FabricLevel)];
        int kind = random.Next(6);
        if (kind == 0)
        {
            var open = memories.SelectMany(l => Enum.GetValues<Operand>().Select(o => (Level: l, Operand: o)))
                .Where(m => m.Level > 0 && problem.Hierarchy.Memory(m.Level).Keeps[m.Operand] == Keeping.May).ToList();
            if (open.Count > 0 && open[random.Next(open.Count)] is var chosen)
                return new KeepRule("keep", place, chosen.Operand, chosen.Level, random.Next(2) == 0);
        }
        if (kind == 1 && fabrics.Length > 0) return new UseRule("use", place, random.Next(1, 5) / 4.0);
        int level = memories[random.Next(memories.Length)], axis = 0;
        BoundPlace where = random.Next(2) == 0 ? BoundPlace.Memory : BoundPlace.Tile;
        if (kind is 2 or 3 && fabrics.Length > 0)
        {
            level = fabrics[0];
            axis = random.Next(problem.Hierarchy.Fabric(level).Axes.Length);
            where = kind == 2 ? BoundPlace.Axis : BoundPlace.Inside;
        }
        ImmutableArray<DimBound> bounds = [.. dims.Where(_ => random.Next(2) == 0).Select(d => random.Next(4) switch
        {
            0 => new DimBound(d, 1, 1),
            1 => new DimBound(d, 1, random.Next(1, (int)problem.Layer.Size(d) + 1)),
            2 => new DimBound(d, random.Next(1, 3), DimBound.All),
            _ => random.Next(3) == 0 ? new DimBound(d, DimBound.All, DimBound.All) : new DimBound(d, 2, 2),
        })];
        return new BoundRule($"{where} {level}.{axis} {string.Join(' ', bounds)}", place, where, level, axis, bounds);
    }
}
