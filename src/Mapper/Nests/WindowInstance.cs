namespace Sim.Mapper.Nests;

/// <summary>Sums over the instances of a window group where no places share: one tile at a time, without lists.</summary>
internal readonly ref struct WindowInstance(GroupLoop[] loops, WindowSets sets, Advance advance, SpatialView view)
{
    /// <summary>The tiles below loop <paramref name="k"/>, of whose temporal ones <paramref name="seen"/> stand above.</summary>
    public TileSums Walk(int k, int seen, WindowPiece piece)
    {
        if (k == loops.Length) return piece.FloorP > 0 || piece.FloorR > 0 ? default : sets.Measure(piece);
        GroupLoop loop = loops[k];
        if (loop.Place != LoopPlace.Time)
            return view.Of(loop.Place) == Take.First
                ? piece.Chunk(loop, sets, 0, 0, true) is { } first ? Walk(k + 1, seen, first) : default
                : Classes(k, seen, piece, 0);
        bool own = advance.Own && seen == advance.Outside;
        if (own || seen < advance.Outside) return Classes(k, seen + 1, piece, own ? 1 : 0);
        TileSums last = piece.Restarted(loop, sets, 0, true) is { } end ? Walk(k + 1, seen + 1, end) : default;
        TileSums before = piece.Restarted(loop, sets, 1, true) is { } other ? Walk(k + 1, seen + 1, other) : default;
        return checked(new(last.After + before.After, last.Held + before.Held));
    }

    // Between two bounds all chunks are translates of each other.
    private TileSums Classes(int k, int seen, WindowPiece piece, long from)
    {
        GroupLoop loop = loops[k];
        long length = piece.Length(loop.Slot), held = piece.HeldLength(loop.Slot), floor = piece.Floor(loop.Slot), tile = loop.Tile;
        Span<long> bounds =
            [from, length / tile, (length + tile - 1) / tile, held / tile, (held + tile - 1) / tile, floor / tile, floor / tile + 1];
        bounds.Sort();
        long after = 0, before = 0;
        for (int b = 0; b + 1 < bounds.Length; b++)
        {
            long start = bounds[b], many = bounds[b + 1] - start;
            if (start < from || many == 0 || piece.Chunk(loop, sets, start, from, true) is not { } chunk) continue;
            TileSums sums = Walk(k + 1, seen, chunk);
            (after, before) = checked((after + many * sums.After, before + many * sums.Held));
        }
        return new(after, before);
    }
}
