namespace Sim.Mapper.Nests;

/// <summary>
/// A tile of two dimensions (output p, filter r) after a change and before it: ranges and the coordinate of their first point. A floor
/// leaves out instances that start below it in the range before; they have their previous tile in another piece.
/// </summary>
internal readonly record struct WindowPiece(long Offset, long P, long R, long HeldOffset, long HeldP, long HeldR, long FloorP, long FloorR)
{
    public long Length(int slot) => slot == 0 ? P : R;

    public long HeldLength(int slot) => slot == 0 ? HeldP : HeldR;

    public long Floor(int slot) => slot == 0 ? FloorP : FloorR;

    /// <summary>Other ranges in one dimension, moved by so many coordinates.</summary>
    public WindowPiece With(int slot, long length, long held, long floor, long move, long heldMove) => slot == 0
        ? new(Offset + move, length, R, HeldOffset + heldMove, held, HeldR, floor, FloorR)
        : new(Offset + move, P, length, HeldOffset + heldMove, HeldP, held, FloorP, floor);

    /// <summary>Chunk <paramref name="i"/> of a loop, and before the change chunk <paramref name="i"/> − <paramref name="back"/>; null:
    /// nothing is active there, or the instances have another piece.</summary>
    public WindowPiece? Chunk(GroupLoop loop, WindowSets sets, long i, long back, bool withHeld)
    {
        long start = checked(i * loop.Tile), heldStart = start - back * loop.Tile;
        long length = Math.Min(loop.Tile, Length(loop.Slot) - start);
        long held = Math.Min(loop.Tile, HeldLength(loop.Slot) - heldStart);
        long floor = Math.Max(0, Floor(loop.Slot) - start);
        if (length <= 0 || (withHeld && floor >= held)) return null;
        return With(loop.Slot, length, held, floor, sets.Move(loop.Slot, start), sets.Move(loop.Slot, heldStart));
    }

    /// <summary>
    /// A loop inside the advancing one: now its first chunk, before it the last that was not empty. That is the last of all
    /// (<paramref name="back"/> 0) for instances that start inside what is left of it, else the one before it (1).
    /// </summary>
    public WindowPiece? Restarted(GroupLoop loop, WindowSets sets, int back, bool withHeld)
    {
        long length = Math.Min(loop.Tile, Length(loop.Slot)), held = HeldLength(loop.Slot), floor = Floor(loop.Slot);
        if (!withHeld) return With(loop.Slot, length, held, 0, 0, 0);
        long last = (held - 1) / loop.Tile, rest = held - last * loop.Tile;
        if (back == 0)
            return floor < rest ? With(loop.Slot, length, rest, floor, 0, sets.Move(loop.Slot, last * loop.Tile)) : null;
        floor = Math.Max(floor, rest);
        return last > 0 && floor < loop.Tile
            ? With(loop.Slot, length, loop.Tile, floor, 0, sets.Move(loop.Slot, (last - 1) * loop.Tile)) : null;
    }
}
