using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;
using Sim.Mapper.Search;
using Sim.Mapper.Timing;

namespace Sim.Mapper.Tests.Timing;

/// <summary>The cycles of the busiest resource, which the search makes least, are a lower bound of the time of every nest.</summary>
public class LatencyBoundTests
{
    [TestCase(31, 3, 1500)]
    [TestCase(32, 7, 2500)]
    public void TheBusiestResourceIsNeverAboveTheTime(int seed, int most, int cases)
    {
        var random = new Random(seed);
        int compared = 0, near = 0;
        var bounds = new HashSet<string>();
        for (int i = 0; i < cases; i++)
        {
            (LoopNest nest, Hierarchy hierarchy, NestWidths widths, ComputeRate rate) = RandomNest.Make(random, most);
            NestCost cost = NestCost.Of(NestCounts.Of(nest, hierarchy),
                new MapProblem(nest.Layer, hierarchy, Costs(hierarchy, widths, rate)));
            NestCycles time = NestTiming.Of(nest, hierarchy, widths, rate);
            Assert.That(cost.Cycles, Is.LessThanOrEqualTo(time.Total * (1 + 1e-9)),
                $"case {i}: {cost.Bound}: {string.Join("; ", nest.Nodes)} of {string.Join(",", nest.Layer.Sizes)} on "
                + string.Join("; ", hierarchy.Levels));
            compared++;
            if (time.Total <= 1.2 * cost.Cycles) near++;
            bounds.Add(cost.Bound[(cost.Bound.IndexOf(' ') + 1)..]);
        }
        Assert.That(compared, Is.EqualTo(cases));
        Assert.That(near, Is.GreaterThan(cases / 50), "a bound that is far from every time tests little");
        Assert.That(bounds, Is.SupersetOf(new[] { "compute", "read port", "ports", "bus" }));
    }

    private static MapCosts Costs(Hierarchy hierarchy, NestWidths widths, ComputeRate rate)
    {
        StoreRate Rate(MemoryLevel memory, long width) => new(0, 0, 0, width <= memory.WordBits ? 1.0 / (memory.WordBits / width)
            : (width + memory.WordBits - 1) / memory.WordBits, width);
        ImmutableArray<PerOperand<StoreRate>> levels = [.. hierarchy.Levels.Select(l => l is MemoryLevel memory
            ? PerOperand.Of(o => Rate(memory, widths.Of(o))) : default)];
        return new(levels, Rate(hierarchy.Memory(0), widths.Result), 0, (double)rate.Cycles / rate.Products);
    }
}
