namespace Sim.ArchModel.Hierarchies.Costs;

/// <summary>What one access does to a word.</summary>
public enum AccessKind
{
    /// <summary>It is read.</summary>
    Read,

    /// <summary>It is written.</summary>
    Write,

    /// <summary>A partial sum is added to it in place.</summary>
    Update,
}
