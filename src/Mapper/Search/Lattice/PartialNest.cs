using Sim.ArchModel.Hierarchies;

namespace Sim.Mapper.Search.Lattice;

/// <summary>The outer part of a nest: everything down to its last step, whose tile is <see cref="Tile"/>.</summary>
internal sealed class PartialNest
{
    /// <summary>What it continues; null: the outermost memory alone.</summary>
    public PartialNest? Outer { get; init; }

    /// <summary>The last step.</summary>
    public Step Step { get; init; }

    /// <summary>The tile above the step.</summary>
    public int Above { get; init; }

    /// <summary>The tile below it; another one only where fabrics are crossed.</summary>
    public int Tile { get; init; }

    /// <summary>How the fabrics of a crossing are used.</summary>
    public SpatialUse? Use { get; init; }

    /// <summary>State.</summary>
    public required StoreState State { get; init; }

    /// <summary>Places crossed since the innermost stores.</summary>
    public required Crossed Crossed { get; init; }

    /// <summary>pJ so far, all products counted.</summary>
    public required double Energy { get; init; }

    /// <summary>Cycles so far by load.</summary>
    public required double[] Loads { get; init; }

    /// <summary>Room taken by memory.</summary>
    public required double[] Used { get; init; }

    /// <summary>Instances in use by segment.</summary>
    public required double[] Instances { get; init; }

    /// <summary>Cycles of the compute units that crossings gave so far, as <see cref="Relaxation.Compute"/> counts them.</summary>
    public double Compute { get; init; }

    /// <summary>Least visits of the pending store.</summary>
    public double MarkLeast { get; init; }

    /// <summary>Crossed at the mark.</summary>
    public Crossed MarkCrossed { get; init; }

    /// <summary>Repeats of the pending store: those at its mark times the places crossed since then.</summary>
    public double MarkRepeats { get; init; }

    /// <summary>A lower bound of the objective over all nests that continue it.</summary>
    public double Bound { get; init; }

    /// <summary>All of them, outermost first.</summary>
    public IEnumerable<PartialNest> Path()
    {
        var path = new List<PartialNest>();
        for (PartialNest? at = this; at is not null; at = at.Outer) path.Add(at);
        path.Reverse();
        return path;
    }

    /// <summary>Whether this is nowhere worse than another of the same state and tile.</summary>
    public bool Covers(PartialNest other, bool energy, bool loads)
    {
        if (energy && Energy > other.Energy) return false;
        if (State.Pending >= 0 && (MarkRepeats > other.MarkRepeats || MarkCrossed != other.MarkCrossed)) return false;
        if (loads)
        {
            for (int i = 0; i < Loads.Length; i++)
                if (Loads[i] > other.Loads[i]) return false;
        }
        for (int i = 0; i < Used.Length; i++)
            if (Used[i] > other.Used[i]) return false;
        return true;
    }
}
