namespace Sim.Verification.Datapaths;

/// <summary>One property of datapaths: a file, and a line of <see cref="InvariantCatalogue"/>.</summary>
public interface IDatapathInvariant
{
    /// <summary>Word in reports and options.</summary>
    string Name { get; }

    /// <summary>The verdict; null when the property means nothing for this datapath.</summary>
    InvariantVerdict? Decide(DatapathClaim claim);
}
