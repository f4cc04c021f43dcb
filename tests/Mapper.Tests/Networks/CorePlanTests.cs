using System.Collections.Immutable;
using NUnit.Framework;
using Sim.Mapper.Networks;

namespace Sim.Mapper.Tests.Networks;

/// <summary>Plans for several cores of random networks against trying everything: every cut into stages, and for every stage every way to
/// run it.</summary>
[TestFixture]
public sealed class CorePlanTests
{
    private const int Seeds = 600;

    [Test]
    public void Pipelines_are_those_of_trying_every_cut([Range(0, 5)] int part)
    {
        int cases = 0, several = 0, shared = 0;
        for (int seed = part * Seeds / 6; seed < (part + 1) * Seeds / 6; seed++)
        {
            var items = new RandomItems(seed);
            var search = new ScheduleSearch(items, items.Machine);
            if (ScheduleByObjective.Best(search, ScheduleObjective.Latency) is not { } best) continue;
            ScheduleTimeline one = ScheduleTimeline.Of(best.Schedule, items, items.Machine);
            for (int cores = 1; cores <= 4; cores++)
            {
                string name = $"seed {seed} cores {cores}";
                CorePlan plan = CorePlan.Of(search, items.Layers, cores, one);
                (long interval, int stages) = Cuts(items, 0, cores).Select(c => (Interval: Math.Max(c.Longest, Math.Max(c.Dram, c.Vector)),
                    c.Stages)).Min();
                Assert.That((plan.Pipeline.Cycles, plan.Stages.Length), Is.EqualTo((interval, stages)), name);
                Assert.That(plan.PipelineLatency, Is.EqualTo(interval * stages), name);
                Assert.That(plan.Stages.SelectMany(s => Enumerable.Range(s.First, s.Last - s.First + 1)),
                    Is.EqualTo(Enumerable.Range(0, items.Layers)), name);
                (long longest, long dram, long vector) = (0, 0, 0);
                foreach (PipelineStage stage in plan.Stages)
                {
                    (long cycles, long bus, long lanes) = Shortest(items, stage.First, stage.Last + 1)!.Value;
                    Assert.That(stage.Cycles, Is.EqualTo(cycles), name);
                    (longest, dram, vector) = (Math.Max(longest, cycles), dram + bus, vector + lanes);
                }
                Assert.That(plan.Pipeline.Bound switch { CoreBound.Cores => longest, CoreBound.Dram => dram, _ => vector },
                    Is.EqualTo(interval), name);
                Assert.That(plan.Pipeline.Bound == CoreBound.Cores, Is.EqualTo(longest >= dram && longest >= vector), name);
                cases++;
                if (stages > 1) several++;
                if (plan.Pipeline.Bound == CoreBound.Dram) shared++;
            }
        }
        Assert.That(cases, Is.GreaterThan(300), "times six parts: more than 1,800");
        Assert.That(several, Is.GreaterThan(10));
        Assert.That(shared, Is.GreaterThan(2));
    }

    [Test]
    public void More_cores_are_never_worse_and_one_is_none()
    {
        int cases = 0, better = 0;
        for (int seed = 0; seed < Seeds; seed++)
        {
            var items = new RandomItems(seed);
            var search = new ScheduleSearch(items, items.Machine);
            if (ScheduleByObjective.Best(search, ScheduleObjective.Latency) is not { } best) continue;
            ScheduleTimeline one = ScheduleTimeline.Of(best.Schedule, items, items.Machine);
            CorePlan before = CorePlan.Of(search, items.Layers, 1, one);
            // One core finishes a run when the run is over.
            Assert.That((before.Samples.Cycles, before.Samples.Bound, before.SampleLatency),
                Is.EqualTo((one.Cycles, CoreBound.Cores, one.Cycles)), $"seed {seed}");
            Assert.That((before.Pipeline.Cycles, before.PipelineLatency, before.Stages.Length),
                Is.EqualTo((best.Schedule.Cycles, best.Schedule.Cycles, 1)), $"seed {seed}");
            for (int cores = 2; cores <= 9; cores++)
            {
                CorePlan plan = CorePlan.Of(search, items.Layers, cores, one);
                Assert.That(plan.Samples.Cycles, Is.LessThanOrEqualTo(before.Samples.Cycles), $"seed {seed} {cores}");
                Assert.That(plan.Pipeline.Cycles, Is.LessThanOrEqualTo(before.Pipeline.Cycles), $"seed {seed} {cores}");
                // What all cores share is shared by however many.
                Assert.That(plan.Samples.Cycles, Is.GreaterThanOrEqualTo(Math.Max(one.DramCycles, one.VectorCycles)), $"seed {seed}");
                Assert.That(plan.Samples.Cycles * cores, Is.GreaterThanOrEqualTo(one.Cycles), $"seed {seed}");
                if (plan.Samples.Cycles == one.Cycles && one.Cycles > 1)
                    Assert.That(plan.Samples.Bound, Is.Not.EqualTo(CoreBound.Cores), $"seed {seed}");
                if (plan.Pipeline.Cycles < before.Pipeline.Cycles) better++;
                before = plan;
                cases++;
            }
        }
        Assert.That(cases, Is.GreaterThan(3000));
        Assert.That(better, Is.GreaterThan(100));
    }

    // Ways to cut the layers from one on into at most so many stages, each as fast as can be.
    private static IEnumerable<(long Longest, long Dram, long Vector, int Stages)> Cuts(RandomItems items, int first, int stages)
    {
        if (first == items.Layers) yield return (0, 0, 0, 0);
        if (first == items.Layers || stages == 0) yield break;
        for (int end = first + 1; end <= items.Layers; end++)
            if (Shortest(items, first, end) is var (cycles, dram, vector))
                foreach ((long longest, long d, long v, int count) in Cuts(items, end, stages - 1))
                    yield return (Math.Max(longest, cycles), dram + d, vector + v, count + 1);
    }

    // The shortest of all ways to run some layers with nothing on chip before and after.
    private static (long Cycles, long Dram, long Vector)? Shortest(RandomItems items, int first, int end)
    {
        int[] inside = [.. Enumerable.Range(0, items.Tensors.Length).Where(t => items.Tensors[t] is { IsCandidate: true } x
            && x.First >= first && x.Last < end)];
        (long, long, long)? best = null;
        for (int set = 0; set < 1 << inside.Length; set++)
        {
            HashSet<int> stay = [.. inside.Where((_, k) => (set >> k & 1) != 0)];
            foreach ((long, long, long) way in Ways(items, stay, first, end))
                if (best is null || way.CompareTo(best.Value) < 0) best = way;
        }
        return best;
    }

    private static IEnumerable<(long Cycles, long Dram, long Vector)> Ways(RandomItems items, HashSet<int> stay, int first, int end)
    {
        if (first == end) yield return (0, 0, 0);
        for (int last = first; last < end && last < first + items.Longest(first); last++)
        {
            int[] there = [.. stay.Where(t => items.Tensors[t] is var x && x.First <= last && x.Last >= first
                && !(x.First >= first && x.Last <= last))];
            long room = items.Machine.RoomBits - there.Sum(t => items.Tensors[t].Bits);
            long loaded = there.Where(t => items.Tensors[t] is { Producer: < 0 } x && x.First >= first).Sum(t => items.Tensors[t].Bits);
            ImmutableArray<int> touched = items.Touched(first, last);
            ulong onChip = 0;
            for (int k = 0; k < touched.Length; k++)
                if (there.Contains(touched[k])) onChip |= 1UL << k;
            foreach (ItemChoice c in items.Choices(first, last, onChip).Where(c => c.RoomBits <= room))
            {
                long bits = c.ReadBits + loaded + c.WriteBits;
                long bus = items.Machine.BitsPerCycle is { } rate ? (long)Math.Ceiling(bits / rate) : 0;
                foreach ((long cycles, long dram, long vector) in Ways(items, stay, last + 1, end))
                    yield return (cycles + Math.Max(c.ArrayCycles + c.VectorCycles, bus), dram + bus, vector + c.VectorCycles);
            }
        }
    }
}
