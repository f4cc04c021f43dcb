namespace Sim.Mapper.Search;

/// <summary>What became of the candidates of a search.</summary>
internal sealed class MapCounters
{
    /// <summary>In skeletons whose bound is above the best.</summary>
    public UInt128 BySkeletonBound { get; set; }

    /// <summary>With a way whose bound, all others at their least, is above the best.</summary>
    public UInt128 ByWayBound { get; set; }

    /// <summary>With a way that another one is nowhere worse than.</summary>
    public UInt128 ByDominance { get; set; }

    /// <summary>Below a partial choice that does not fit.</summary>
    public UInt128 ByLimit { get; set; }

    /// <summary>Below a partial choice whose bound is above the best.</summary>
    public UInt128 ByPartialBound { get; set; }

    /// <summary>Evaluated by products.</summary>
    public UInt128 Evaluated { get; set; }

    /// <summary>Nests counted exactly, one for each order of a window's loops.</summary>
    public long Counted { get; set; }
}
