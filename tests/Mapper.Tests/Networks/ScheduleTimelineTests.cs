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
