using System.Collections.Immutable;

namespace Sim.Mapper.Networks;

/// <summary>When an item runs, in cycles: from <paramref name="Start"/> to <paramref name="End"/>, its transfers from
/// <paramref name="DramStart"/> to <paramref name="DramEnd"/>.</summary>
public readonly record struct ItemTime(long Start, long End, long DramStart, long DramEnd);

/// <summary>
/// Items in time: array, vector unit and DRAM work side by side. Items begin in the order of the network, each as soon as what it reads is
/// made, its units are free and its room is: so a vector layer runs beside a matrix layer that does not wait for it. Never later than one
/// item after the other.
/// </summary>
/// <param name="Items">By item.</param>
/// <param name="Cycles">End of the last one.</param>
/// <param name="ArrayCycles">Cycles in which the array works.</param>
/// <param name="VectorCycles">Cycles in which the vector unit works.</param>
/// <param name="DramCycles">Cycles in which the DRAM's bus works.</param>
public sealed record ScheduleTimeline(ImmutableArray<ItemTime> Items, long Cycles, long ArrayCycles, long VectorCycles, long DramCycles)
{
    /// <summary>No order of these items ends earlier: the busiest unit.</summary>
    public long Bound => Math.Max(ArrayCycles, Math.Max(VectorCycles, DramCycles));

    /// <summary>The timeline of a schedule.</summary>
    public static ScheduleTimeline Of(FoundSchedule schedule, IScheduleItems items, ScheduleMachine machine)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        ArgumentNullException.ThrowIfNull(items);
        ArgumentNullException.ThrowIfNull(machine);
        ImmutableArray<ScheduleItem> list = schedule.Items;
        var times = new ItemTime[list.Length];
        var itemOf = new int[items.Layers];
        for (int j = 0; j < list.Length; j++) Array.Fill(itemOf, j, list[j].First, list[j].Last - list[j].First + 1);
        long arrayFree = 0, vectorFree = 0, dramFree = 0, start = 0, array = 0, vector = 0, dram = 0;
        for (int j = 0; j < list.Length; j++)
        {
            ScheduleItem item = list[j];
            ItemChoice choice = item.Choice;
            long loaded = item.Loaded.Sum(t => items.Tensors[t].Bits);
            long bus = machine.BusCycles(checked(choice.ReadBits + loaded + choice.WriteBits));
            foreach (ScheduleTensor tensor in items.Tensors)
                if (tensor.Producer >= 0 && itemOf[tensor.Producer] < j && tensor.Consumers.Any(c => c >= item.First && c <= item.Last))
                    start = Math.Max(start, times[itemOf[tensor.Producer]].End);
            if (choice.ArrayCycles > 0) start = Math.Max(start, arrayFree);
            if (choice.VectorCycles > 0) start = Math.Max(start, vectorFree);
            while (Held(j, start) > machine.RoomBits)
                start = Enumerable.Range(0, j).Select(i => times[i].End).Where(e => e > start).Min();
            long busStart = Math.Max(start, dramFree), end = checked(Math.Max(start + choice.ArrayCycles + choice.VectorCycles,
                bus == 0 ? start : busStart + bus));
            times[j] = bus == 0 ? new(start, end, start, start) : new(start, end, busStart, busStart + bus);
            // A group holds both of its units until it ends.
            if (choice.ArrayCycles > 0) arrayFree = choice.VectorCycles > 0 ? end : start + choice.ArrayCycles;
            if (choice.VectorCycles > 0) vectorFree = choice.ArrayCycles > 0 ? end : start + choice.VectorCycles;
            if (bus > 0) dramFree = busStart + bus;
            (array, vector, dram) = (array + choice.ArrayCycles, vector + choice.VectorCycles, dram + bus);
        }
        return new([.. times], times.Length == 0 ? 0 : times.Max(t => t.End), array, vector, dram);

        // Bits on chip if item j begins at a time: tensors that stay until the last item that reads them ends, and tiles of what runs.
        long Held(int j, long time)
        {
            long sum = list[j].Choice.RoomBits;
            for (int i = 0; i < j; i++)
                if (times[i].End > time) sum = checked(sum + list[i].Choice.RoomBits);
            var seen = new HashSet<int>(list[j].OnChip);
            for (int i = 0; i < j; i++)
                foreach (int t in list[i].OnChip)
                    if (items.Tensors[t].Consumers.Any(c => itemOf[c] >= j || times[itemOf[c]].End > time)) seen.Add(t);
            return checked(sum + seen.Sum(t => items.Tensors[t].Bits));
        }
    }
}
