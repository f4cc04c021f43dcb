namespace Sim.Mapper.Networks;

/// <summary>Input positions that tiles of an axis touch, exactly: padding and gaps of strides are not among them.</summary>
/// <param name="Tiles">Number of tiles.</param>
/// <param name="Largest">Most positions of a tile.</param>
/// <param name="Separate">Positions of all tiles, each counted in every tile.</param>
/// <param name="First">Positions of the first tile.</param>
/// <param name="Sliding">Positions of the second tile and on that the tile before does not hold.</param>
/// <param name="Return">Positions of the first tile that the last one does not hold.</param>
public readonly record struct WindowTiles(long Tiles, long Largest, long Separate, long First, long Sliding, long Return)
{
    /// <summary>Positions of one pass over all tiles, each keeping what it shares with the one before.</summary>
    public long Pass => First + Sliding;

    /// <summary>The tiles of <paramref name="tile"/> outputs.</summary>
    public static WindowTiles Of(in WindowAxis axis, long tile)
    {
        long tiles = (axis.Outputs + tile - 1) / tile;
        if (axis.IsPlain)
            return new(tiles, Math.Min(tile, axis.Outputs), axis.Outputs, Math.Min(tile, axis.Outputs),
                axis.Outputs - Math.Min(tile, axis.Outputs), tiles == 1 ? 0 : Math.Min(tile, axis.Outputs));
        // The last tile to touch a position; the tile before the first one is -1, so nothing is -2.
        var held = new long[axis.Size];
        Array.Fill(held, -2);
        long largest = 0, separate = 0, first = 0, sliding = 0;
        for (long i = 0; i < tiles; i++)
        {
            long touched = 0, added = 0;
            for (long p = i * tile; p < Math.Min(axis.Outputs, (i + 1) * tile); p++)
                for (long r = 0; r < axis.Filter; r++)
                {
                    long at = (p * axis.Stride) + (r * axis.Dilation) - axis.Pad;
                    if (at < 0 || at >= axis.Size || held[at] == i) continue;
                    touched++;
                    if (held[at] != i - 1) added++;
                    held[at] = i;
                }
            largest = Math.Max(largest, touched);
            separate += touched;
            if (i == 0) first = touched;
            else sliding += added;
        }
        long back = 0;
        for (long p = 0; p < Math.Min(axis.Outputs, tile); p++)
            for (long r = 0; r < axis.Filter; r++)
            {
                long at = (p * axis.Stride) + (r * axis.Dilation) - axis.Pad;
                if (at < 0 || at >= axis.Size || held[at] is var last && (last == tiles - 1 || last == long.MaxValue)) continue;
                back++;
                held[at] = long.MaxValue;
            }
        return new(tiles, largest, separate, first, sliding, back);
    }
}
