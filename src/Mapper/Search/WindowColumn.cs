namespace Sim.Mapper.Search;

/// <summary>What a column of a window's list says of activations.</summary>
internal enum WindowPart
{
    /// <summary>Words that arrive at the child store, all its instances together.</summary>
    Down,

    /// <summary>Words that the parent reads for them.</summary>
    Up,

    /// <summary>Words of a tile.</summary>
    Tile,
}

/// <summary>
/// A column of a window's list. Positions are numbers of places: those before <paramref name="Parent"/> lie above the parent store,
/// those before <paramref name="Child"/> above the child.
/// </summary>
/// <param name="Part">What it says.</param>
/// <param name="Parent">Places above the parent store.</param>
/// <param name="Child">Places above the child store; all of them for compute.</param>
/// <param name="Boundary">Places above which loops in time count as repeats.</param>
/// <param name="Direct">Place directly above the boundary, whose innermost loops slide; -1: compute, which keeps nothing.</param>
/// <param name="Slides">Which window slides there.</param>
internal readonly record struct WindowColumn(WindowPart Part, int Parent, int Child, int Boundary, int Direct, Sliding Slides);
