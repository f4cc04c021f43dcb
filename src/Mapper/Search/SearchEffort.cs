namespace Sim.Mapper.Search;

/// <summary>
/// What a search may spend, in counted steps of about a nanosecond: the same on every machine. Full searches have no limit.
/// </summary>
public sealed class SearchEffort(long limit)
{
    /// <summary>No limit: until the optimum is proved.</summary>
    public const long Full = long.MaxValue;

    /// <summary>What a layer gets unless told otherwise: about half a second.</summary>
    public const long Default = 400_000_000;

    /// <summary>The limit.</summary>
    public long Limit => limit;

    /// <summary>Steps so far.</summary>
    public long Spent { get; private set; }

    /// <summary>Whether nothing is left.</summary>
    public bool IsSpent => Spent >= limit;

    /// <summary>Counts steps.</summary>
    public void Add(long steps) => Spent += steps;
}
