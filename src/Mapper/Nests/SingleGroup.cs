namespace Sim.Mapper.Nests;

/// <summary>
/// One dimension. Where it indexes the operand its tiles are disjoint intervals, so a tile after a change was there before only where no
/// loop inside the advancing one moved it. Where it does not, it has one coordinate, which is there in every active step.
/// </summary>
internal sealed class SingleGroup(GroupLoop[] loops, long size, bool relevant, bool losesWithParent) : IDimGroup
{
    public int Temporal { get; } = CountTime(loops);

    public long Peak { get; } = relevant ? loops.Length > 0 ? loops[^1].Tile : size : 1;

    public TileSums Sums(Advance advance, SpatialView view)
    {
        long after = After(0, size, 0, advance, view);
        long held = !relevant ? after : advance.Own ? 0 : Held(0, size, 0, 0, advance, view);
        return new(after, held);
    }

    public long Tiles(Advance advance, SpatialView view) => After(0, size, 0, advance, view);

    public long EverHeld(SpatialView view) => relevant ? Tiles(new Advance(Temporal, false), view) : Places(view);

    public long Places(SpatialView view) => Irrelevant().After(0, size, 0, new Advance(0, false), view);

    public long Steps => Irrelevant().After(0, size, 0, new Advance(Temporal, false), SpatialView.FirstInstance);

    /// <summary>Temporal loops among some.</summary>
    public static int CountTime(ReadOnlySpan<GroupLoop> loops)
    {
        int count = 0;
        foreach (GroupLoop loop in loops)
            if (loop.Place == LoopPlace.Time) count++;
        return count;
    }

    private SingleGroup Irrelevant() => relevant ? new(loops, size, false, false) : this;

    private bool Single(SpatialView view, LoopPlace place) =>
        view.Of(place) is Take take && (take == Take.First || take == Take.Union && !relevant);

    private long After(int k, long length, int seen, Advance advance, SpatialView view)
    {
        if (k == loops.Length) return relevant ? length : 1;
        long tile = loops[k].Tile;
        if (loops[k].Place != LoopPlace.Time)
            return Single(view, loops[k].Place)
                ? After(k + 1, Math.Min(tile, length), seen, advance, view)
                : Chunks(k, 0, length, seen, advance, view);
        bool own = advance.Own && seen == advance.Outside;
        if (seen > advance.Outside || (seen == advance.Outside && !own))
            return After(k + 1, Math.Min(tile, length), seen + 1, advance, view);
        return Chunks(k, own ? 1 : 0, length, seen + 1, advance, view);
    }

    private long Chunks(int k, long from, long length, int seen, Advance advance, SpatialView view)
    {
        long tile = loops[k].Tile, full = length / tile - from, rest = length % tile;
        long sum = full > 0 ? checked(full * After(k + 1, tile, seen, advance, view)) : 0;
        return rest > 0 && full >= 0 ? checked(sum + After(k + 1, rest, seen, advance, view)) : sum;
    }

    // The part of After whose instances saw no other tile in between. An instance starts at `start` inside the range at hand, the sum of
    // its spatial offsets further in; it was active in a second iteration of an inner loop where start < length - tile, so that
    // only starts from `floor` on count.
    private long Held(int k, long length, long floor, int seen, Advance advance, SpatialView view)
    {
        if (floor > 0 && (k == loops.Length || (losesWithParent && loops[k].BelowStore))) return 0;
        if (k == loops.Length) return length;
        long tile = loops[k].Tile, inner = Math.Min(tile, length);
        if (loops[k].Place == LoopPlace.Time)
        {
            if (seen >= advance.Outside)
            {
                long from = Math.Max(floor, length - tile);
                return from >= inner ? 0 : Held(k + 1, inner, from, seen + 1, advance, view);
            }
            seen++;
        }
        else if (Single(view, loops[k].Place)) return floor >= inner ? 0 : Held(k + 1, inner, floor, seen, advance, view);
        long sum = 0, first = floor / tile, offset = floor % tile, full = length / tile, rest = length % tile;
        if (offset > 0 && Math.Min(tile, length - first * tile) is var size && size > offset)
            sum = Held(k + 1, size, offset, seen, advance, view);
        if (offset > 0) first++;
        if (full > first) sum = checked(sum + (full - first) * Held(k + 1, tile, 0, seen, advance, view));
        return rest > 0 && full >= first ? checked(sum + Held(k + 1, rest, 0, seen, advance, view)) : sum;
    }
}
