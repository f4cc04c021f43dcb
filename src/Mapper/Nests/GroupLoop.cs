namespace Sim.Mapper.Nests;

/// <summary>Where a loop stands for one transfer between a store and its parent.</summary>
internal enum LoopPlace
{
    /// <summary>In time, above the store.</summary>
    Time,

    /// <summary>In space, above the parent store: another parent instance.</summary>
    AboveParent,

    /// <summary>In space between the two stores, on an axis that shares nothing: its places are served one by one.</summary>
    Separate,

    /// <summary>In space between the two stores, on an axis that shares words (inputs) or adds sums (outputs).</summary>
    Shared,
}

/// <summary>A loop over a dimension of a group.</summary>
/// <param name="Slot">Which of the group's one or two dimensions.</param>
/// <param name="Tile">Size of its full tiles.</param>
/// <param name="Place">Where it stands.</param>
/// <param name="BelowStore">A store of the operand stands between the loop before in this group and this one.</param>
internal readonly record struct GroupLoop(int Slot, long Tile, LoopPlace Place, bool BelowStore);

/// <summary>What a sum does with the places of spatial loops.</summary>
internal enum Take
{
    /// <summary>Adds up every place.</summary>
    All,

    /// <summary>Only the first place.</summary>
    First,

    /// <summary>Words that several places need count once.</summary>
    Union,
}

/// <summary>What a sum over instances does with the three kinds of spatial loops.</summary>
internal readonly record struct SpatialView(Take AboveParent, Take Separate, Take Shared)
{
    /// <summary>Every instance counted for itself: fills of inputs, members of a reducing group.</summary>
    public static readonly SpatialView Instances = new(Take.All, Take.All, Take.All);

    /// <summary>What the parent sees: reads of inputs after multicast, updates after reduction.</summary>
    public static readonly SpatialView Parent = new(Take.All, Take.All, Take.Union);

    /// <summary>Instances that add to the same words counted once.</summary>
    public static readonly SpatialView Teams = new(Take.All, Take.Union, Take.Union);

    /// <summary>Instance 0 of the store.</summary>
    public static readonly SpatialView FirstInstance = new(Take.First, Take.First, Take.First);

    /// <summary>What is done with a loop.</summary>
    public Take Of(LoopPlace place) => place switch
    {
        LoopPlace.AboveParent => AboveParent,
        LoopPlace.Separate => Separate,
        LoopPlace.Shared => Shared,
        _ => throw new ArgumentOutOfRangeException(nameof(place), place, null),
    };
}

/// <summary>
/// A change of tiles: the temporal loop that advances, as one group sees it. The group's first <paramref name="Outside"/> temporal loops
/// stand outside the advancing loop and keep their index; the next one advances itself where <paramref name="Own"/>; those inside start
/// again at 0, after their last iteration that is not empty.
/// </summary>
/// <param name="Outside">Temporal loops of the group outside the advancing one.</param>
/// <param name="Own">Whether the advancing loop is the group's.</param>
internal readonly record struct Advance(int Outside, bool Own);

/// <summary>The tile sizes summed over what is free: those after the change, and the part of them that was there before.</summary>
internal readonly record struct TileSums(long After, long Held);
