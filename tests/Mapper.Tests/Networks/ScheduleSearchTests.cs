using System.Collections.Immutable;
using NUnit.Framework;
using Sim.Mapper.Networks;

namespace Sim.Mapper.Tests.Networks;

/// <summary>Schedules of random networks against trying everything: every set of tensors that stay, every way to form groups, every
/// choice.</summary>
[TestFixture]
public sealed class ScheduleSearchTests
{
    private const int Cases = 1500, Parts = 10;

    [Test]
    public void The_best_schedule_is_that_of_trying_everything([Range(0, Parts - 1)] int part)
    {
        int found = 0, kept = 0;
        for (int seed = part * Cases / Parts; seed < (part + 1) * Cases / Parts; seed++)
        {
            var items = new RandomItems(seed);
            List<(double Energy, long Cycles)> all = [.. Everything(items)];
            foreach (ScheduleObjective objective in Enum.GetValues<ScheduleObjective>())
            {
                BestSchedule? best = ScheduleByObjective.Best(new ScheduleSearch(items, items.Machine), objective);
                Assert.That(best is null, Is.EqualTo(all.Count == 0), $"seed {seed}");
                if (best is null) continue;
                double truth = all.Min(s => Value(s, objective));
                Assert.That(best.Value, Is.EqualTo(truth).Within(1e-9).Percent, $"seed {seed} {objective}");
                Assert.That((best.Bound, best.Dropped), Is.EqualTo((best.Value, 0L)), $"seed {seed} {objective}");
                Verify(items, best.Schedule, $"seed {seed} {objective}");
                found++;
                kept += best.Schedule.Items.Sum(i => i.OnChip.Length);
            }
        }
        Assert.That(found, Is.GreaterThan(200));
        Assert.That(kept, Is.GreaterThan(50));
    }

    [Test]
    public void With_few_states_the_bound_stays_below_the_optimum()
    {
        int dropped = 0;
        for (int seed = 0; seed < 400; seed++)
        {
            var items = new RandomItems(seed);
            foreach (ScheduleObjective objective in Enum.GetValues<ScheduleObjective>())
            {
                if (ScheduleByObjective.Best(new ScheduleSearch(items, items.Machine), objective) is not { } exact) continue;
                if (ScheduleByObjective.Best(new ScheduleSearch(items, items.Machine, 1), objective) is not { } quick) continue;
                Assert.That(quick.Bound, Is.LessThanOrEqualTo(exact.Value * (1 + 1e-12)), $"seed {seed} {objective}");
                Assert.That(quick.Value, Is.GreaterThanOrEqualTo(exact.Value * (1 - 1e-12)), $"seed {seed} {objective}");
                if (quick.Dropped > 0) dropped++;
            }
        }
        Assert.That(dropped, Is.GreaterThan(50));
    }

    [Test]
    public void More_room_is_never_worse()
    {
        int better = 0;
        for (int seed = 0; seed < 300; seed++)
        {
            var items = new RandomItems(seed);
            ScheduleMachine roomier = items.Machine with { RoomBits = items.Machine.RoomBits + 20 };
            foreach (ScheduleObjective objective in Enum.GetValues<ScheduleObjective>())
            {
                if (ScheduleByObjective.Best(new ScheduleSearch(items, items.Machine), objective) is not { } small) continue;
                BestSchedule large = ScheduleByObjective.Best(new ScheduleSearch(items, roomier), objective)!;
                Assert.That(large.Value, Is.LessThanOrEqualTo(small.Value * (1 + 1e-12)), $"seed {seed} {objective}");
                if (large.Value < small.Value) better++;
            }
        }
        Assert.That(better, Is.GreaterThan(100));
    }

    private static double Value((double Energy, long Cycles) sum, ScheduleObjective objective) => objective switch
    {
        ScheduleObjective.Energy => sum.Energy,
        ScheduleObjective.Latency => sum.Cycles,
        _ => sum.Energy * sum.Cycles,
    };

    // The schedule is what it says: capacity holds, tensors stay from first to last, sums are those of its items.
    private static void Verify(RandomItems items, FoundSchedule schedule, string name)
    {
        Assert.That(schedule.Items.SelectMany(i => Enumerable.Range(i.First, i.Last - i.First + 1)),
            Is.EqualTo(Enumerable.Range(0, items.Layers)), name);
        Assert.That(schedule.Items.Sum(i => i.Cycles), Is.EqualTo(schedule.Cycles), name);
        Assert.That(schedule.Items.Sum(i => i.Picojoules), Is.EqualTo(schedule.Picojoules).Within(1e-9).Percent, name);
        foreach (ScheduleItem item in schedule.Items)
            Assert.That(item.OnChip.Sum(t => items.Tensors[t].Bits) + item.Choice.RoomBits,
                Is.LessThanOrEqualTo(items.Machine.RoomBits), name);
        foreach (int tensor in schedule.Items.SelectMany(i => i.OnChip).Distinct())
        {
            ScheduleTensor t = items.Tensors[tensor];
            foreach (ScheduleItem item in schedule.Items)
                Assert.That(item.OnChip.Contains(tensor), Is.EqualTo(item.Last >= t.First && item.First <= t.Last), name);
        }
    }

    private static IEnumerable<(double Energy, long Cycles)> Everything(RandomItems items)
    {
        int[] candidates = [.. Enumerable.Range(0, items.Tensors.Length).Where(t => items.Tensors[t].IsCandidate)];
        for (int set = 0; set < 1 << candidates.Length; set++)
        {
            HashSet<int> stay = [.. candidates.Where((_, k) => (set >> k & 1) != 0)];
            foreach ((double, long) sum in From(items, stay, 0)) yield return sum;
        }
    }

    private static IEnumerable<(double Energy, long Cycles)> From(RandomItems items, HashSet<int> stay, int first)
    {
        if (first == items.Layers)
        {
            yield return (0, 0);
            yield break;
        }
        for (int last = first; last < first + items.Longest(first); last++)
        {
            // What begins and ends inside an item needs no place of its own.
            int[] there = [.. stay.Where(t => items.Tensors[t] is var x && x.First <= last && x.Last >= first && !(x.First >= first
                && x.Last <= last))];
            long room = items.Machine.RoomBits - there.Sum(t => items.Tensors[t].Bits);
            long loaded = there.Where(t => items.Tensors[t] is { Producer: < 0 } x && x.First >= first).Sum(t => items.Tensors[t].Bits);
            ImmutableArray<int> touched = items.Touched(first, last);
            ulong onChip = 0;
            for (int k = 0; k < touched.Length; k++)
                if (there.Contains(touched[k])) onChip |= 1UL << k;
            foreach (ItemChoice c in items.Choices(first, last, onChip).Where(c => c.RoomBits <= room))
            {
                long bits = c.ReadBits + loaded + c.WriteBits;
                double energy = c.Picojoules + ((c.ReadBits + loaded) * items.Machine.ReadPicojoules)
                    + (c.WriteBits * items.Machine.WritePicojoules);
                long bus = items.Machine.BitsPerCycle is { } rate ? (long)Math.Ceiling(bits / rate) : 0;
                long cycles = Math.Max(c.ArrayCycles + c.VectorCycles, bus);
                foreach ((double e, long t) in From(items, stay, last + 1)) yield return (energy + e, cycles + t);
            }
        }
    }
}
