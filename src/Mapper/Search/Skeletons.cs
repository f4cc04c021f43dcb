using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;

namespace Sim.Mapper.Search;

/// <summary>
/// All skeletons of a hierarchy: placements, orders of the stores between two fabrics, and for each fabric which operand's tile stays
/// while the innermost loops above it run.
/// </summary>
internal static class Skeletons
{
    private static readonly Operand[] All = [Operand.Activations, Operand.Weights, Operand.Outputs];

    /// <summary>Placements: for each operand the memories that store it, outermost first. Memory 0 always does.</summary>
    public static IEnumerable<ImmutableArray<(Operand Operand, int Level)>> Placements(Hierarchy hierarchy)
    {
        var must = new List<(Operand, int)>();
        var may = new List<(Operand, int)>();
        for (int level = 0; level < hierarchy.Levels.Length; level++)
        {
            if (hierarchy.Levels[level] is not MemoryLevel memory) continue;
            foreach (Operand operand in All)
                if (level == 0 || memory.Keeps[operand] == Keeping.Must) must.Add((operand, level));
                else if (memory.Keeps[operand] == Keeping.May) may.Add((operand, level));
        }
        for (int chosen = 0; chosen < 1 << may.Count; chosen++)
            yield return [.. must.Concat(may.Where((_, i) => (chosen >> i & 1) != 0)).OrderBy(s => s.Item2).ThenBy(s => s.Item1)];
    }

    /// <summary>Nests without loops, marks and slides: places after every store and after every fabric.</summary>
    public static IEnumerable<ImmutableArray<Entry>> Frames(Hierarchy hierarchy, ImmutableArray<(Operand Operand, int Level)> placement)
    {
        var partial = new List<ImmutableArray<Entry>> { ImmutableArray<Entry>.Empty };
        for (int level = 0; level < hierarchy.Levels.Length;)
        {
            int start = level;
            while (level < hierarchy.Levels.Length && hierarchy.Levels[level] is MemoryLevel) level++;
            int end = level;
            (Operand Operand, int Level)[] stores = [.. placement.Where(s => s.Level >= start && s.Level < end)];
            var axes = ImmutableArray.CreateBuilder<Entry>();
            for (; level < hierarchy.Levels.Length && hierarchy.Levels[level] is FabricLevel fabric; level++)
                for (int axis = 0; axis < fabric.Axes.Length; axis++) axes.Add(new(EntryKind.Axis, default, level, axis));
            // Loops in time may also stand below the last fabric, above the compute units.
            Entry[] last = axes.Count > 0 ? [new(EntryKind.Slot, default, 0, 0)] : [];
            var next = new List<ImmutableArray<Entry>>();
            foreach (ImmutableArray<Entry> head in partial)
                foreach (ImmutableArray<Entry> middle in Orders(stores, start == 0))
                    next.Add([.. head, .. middle, .. axes, .. level == hierarchy.Levels.Length ? last : []]);
            partial = next;
        }
        return partial;
    }

    // All orders of the stores of one operand after another that keep each operand's levels in order; a slot after the fabric above and
    // after every store.
    private static IEnumerable<ImmutableArray<Entry>> Orders((Operand Operand, int Level)[] stores, bool outermost)
    {
        (Operand Operand, int Level)[] fixedFirst = outermost ? [.. stores.Where(s => s.Level == 0)] : [];
        Queue<int>[] chains = [.. All.Select(o => new Queue<int>(stores.Where(s => s.Operand == o && !fixedFirst.Contains(s)).Select(s => s.Level)))];
        var slot = new Entry(EntryKind.Slot, default, 0, 0);
        ImmutableArray<Entry> head = [.. fixedFirst.Select(s => new Entry(EntryKind.Store, s.Operand, s.Level, 0)), slot];
        return Merge(head, [.. chains.Select(c => c.ToArray())], new int[All.Length]);

        IEnumerable<ImmutableArray<Entry>> Merge(ImmutableArray<Entry> done, int[][] rest, int[] taken)
        {
            bool any = false;
            for (int o = 0; o < All.Length; o++)
            {
                if (taken[o] == rest[o].Length) continue;
                any = true;
                int[] more = [.. taken];
                more[o]++;
                foreach (ImmutableArray<Entry> whole in Merge([.. done, new(EntryKind.Store, All[o], rest[o][taken[o]], 0), slot], rest, more))
                    yield return whole;
            }
            if (!any) yield return done;
        }
    }

    /// <summary>A frame with every choice of marks; the slot between a fabric and a marked store is taken out.</summary>
    public static IEnumerable<ImmutableArray<Entry>> Marked(ImmutableArray<Entry> frame)
    {
        var done = new List<ImmutableArray<Entry>> { frame };
        for (int i = 0; i < done.Count; i++)
        {
            ImmutableArray<Entry> entries = done[i];
            yield return entries;
            // Marks are added from the innermost fabric outwards, so that every set of marks comes once.
            int limit = entries.Length;
            for (int m = 0; m < entries.Length; m++)
                if (entries[m].Kind == EntryKind.Mark) { limit = NextAxis(entries, m); break; }
            for (int store = limit - 1; store > 0; store--)
            {
                if (entries[store].Kind != EntryKind.Store || store < 2 || entries[store - 1].Kind != EntryKind.Slot
                    || entries[store - 2].Kind != EntryKind.Axis) continue;
                Operand operand = entries[store].Operand;
                for (int at = store - 2; at > 0; at--)
                {
                    if (entries[at].Kind == EntryKind.Store && entries[at].Operand == operand) break;
                    if (entries[at].Kind != EntryKind.Slot) continue;
                    done.Add([.. entries[..(at + 1)], new(EntryKind.Mark, operand, 0, 0), new(EntryKind.Slot, default, 0, 0),
                        .. entries[(at + 1)..(store - 1)], .. entries[store..]]);
                }
            }
        }
    }

    private static int NextAxis(ImmutableArray<Entry> entries, int from)
    {
        for (int i = from; i < entries.Length; i++)
            if (entries[i].Kind == EntryKind.Axis) return i;
        return entries.Length;
    }
}
