namespace Sim.Mapper.Nests;

/// <summary>Dimensions whose loops decide together which coordinates of an operand a tile has; groups are independent of each other.
/// </summary>
internal interface IDimGroup
{
    /// <summary>Sizes of the tiles at a change, summed, and what of them was there before.</summary>
    TileSums Sums(Advance advance, SpatialView view);

    /// <summary>Sizes of the tiles after a change alone.</summary>
    long Tiles(Advance advance, SpatialView view);

    /// <summary>Coordinates that an instance ever holds, summed over instances.</summary>
    long EverHeld(SpatialView view);

    /// <summary>Places of the spatial loops that are ever active, in a view.</summary>
    long Places(SpatialView view);

    /// <summary>Steps of the temporal loops in which the first place is active.</summary>
    long Steps { get; }

    /// <summary>Coordinates of a full tile.</summary>
    long Peak { get; }

    /// <summary>Temporal loops of the group.</summary>
    int Temporal { get; }
}
