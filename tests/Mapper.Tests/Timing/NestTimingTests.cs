using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;
using Sim.Mapper.Timing;

namespace Sim.Mapper.Tests.Timing;

/// <summary>The closed form of a nest's time equals walking every step with real sets: cycles, stalls by cause, work of every
/// port.</summary>
public class NestTimingTests
{
    [TestCase(1, 3, 1500)]
    [TestCase(2, 6, 1500)]
    public void TheClosedFormIsTheWalk(int seed, int most, int cases)
    {
        var random = new Random(seed);
        int compared = 0, stalled = 0, late = 0, oneWay = 0, banked = 0, rows = 0;
        for (int i = 0; i < cases; i++)
        {
            (LoopNest nest, Hierarchy hierarchy, NestWidths widths, ComputeRate rate) = RandomNest.Make(random, most);
            if (nest.Layer.Macs > 20_000) continue;
            var walked = new WalkedTiming(nest, hierarchy, widths, rate);
            NestCycles closed = NestTiming.Of(nest, hierarchy, widths, rate);
            string text = $"case {i}: {string.Join("; ", nest.Nodes)} of {string.Join(",", nest.Layer.Sizes)} on "
                + string.Join("; ", hierarchy.Levels);
            Assert.That(closed.Total, Is.EqualTo(walked.Total), text);
            Assert.That(closed.Compute, Is.EqualTo(walked.Compute), text);
            Assert.That(closed.Drain, Is.EqualTo(walked.Drain), text);
            Assert.That(closed.Stalls.ToDictionary(s => s.Resource.ToString(), s => s.Cycles),
                Is.EquivalentTo(walked.Stalls.Where(s => s.Value > 0)), text);
            Assert.That(closed.Uses.Where(u => u.BusyCycles > 0).ToDictionary(u => u.Resource.ToString(), u => u.BusyCycles),
                Is.EquivalentTo(walked.Busy.Where(b => b.Value > 0)), text);
            Assert.That(closed.Compute + closed.Stalls.Sum(s => s.Cycles) + closed.Drain, Is.EqualTo(closed.Total), text);
            compared++;
            if (closed.Stalled > 0) stalled++;
            if (closed.Stalls.Any(w => w.Resource.Kind == WaitKind.Latency)) late++;
            if (closed.Stalls.Any(w => w.Resource.Kind is WaitKind.ReadBus or WaitKind.WriteBus)) oneWay++;
            if (hierarchy.Memory(0) is not { Timing: not null } dram) continue;
            // Rows cost time: without them the bus works less.
            Hierarchy flat = hierarchy with { Levels = hierarchy.Levels.SetItem(0, dram with { Timing = null }) };
            (long with, long without) = (Bus(closed), Bus(NestTiming.Of(nest, flat, widths, rate)));
            Assert.That(with, Is.GreaterThanOrEqualTo(without), text);
            banked++;
            if (with > without) rows++;
        }
        Assert.That(compared, Is.GreaterThan(cases * 2 / 3));
        Assert.That(stalled, Is.GreaterThan(cases / 4));
        Assert.That(late, Is.GreaterThan(cases / 20));
        Assert.That(oneWay, Is.GreaterThan(cases / 20));
        Assert.That(banked, Is.GreaterThan(cases / 3));
        Assert.That(rows, Is.GreaterThan(cases / 4));
        Assert.That(WalkedDram.Seen.Hits, Is.GreaterThan(cases));
        Assert.That(WalkedDram.Seen.Misses, Is.GreaterThan(cases));
        Assert.That(WalkedDram.Seen.Conflicts, Is.GreaterThan(cases));
    }

    private static long Bus(NestCycles cycles) =>
        cycles.Uses.Where(u => u.Resource is { Level: 0, Kind: WaitKind.Bus }).Sum(u => u.BusyCycles);
}
