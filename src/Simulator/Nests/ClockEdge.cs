using Sim.ArchModel.Hierarchies;

namespace Sim.Simulator.Nests;

/// <summary>A store below another one, as the clock sees it.</summary>
internal sealed class ClockEdge(Operand operand, int level, int parentLevel, bool twoPlaces, long hops, int resources)
{
    public Operand Operand { get; } = operand;

    public int Level { get; } = level;

    public int ParentLevel { get; } = parentLevel;

    /// <summary>Whether one tile comes while the other is used.</summary>
    public bool TwoPlaces { get; } = twoPlaces;

    /// <summary>Cycles from the first to the last child.</summary>
    public long Hops { get; } = hops;

    /// <summary>Whether something changes here at this step.</summary>
    public bool Changes { get; set; }

    /// <summary>The store above, where it is not the outermost.</summary>
    public ClockEdge? Parent { get; init; }

    /// <summary>The store below, or null: the multiply-adders.</summary>
    public ClockEdge? Child { get; set; }

    /// <summary>The next transfer down may start.</summary>
    public long DownEnd { get; set; }

    /// <summary>The next transfer up may start.</summary>
    public long UpEnd { get; set; }

    /// <summary>When the present tile is free, and the one before was.</summary>
    public long Free { get; set; }

    public long FreeBefore { get; set; }

    /// <summary>The resource that a late parent's tile waited for, or -1.</summary>
    public int Cause { get; set; } = -1;

    /// <summary>Idle cycles of each resource when the present tile began.</summary>
    public long[] Marks { get; } = new long[resources];
}
