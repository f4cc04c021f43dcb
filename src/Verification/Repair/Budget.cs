using Sim.Workloads.Integers;

namespace Sim.Verification.Repair;

/// <summary>
/// What is left of a feasible set while weights are chosen one after the other: the running sums of positive and negative weights of AXE
/// (arXiv 2409.17092), of the row and of each tile, against the exact limits.
/// </summary>
internal sealed class Budget
{
    private readonly FeasibleSet _set;
    private readonly Interval _range;
    private readonly long[] _positive, _negative; // The row, then its tiles.

    /// <summary>A row of zeros.</summary>
    internal Budget(FeasibleSet set, Interval range, int length)
    {
        (_set, _range, Weights) = (set, range, new int[length]);
        int sums = 1 + (set.Inner is null ? 0 : (length + set.TileSize - 1) / set.TileSize);
        (_positive, _negative) = (new long[sums], new long[sums]);
    }

    /// <summary>The weights so far.</summary>
    internal int[] Weights { get; }

    /// <summary>What weight k may be while all others stay; it holds the present one when the set holds the row.</summary>
    internal (int Low, int High) Room(int k)
    {
        (long low, long high) = Room(_set.Whole, 0, Weights[k]);
        if (_set.Inner is not null)
        {
            (long tileLow, long tileHigh) = Room(_set.Inner, 1 + k / _set.TileSize, Weights[k]);
            (low, high) = (Math.Max(low, tileLow), Math.Min(high, tileHigh));
        }
        return ((int)Math.Max(low, (long)_range.Low), (int)Math.Min(high, (long)_range.High));
    }

    /// <summary>The integer nearest to a value that weight k may be.</summary>
    internal int Nearest(int k, double value)
    {
        (int low, int high) = Room(k);
        return (int)Math.Clamp(Math.Round(value, MidpointRounding.ToEven), low, high);
    }

    internal void Set(int k, int weight)
    {
        int before = Weights[k];
        Weights[k] = weight;
        Move(0, before, weight);
        if (_set.Inner is not null) Move(1 + k / _set.TileSize, before, weight);
    }

    private void Move(int sum, int before, int after)
    {
        _positive[sum] += Math.Max(after, 0) - Math.Max(before, 0);
        _negative[sum] += Math.Max(-after, 0) - Math.Max(-before, 0);
    }

    // Room of one weight: a positive unit adds x_max to the upper sum and −x_min to the lower one.
    private (long Low, long High) Room(SumLimits limits, int sum, int present)
    {
        long up = (long)limits.Box.High, down = -(long)limits.Box.Low;
        long positive = _positive[sum] - Math.Max(present, 0), negative = _negative[sum] - Math.Max(-present, 0);
        long above = (long)limits.High - up * positive - down * negative, below = (long)limits.Low - up * negative - down * positive;
        return (-Units(above, down, below, up), Units(above, up, below, down));
    }

    private static long Units(long above, long aboveCost, long below, long belowCost)
    {
        long units = int.MaxValue;
        if (aboveCost > 0) units = Math.Min(units, Math.Max(0, above) / aboveCost);
        if (belowCost > 0) units = Math.Min(units, Math.Max(0, below) / belowCost);
        return units;
    }
}
