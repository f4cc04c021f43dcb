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

    // All orders of the stores between two fabrics that keep each operand's memories in order; a slot after the fabric above and after
    // every store.
    private static IEnumerable<ImmutableArray<Entry>> Orders((Operand Operand, int Level)[] stores, bool outermost)
    {
        (Operand Operand, int Level)[] first = outermost ? [.. stores.Where(s => s.Level == 0)] : [];
        var slot = new Entry(EntryKind.Slot, default, 0, 0);
        return Append([.. first.Select(s => new Entry(EntryKind.Store, s.Operand, s.Level, 0)), slot], [.. stores.Except(first)]);

        IEnumerable<ImmutableArray<Entry>> Append(ImmutableArray<Entry> done, (Operand Operand, int Level)[] rest)
        {
            if (rest.Length == 0) yield return done;
            foreach ((Operand Operand, int Level) next in rest.Where(s => !rest.Any(o => o.Operand == s.Operand && o.Level < s.Level)))
                foreach (ImmutableArray<Entry> whole in Append([.. done, new(EntryKind.Store, next.Operand, next.Level, 0), slot],
                    [.. rest.Where(s => s != next)]))
                    yield return whole;
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

    /// <summary>The same with the innermost loops above a fabric next to the first store of activations below it, where another operand
    /// has the mark: what slides above the fabric slides there. The frame itself is not among them.</summary>
    public static IEnumerable<ImmutableArray<Entry>> Sliding(ImmutableArray<Entry> marked)
    {
        for (int axis = 1; axis < marked.Length; axis++)
        {
            if (marked[axis].Kind != EntryKind.Axis || marked[axis - 1].Kind == EntryKind.Axis) continue;
            int store = axis, mark = -1;
            while (store < marked.Length && !(marked[store].Kind == EntryKind.Store
                && marked[store].Operand == Operand.Activations)) store++;
            for (int i = 0; i < axis; i++)
                if (marked[i].Kind == EntryKind.Mark) mark = i;
            if (store == marked.Length || mark < 0 || marked[mark].Operand == Operand.Activations) continue;
            if (Enumerable.Range(axis, store - axis).Any(i => i > axis && marked[i].Kind == EntryKind.Axis
                && marked[i - 1].Kind != EntryKind.Axis))
                continue;
            yield return [.. marked[..axis], new(EntryKind.Mark, Operand.Activations, 0, 0), .. marked[axis..]];
        }
    }

    private static int NextAxis(ImmutableArray<Entry> entries, int from)
    {
        for (int i = from; i < entries.Length; i++)
            if (entries[i].Kind == EntryKind.Axis) return i;
        return entries.Length;
    }
}
