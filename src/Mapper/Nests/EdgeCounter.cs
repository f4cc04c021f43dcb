namespace Sim.Mapper.Nests;

/// <summary>
/// Sums over the whole nest at one edge. A store's tile changes when a temporal loop above it advances. The tile after an advance, and what
/// of it was there before, are products over groups of dimensions, and so are their sums over all that is free; one sum of products for
/// each loop is exact, whatever the counts.
/// </summary>
internal sealed class EdgeCounter(NestEdge edge)
{
    /// <summary>Words of all tiles that arrive at a store in a view: Σ over starts and advances of (after − held).</summary>
    public long Moved(SpatialView view)
    {
        long moved = Start(view);
        var outside = new int[edge.Groups.Length];
        var plain = new TileSums[edge.Groups.Length];
        for (int g = 0; g < outside.Length; g++) plain[g] = edge.Groups[g].Sums(new Advance(0, false), view);
        foreach (int owner in edge.Time)
        {
            long after = 1, held = 1;
            for (int g = 0; g < plain.Length; g++)
            {
                TileSums sums = g == owner ? edge.Groups[g].Sums(new Advance(outside[g], true), view) : plain[g];
                after = checked(after * sums.After);
                held = checked(held * sums.Held);
            }
            moved = checked(moved + (after - held));
            plain[owner] = edge.Groups[owner].Sums(new Advance(++outside[owner], false), view);
        }
        return moved;
    }

    /// <summary>Words of the first tiles.</summary>
    public long Start(SpatialView view) => Product(g => g.Tiles(new Advance(0, false), view));

    /// <summary>Words of the tiles of every step, nothing kept: what compute needs.</summary>
    public long EveryStep(SpatialView view) => Product(g => g.Tiles(new Advance(g.Temporal, false), view));

    /// <summary>Different words each instance ever holds, summed over instances.</summary>
    public long EverHeld(SpatialView view) => Product(g => g.EverHeld(view));

    /// <summary>Words of a full tile.</summary>
    public long Peak => Product(g => g.Peak);

    /// <summary>Instances that are ever active, in a view.</summary>
    public long Places(SpatialView view) => Product(g => g.Places(view));

    /// <summary>Temporal steps in which some place is active.</summary>
    public long Steps => Product(g => g.Steps);

    private long Product(Func<IDimGroup, long> factor)
    {
        long product = 1;
        foreach (IDimGroup group in edge.Groups) product = checked(product * factor(group));
        return product;
    }
}
