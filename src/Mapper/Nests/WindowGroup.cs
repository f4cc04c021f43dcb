namespace Sim.Mapper.Nests;

/// <summary>
/// Two dimensions that index one coordinate, p·stride + r·dilation: tiles overlap, so tiles are carried as ranges through the loops and
/// measured as sets at the end. Loops are walked by classes of equal chunks, so that time depends on loops, not on their counts;
/// only places that share reads, and loops above spatial ones where <see cref="EverHeld"/> is asked, are walked one by one.
/// </summary>
internal sealed class WindowGroup(GroupLoop[] loops, long sizeP, long sizeR, long stride, long dilation) : IDimGroup
{
    private readonly WindowSets _sets = new(stride, dilation);

    public int Temporal { get; } = SingleGroup.CountTime(loops);

    public long Peak => _sets.Rectangle(TileOf(0, sizeP), TileOf(1, sizeR));

    public TileSums Sums(Advance advance, SpatialView view) => HasUnion(view)
        ? Walk(new Walker(advance, view, WithHeld: true, UnionOverTime: false), 0, 0, [Whole])
        : new WindowInstance(loops, _sets, advance, view).Walk(0, 0, Whole);

    public long Tiles(Advance advance, SpatialView view) =>
        Walk(new Walker(advance, view, WithHeld: false, UnionOverTime: false), 0, 0, [Whole]).After;

    public long EverHeld(SpatialView view) =>
        Walk(new Walker(new Advance(Temporal, false), view, WithHeld: false, UnionOverTime: true), 0, 0, [Whole]).After;

    public long Places(SpatialView view) => checked(Alone(0, sizeP).Places(view) * Alone(1, sizeR).Places(view));

    public long Steps => checked(Alone(0, sizeP).Steps * Alone(1, sizeR).Steps);

    // One of the two dimensions by itself, for what is active.
    private SingleGroup Alone(int slot, long size) => new([.. loops.Where(l => l.Slot == slot)], size, false, false);

    private bool HasUnion(SpatialView view)
    {
        foreach (GroupLoop loop in loops)
            if (loop.Place != LoopPlace.Time && view.Of(loop.Place) == Take.Union) return true;
        return false;
    }

    private WindowPiece Whole => new(0, sizeP, sizeR, 0, sizeP, sizeR, 0, 0);

    private readonly record struct Walker(Advance Advance, SpatialView View, bool WithHeld, bool UnionOverTime)
    {
        public Take Of(LoopPlace place) => place == LoopPlace.Time ? UnionOverTime ? Take.Union : Take.All : View.Of(place);
    }

    private long TileOf(int slot, long size)
    {
        for (int i = loops.Length - 1; i >= 0; i--)
            if (loops[i].Slot == slot) return loops[i].Tile;
        return size;
    }

    private TileSums Walk(Walker walker, int k, int seen, List<WindowPiece> pieces)
    {
        if (k == loops.Length)
        {
            pieces.RemoveAll(p => p.FloorP > 0 || p.FloorR > 0);
            return _sets.Measure(pieces, walker.WithHeld);
        }
        GroupLoop loop = loops[k];
        if (loop.Place == LoopPlace.Time && !walker.UnionOverTime)
        {
            Advance advance = walker.Advance;
            bool own = advance.Own && seen == advance.Outside;
            if (seen > advance.Outside || (seen == advance.Outside && !own))
                return Walk(walker, k + 1, seen + 1, Restarted(loop, pieces, walker.WithHeld));
            return Classes(walker, k, seen + 1, pieces, own ? 1 : 0);
        }
        switch (walker.Of(loop.Place))
        {
            case Take.First: return Walk(walker, k + 1, seen, Chunk(loop, pieces, 0, 0, walker.WithHeld));
            case Take.All: return Classes(walker, k, seen, pieces, 0);
            default:
                if (!walker.WithHeld && !DeeperLoop(k, walker)) return Walk(walker, k + 1, seen, pieces);
                if (loop.Place == LoopPlace.Time && pieces.Count == 1 && Periodic(walker, k, seen, pieces[0]) is { } sums) return sums;
                var children = new List<WindowPiece>();
                long most = 0;
                foreach (WindowPiece piece in pieces) most = Math.Max(most, Ceiling(piece.Length(loop.Slot), loop.Tile));
                for (long i = 0; i < most; i++) children.AddRange(Chunk(loop, pieces, i, 0, walker.WithHeld));
                return Walk(walker, k + 1, seen, children);
        }
    }

    // Chunks far from each other share nothing, so that from some number of full chunks on each more adds as much as the one before.
    private TileSums? Periodic(Walker walker, int k, int seen, WindowPiece piece)
    {
        GroupLoop loop = loops[k];
        long full = piece.Length(loop.Slot) / loop.Tile, rest = piece.Length(loop.Slot) % loop.Tile;
        long extent = _sets.Move(0, loop.Slot == 0 ? loop.Tile : piece.P) + _sets.Move(1, loop.Slot == 1 ? loop.Tile : piece.R);
        long enough = extent / _sets.Move(loop.Slot, loop.Tile) + 2;
        if (full <= enough + 1) return null;
        long less = After(enough), more = After(enough + 1);
        return new(checked(less + (full - enough) * (more - less)), 0);

        long After(long chunks) =>
            Walk(walker, k, seen, [piece.With(loop.Slot, chunks * loop.Tile + rest, 0, 0, 0, 0)]).After;
    }

    // The union over a loop is the whole range where no loop of the same dimension further in picks parts of it.
    private bool DeeperLoop(int k, Walker walker)
    {
        for (int i = loops.Length - 1; i > k; i--)
            if (loops[i].Slot == loops[k].Slot && walker.Of(loops[i].Place) != Take.Union) return true;
        return false;
    }

    // Indices between two places where some piece's chunk changes its size give translates of the same picture.
    private TileSums Classes(Walker walker, int k, int seen, List<WindowPiece> pieces, long from)
    {
        GroupLoop loop = loops[k];
        var bounds = new SortedSet<long> { from };
        foreach (WindowPiece piece in pieces)
        {
            bounds.Add(piece.Length(loop.Slot) / loop.Tile);
            bounds.Add(Ceiling(piece.Length(loop.Slot), loop.Tile));
            if (!walker.WithHeld) continue;
            bounds.Add(piece.HeldLength(loop.Slot) / loop.Tile);
            bounds.Add(Ceiling(piece.HeldLength(loop.Slot), loop.Tile));
            bounds.Add(piece.Floor(loop.Slot) / loop.Tile);
            bounds.Add(piece.Floor(loop.Slot) / loop.Tile + 1);
        }
        long after = 0, held = 0, start = -1;
        foreach (long bound in bounds)
        {
            if (start >= from && bound > start && Chunk(loop, pieces, start, from, walker.WithHeld) is { Count: > 0 } chunk)
            {
                TileSums sums = Walk(walker, k + 1, seen, chunk);
                after = checked(after + (bound - start) * sums.After);
                held = checked(held + (bound - start) * sums.Held);
            }
            start = bound;
        }
        return new(after, held);
    }

    private List<WindowPiece> Chunk(GroupLoop loop, List<WindowPiece> pieces, long i, long back, bool withHeld)
    {
        var result = new List<WindowPiece>(pieces.Count);
        foreach (WindowPiece piece in pieces)
            if (piece.Chunk(loop, _sets, i, back, withHeld) is { } chunk) result.Add(chunk);
        return result;
    }

    private List<WindowPiece> Restarted(GroupLoop loop, List<WindowPiece> pieces, bool withHeld)
    {
        var result = new List<WindowPiece>(2 * pieces.Count);
        foreach (WindowPiece piece in pieces)
        {
            if (piece.Restarted(loop, _sets, 0, withHeld) is { } last) result.Add(last);
            if (withHeld && piece.Restarted(loop, _sets, 1, withHeld) is { } before) result.Add(before);
        }
        return result;
    }

    private static long Ceiling(long a, long b) => (a + b - 1) / b;
}
