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
}
