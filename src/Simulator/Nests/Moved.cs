namespace Sim.Simulator.Nests;

/// <summary>
/// Words that one store exchanges with the one above at one step, as instance 0 of the parent and its first child see them.
/// </summary>
internal struct Moved
{
    /// <summary>Words that the first child takes; sums that it reads back.</summary>
    public long ChildIn;

    /// <summary>Words that the parent reads for all its children.</summary>
    public long ParentIn;

    /// <summary>Cycles that the rows of a DRAM take for them.</summary>
    public long RowsIn;

    /// <summary>Cycles that the rows of a DRAM take for what it gets.</summary>
    public long RowsOut;

    /// <summary>Sums that the first child sends.</summary>
    public long ChildOut;

    /// <summary>Sums that the parent takes from all its children.</summary>
    public long ParentOut;

    /// <summary>Outputs that these belong to.</summary>
    public long Distinct;

    /// <summary>Whether the sums that come had been there before.</summary>
    public bool Back;

    /// <summary>Whether the sums that leave have all their products.</summary>
    public bool Final;
}
