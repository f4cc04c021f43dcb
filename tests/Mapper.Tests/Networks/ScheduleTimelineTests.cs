using System.Collections.Immutable;
using NUnit.Framework;
using Sim.Mapper.Networks;

namespace Sim.Mapper.Tests.Networks;

/// <summary>Timelines of random networks: nothing begins before what it reads is made, no unit does two things, room holds at every
/// moment, and overlap never makes anything later.</summary>
[TestFixture]
public sealed class ScheduleTimelineTests
{
    [Test]
    public void Timelines_are_possible_and_never_later_than_one_after_the_other()
    {
        int cases = 0, overlapped = 0;
        for (int seed = 0; seed < 2500; seed++)
        {
            var items = new RandomItems(seed);
            if (ScheduleByObjective.Best(new ScheduleSearch(items, items.Machine), ScheduleObjective.Edp) is not { } best) continue;
            ScheduleTimeline time = ScheduleTimeline.Of(best.Schedule, items, items.Machine);
            Check(items, best.Schedule.Items, time, $"seed {seed}");
            Assert.That(time.Cycles, Is.InRange(time.Bound, best.Schedule.Cycles), $"seed {seed}");
            cases++;
            if (time.Cycles < best.Schedule.Cycles) overlapped++;
        }
        Assert.That(cases, Is.GreaterThan(300));
        Assert.That(overlapped, Is.GreaterThan(30));
    }

    // By hand: conv, relu behind it, a second conv that reads the input alone, an addition of both. 8 bits a cycle.
    [Test]
    public void The_vector_unit_works_beside_the_array_where_nothing_waits_for_it()
    {
        var items = new FourLayers(secondReadsRelu: false);
        FoundSchedule found = new ScheduleSearch(items, FourLayers.Machine).Best(0, 1)!;
        ScheduleTimeline time = ScheduleTimeline.Of(found, items, FourLayers.Machine);
        // conv 0 to 10; relu 10 to 16 beside the second conv 10 to 17; the addition when both are made.
        Assert.That(time.Items.Select(t => (t.Start, t.End)), Is.EqualTo(new[] { (0L, 10L), (10L, 16L), (10L, 17L), (17L, 19L) }));
        Assert.That((time.Cycles, time.ArrayCycles, time.VectorCycles, time.DramCycles), Is.EqualTo((19L, 17L, 8L, 4L)));
        Assert.That(found.Cycles, Is.EqualTo(10 + 6 + 7 + 2), "one after the other");
        // Where the second conv needs the result of the relu nothing overlaps.
        items = new FourLayers(secondReadsRelu: true);
        found = new ScheduleSearch(items, FourLayers.Machine).Best(0, 1)!;
        time = ScheduleTimeline.Of(found, items, FourLayers.Machine);
        Assert.That(time.Items.Select(t => (t.Start, t.End)), Is.EqualTo(new[] { (0L, 10L), (10L, 16L), (16L, 23L), (23L, 25L) }));
        Assert.That(time.Cycles, Is.EqualTo(found.Cycles));
        // Four cores: the vector unit is one, and the array of each has 17 cycles of a run.
        CorePlan plan = CorePlan.Of(new ScheduleSearch(items, FourLayers.Machine), items.Layers, 4, time);
        Assert.That(plan.Samples, Is.EqualTo(new CoreInterval(8, CoreBound.Vector)));
        Assert.That(plan.SampleLatency, Is.EqualTo(32));
        // Any cut sends a tensor through DRAM, which takes 100 cycles here: all in one stage.
        Assert.That((plan.Pipeline, plan.Stages.Length), Is.EqualTo((new CoreInterval(25, CoreBound.Cores), 1)));
    }

    private sealed class FourLayers(bool secondReadsRelu) : IScheduleItems
    {
        public static ScheduleMachine Machine { get; } = new(100, 8, 1, 1);

        public ImmutableArray<ScheduleTensor> Tensors { get; } =
        [
            new("input", 8, -1, secondReadsRelu ? [0] : [0, 2], false, false), new("a", 8, 0, [1], false, true),
            new("b", 8, 1, secondReadsRelu ? [2, 3] : [3], false, true), new("c", 8, 2, [3], false, true), new("d", 8, 3, [], true, false),
        ];

        public int Layers => 4;

        public int Longest(int first) => 1;

        public ImmutableArray<int> Touched(int first, int last) => first switch
        {
            0 => [1],
            1 => [1, 2],
            2 => secondReadsRelu ? [2, 3] : [3],
            _ => [2, 3],
        };

        public ImmutableArray<ItemChoice> Choices(int first, int last, ulong onChip)
        {
            long bits = 8 * first switch { 0 => 2, 3 => 1, 2 => secondReadsRelu ? 0 : 1, _ => 0 };
            if (onChip != (1UL << Touched(first, last).Length) - 1) bits += 800;
            return [new ItemChoice(10, bits, 0, first switch { 0 => 10, 2 => 7, _ => 0 }, first switch { 1 => 6, 3 => 2, _ => 0 }, 1, 0)];
        }
    }

    private static void Check(RandomItems items, ImmutableArray<ScheduleItem> list, ScheduleTimeline time, string name)
    {
        long[] moments = [.. time.Items.SelectMany(t => new[] { t.Start, t.DramStart }).Distinct()];
        foreach (long moment in moments)
        {
            int[] running = [.. Enumerable.Range(0, list.Length).Where(i => time.Items[i].Start <= moment && time.Items[i].End > moment)];
            int[] begun = [.. Enumerable.Range(0, list.Length).Where(i => time.Items[i].Start <= moment)];
            // A tensor that stays is there from the begin of its first item to the end of the last that reads it.
            IEnumerable<int> there = begun.SelectMany(i => list[i].OnChip).Distinct().Where(t => Enumerable.Range(0, list.Length)
                .Any(i => time.Items[i].End > moment && items.Tensors[t].Consumers.Any(c => c >= list[i].First && c <= list[i].Last)));
            Assert.That(there.Sum(t => items.Tensors[t].Bits) + running.Sum(i => list[i].Choice.RoomBits),
                Is.LessThanOrEqualTo(items.Machine.RoomBits), $"{name} at {moment}");
            Assert.That(Enumerable.Range(0, list.Length).Count(i => time.Items[i].DramStart <= moment && time.Items[i].DramEnd > moment),
                Is.LessThanOrEqualTo(1), $"{name} bus at {moment}");
            foreach (Func<ItemChoice, long> unit in new Func<ItemChoice, long>[] { c => c.ArrayCycles, c => c.VectorCycles })
                Assert.That(begun.Count(i => unit(list[i].Choice) > 0 && Busy(list[i], time.Items[i], unit(list[i].Choice)) > moment),
                    Is.LessThanOrEqualTo(1), $"{name} unit at {moment}");
        }
        for (int j = 0; j < list.Length; j++)
        {
            long bits = list[j].Choice.ReadBits + list[j].Choice.WriteBits + list[j].Loaded.Sum(t => items.Tensors[t].Bits);
            Assert.That(time.Items[j].DramEnd - time.Items[j].DramStart, Is.EqualTo(items.Machine.BusCycles(bits)), name);
            Assert.That(time.Items[j].End, Is.GreaterThanOrEqualTo(Math.Max(time.Items[j].DramEnd,
                time.Items[j].Start + list[j].Choice.ArrayCycles + list[j].Choice.VectorCycles)), name);
            for (int i = 0; i < j; i++)
                if (items.Tensors.Any(t => t.Producer >= list[i].First && t.Producer <= list[i].Last
                    && t.Consumers.Any(c => c >= list[j].First && c <= list[j].Last)))
                    Assert.That(time.Items[j].Start, Is.GreaterThanOrEqualTo(time.Items[i].End), $"{name}: {i} before {j}");
        }
    }

    private static long Busy(ScheduleItem item, ItemTime time, long cycles) =>
        item.Choice is { ArrayCycles: > 0, VectorCycles: > 0 } ? time.End : time.Start + cycles;
}
