using Sim.ArchModel.Hierarchies.Reading;
using Sim.Foundation.Diagnostics;
using Sim.Mapper.Answers;
using Sim.Mapper.Constraints;
using Sim.Mapper.Nests;
using Sim.Mapper.Search;
using Sim.Mapper.Timing;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Tests.Answers;

/// <summary>Among nests that the search cannot tell apart the faster one is taken, and never one of a higher bound.</summary>
public class TimedOrderTests
{
    [Test]
    public void EqualNestsAreRankedByTheirTime()
    {
        LoopLayer[] layers =
        [
            LoopLayer.Conv("a", 1, 1, 64, 32, 28, 28, 3, 3), LoopLayer.Conv("b", 1, 1, 48, 96, 14, 14, 1, 1),
            LoopLayer.Conv("c", 1, 1, 16, 3, 56, 56, 7, 7, 2, 2), LoopLayer.Gemm("d", 1, 64, 256, 512, true),
        ];
        int compared = 0, faster = 0;
        foreach (string name in new[] { "three_level", "gemmini_default", "tpu_v1", "eyeriss_v1" })
        {
            var bag = new DiagnosticBag();
            LoadedHierarchy loaded = HierarchyReader.Load(name, bag)!;
            bag.ThrowIfErrors();
            var target = new MapTarget(loaded, MapConstraints.None);
            foreach (LoopLayer layer in layers)
            {
                MapProblem problem = target.Problem(layer);
                if (MapSearch.Best(problem, MapObjective.Latency, 3_000_000) is not { } found) continue;
                MapResult ranked = TimedOrder.Of(found, problem, target.Architecture);
                (long before, long after) = (ArchitectureTiming.Of(found.Nest, target.Architecture).Total,
                    ArchitectureTiming.Of(ranked.Nest, target.Architecture).Total);
                Assert.That(NestLegality.Check(ranked.Nest, problem.Hierarchy, problem.Packing), Is.Empty);
                Assert.That(after, Is.LessThanOrEqualTo(before), $"{name} {layer.Name}");
                Assert.That(after, Is.GreaterThanOrEqualTo(found.Certificate.Bound * (1 - 1e-9)));
                Assert.That(ranked.Cost.Cycles, Is.LessThanOrEqualTo(found.Cost.Cycles * (1 + 1e-9)));
                Assert.That(NestCost.Of(NestCounts.Of(ranked.Nest, problem.Hierarchy), problem), Is.EqualTo(ranked.Cost));
                compared++;
                if (after < before) faster++;
            }
        }
        Assert.That(compared, Is.GreaterThanOrEqualTo(12));
        Assert.That(faster, Is.GreaterThan(0));
        TestContext.Out.WriteLine($"{faster} of {compared} faster");
    }
}
