using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.ArchModel.Hierarchies.Reading;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;
using Sim.Mapper.Advice;
using Sim.Mapper.Answers;
using Sim.Mapper.Constraints;
using Sim.Mapper.Nests;
using Sim.Mapper.Search;
using Sim.Mapper.Tests.Search;
using Sim.Mapper.Timing;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Tests.Advice;

/// <summary>Gains of single changes against enumerating every nest of the changed accelerator, and against a count by hand.</summary>
public sealed class MapAdvisorTests
{
    private static readonly ImmutableArray<LoopLayer> Layers =
    [
        LoopLayer.Gemm("square", 1, 4, 2, 4, true), LoopLayer.Gemm("rows", 1, 8, 2, 2, true), LoopLayer.Gemm("sums", 1, 2, 2, 8, true),
        LoopLayer.Gemm("heads", 2, 2, 2, 4, false),
    ];

    [TestCaseSource(nameof(Layers))]
    public void Energies_are_those_of_the_best_of_all_nests(LoopLayer layer)
    {
        MapTarget target = Target("capacity: 24 B", "shape: {x: 2}");
        MapAdvice advice = Advice(target, MapObjective.Energy, layer);
        Assert.That(advice.Rows, Has.Length.EqualTo(11));
        Assert.That(advice.BetterFound, Is.False);
        foreach (AdviceRow row in advice.Rows)
        {
            Assert.That(row.Before.Picojoules, Is.EqualTo(Least(target, layer)).Within(1e-9).Percent);
            var changed = new MapTarget(target.Loaded with { Architecture = row.Change.Architecture }, MapConstraints.None);
            Assert.That(row.After.Picojoules, Is.EqualTo(Least(changed, layer)).Within(1e-9).Percent, row.Change.Text);
            Assert.That(row.IsProved, Is.True);
        }
        Assert.That(advice.Rows.Select(r => r.Gain(MapObjective.Energy)), Is.Ordered.Descending);
    }

    [Test]
    public void A_bus_bound_layer_is_helped_by_its_bus()
    {
        MapTarget target = Target("capacity: 1 KiB", "shape: {x: 2}");
        MapAdvice advice = Advice(target, MapObjective.Latency, LoopLayer.Gemm("thin", 1, 1, 64, 64, true));
        AdviceRow best = advice.Best(MapObjective.Latency)!;
        Assert.That(best.Change.Text, Is.EqualTo("dram bandwidth 1 → 2 B/cycle"));
        // 64·64 weights, 64 activations and 64 results pass a bus of one byte a cycle, then of two: a matrix by a vector reuses no weight.
        Assert.That(best.Before.Cycles, Is.InRange(64 * 64 + 64 + 64, 1.1 * (64 * 64 + 64 + 64)));
        Assert.That(best.After.Cycles, Is.InRange((64 * 64 + 64 + 64) / 2.0, 1.1 * (64 * 64 + 64 + 64) / 2));
        Assert.That(best.AreaAfter, Is.Null, "a bus off chip has no price");
        Assert.That(best.Change.Unpriced, Is.EqualTo("off chip"));
    }

    [Test]
    public void A_better_machine_at_equal_prices_is_never_told_as_worse()
    {
        int cases = 0;
        MapTarget target = Target("capacity: 64 B", "shape: {x: 2}");
        foreach (LoopLayer layer in Layers)
            foreach (MapObjective objective in Enum.GetValues<MapObjective>())
                foreach (AdviceRow row in Advice(target, objective, layer, effort: 1).Rows
                    .Where(r => r.Change.Text.Contains("ports", StringComparison.Ordinal)
                        || r.Change.Text.Contains("bandwidth", StringComparison.Ordinal)
                        || r.Change.Text.Contains("multicast", StringComparison.Ordinal)))
                {
                    Assert.That(row.Gain(objective), Is.GreaterThanOrEqualTo(1 - 1e-12), row.Change.Text);
                    cases++;
                }
        Assert.That(cases, Is.GreaterThanOrEqualTo(40));
    }

    [Test]
    public void Layers_one_after_another_add_up()
    {
        MapTarget target = Target("capacity: 24 B", "shape: {x: 2}");
        var mapped = Layers.Select((l, i) => (Map(target, MapObjective.Edp, l), i + 1)).ToImmutableArray();
        (MapAdvice whole, ImmutableArray<MapAdvice> each) = new MapAdvisor(target, MapObjective.Edp).Of(mapped);
        Assert.That(each, Has.Length.EqualTo(Layers.Length));
        foreach (AdviceRow row in whole.Rows)
        {
            AdviceRow[] parts = [.. each.Select(e => e.Rows.Single(r => r.Change.Text == row.Change.Text))];
            Assert.That(row.After.Cycles, Is.EqualTo(parts.Select((p, i) => (i + 1) * p.After.Cycles).Sum()));
            double before = parts.Select((p, i) => (i + 1) * p.Before.Picojoules).Sum();
            Assert.That(row.Before.Picojoules, Is.EqualTo(before).Within(1e-9).Percent);
        }
        Assert.That(whole.Rows, Has.Length.EqualTo(11));
    }

    // The clock is between what the memory needs and what twice as much needs, so only more capacity misses it.
    [Test]
    public void A_change_that_misses_the_clock_is_listed_and_not_the_answer()
    {
        double now = Slowest(Target("capacity: 256 KiB", "shape: {x: 2}", Slow)), next = Slowest(Target("capacity: 512 KiB", "shape: {x: 2}",
            Slow));
        Assert.That(next, Is.GreaterThan(now * 1.01));
        MapTarget target = Target("capacity: 256 KiB", "shape: {x: 2}", FormattableString.Invariant($"{2000 / (now + next):F3} MHz"));
        Assert.That(target.Cost.Clock.Problem, Is.Null);
        LoopLayer layer = LoopLayer.Gemm("wide", 1, 512, 512, 512, true);
        MapAdvice advice = Advice(target, MapObjective.Energy, layer);
        AdviceRow more = advice.Rows.Single(r => r.Change.Text == "buffer capacity 256 KiB → 512 KiB");
        Assert.That(more.MissesClock, Is.True);
        Assert.That(more.Gain(MapObjective.Energy), Is.GreaterThan(MapAdvice.LeastGain), "it would help");
        Assert.That(advice.Rows.Count(r => r.MissesClock), Is.EqualTo(1));
        Assert.That(advice.Best(MapObjective.Energy)?.Change.Text, Is.Not.EqualTo(more.Change.Text));
    }

    private const string Slow = "1 MHz";

    private static double Slowest(MapTarget target) => target.Cost.Clock.Paths.Max(p => p.Nanoseconds);

    [Test]
    public void Every_change_changes_one_level_and_no_lanes()
    {
        foreach ((string name, int least) in new[] { ("three_level", 25), ("eyeriss_v1", 20), ("gemmini_default", 15), ("h100_sm", 15) })
        {
            HierarchicalArchitecture now = HierarchyReader.Load(name, new DiagnosticBag())!.Architecture;
            ImmutableArray<ArchitectureChange> changes = ArchitectureChange.All(now);
            Assert.That(changes, Has.Length.GreaterThanOrEqualTo(least));
            Assert.That(changes.Select(c => c.Text), Is.Unique);
            foreach (ArchitectureChange change in changes)
            {
                int[] other = [.. Enumerable.Range(0, now.Hierarchy.Levels.Length)
                    .Where(i => !now.Hierarchy.Levels[i].Equals(change.Architecture.Hierarchy.Levels[i]))];
                Assert.That(other, Is.EqualTo(new[] { change.Level }), change.Text);
                Assert.That(change.Architecture with { Hierarchy = now.Hierarchy }, Is.EqualTo(now));
                if (now.Hierarchy.Levels[change.Level] is FabricLevel fabric) Assert.That(fabric.IsLanes, Is.False);
            }
        }
    }

    private static double Least(MapTarget target, LoopLayer layer)
    {
        MapProblem problem = target.Problem(layer);
        double least = double.PositiveInfinity;
        new NestEnumeration(layer, problem.Hierarchy, nest =>
        {
            if (NestLegality.Check(nest, problem.Hierarchy, problem.Packing).IsEmpty)
                least = Math.Min(least, NestCost.Of(NestCounts.Of(nest, problem.Hierarchy), problem).Picojoules);
        }).Run();
        return least;
    }

    private static MapAdvice Advice(MapTarget target, MapObjective objective, LoopLayer layer, long effort = MapAdvisor.Effort) =>
        new MapAdvisor(target, objective, effort).Of([(Map(target, objective, layer), 1)]).Whole;

    private static MappedLayer Map(MapTarget target, MapObjective objective, LoopLayer layer)
    {
        MapProblem problem = target.Problem(layer);
        MapResult result = MapSearch.Best(problem, objective)!;
        return new(layer, result, problem, ArchitectureTiming.Of(result.Nest, target.Architecture));
    }

    private static MapTarget Target(string buffer, string shape, string clock = "100 MHz")
    {
        var bag = new DiagnosticBag();
        YamlDocument document = YamlDocument.Parse($$$"""
            schema: sim.architecture/2
            technology: nangate45
            clock: {{{clock}}}
            datapath: int8_acc32
            hierarchy:
              - {memory: dram, kind: LPDDR4, bandwidth: 1 B/cycle}
              - {memory: buffer, {{{buffer}}}, word: 8 bit, 
                 keeps: [activations, outputs], may_keep: [weights], ports: {read: 32, write: 32},
                 energy: {read: 1 pJ, write: 1 pJ, source: the test}}
              - {fabric: grid, {{{shape}}}, multicast: {activations: x}}
              - {compute: pe}
            vector: {lanes: 1}
            """, "test.yaml", bag)!;
        LoadedHierarchy? loaded = HierarchyReader.Read((YamlMap)document.Root, bag, "test");
        Assert.That(bag.HasErrors, Is.False, string.Join('\n', bag.Sorted));
        return new MapTarget(loaded!, MapConstraints.None);
    }
}
