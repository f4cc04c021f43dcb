using System.Collections.Immutable;

namespace Sim.Mapper.Networks;

/// <summary>A loop over tiles.</summary>
public enum TileLoop : byte
{
    /// <summary>Samples.</summary>
    Samples,

    /// <summary>Output rows.</summary>
    Rows,

    /// <summary>Output channels of a group.</summary>
    Filters,

    /// <summary>Input channels of a group.</summary>
    Channels,
}

/// <summary>
/// A layer cut in tiles between DRAM and the memory next to it, and the elements that it moves for that, exactly. Groups run one after the
/// other, outermost; loops of one tile do not exist. Counts are those of the loop nest with every store right below these loops.
/// </summary>
/// <param name="Samples">Samples of a tile.</param>
/// <param name="Rows">Output rows of a tile.</param>
/// <param name="Filters">Output channels of a tile.</param>
/// <param name="Channels">Input channels of a tile.</param>
/// <param name="Order">Loops, outermost first.</param>
/// <param name="TileInputs">Elements of the largest input tile.</param>
/// <param name="TileWeights">Elements of the largest tile of the second operand.</param>
/// <param name="TileOutputs">Elements of the largest output tile.</param>
/// <param name="InputReads">Input elements read.</param>
/// <param name="WeightReads">Elements of the second operand read.</param>
/// <param name="SumTransfers">Partial sums written, and as many read back.</param>
public sealed record LayerTiling(long Samples, long Rows, long Filters, long Channels, ImmutableArray<TileLoop> Order, long TileInputs,
    long TileWeights, long TileOutputs, long InputReads, long WeightReads, long SumTransfers)
{
    // By the set of loops that exist.
    private static readonly ImmutableArray<ImmutableArray<TileLoop>>[] Orders =
        [.. Enumerable.Range(0, 16).Select(set => Permutations([.. Enum.GetValues<TileLoop>().Where(d => (set >> (int)d & 1) != 0)]))];

    /// <summary>All tilings of a layer over <see cref="TileSizes"/>, in a fixed order.</summary>
    public static IEnumerable<LayerTiling> All(MatrixWork work)
    {
        ArgumentNullException.ThrowIfNull(work);
        WindowTiles columns = WindowTiles.Of(work.Columns, work.Columns.Outputs);
        foreach (long rows in TileSizes.Of(work.Rows.Outputs))
        {
            WindowTiles tiles = WindowTiles.Of(work.Rows, rows);
            foreach (long samples in TileSizes.Of(work.Samples))
                foreach (long filters in TileSizes.Of(work.Filters))
                    foreach (long channels in TileSizes.Of(work.Channels))
                        foreach (LayerTiling tiling in Of(work, tiles, columns.First, samples, rows, filters, channels))
                            yield return tiling;
        }
    }

    private static IEnumerable<LayerTiling> Of(MatrixWork work, WindowTiles rows, long columns, long tileSamples, long tileRows,
        long tileFilters, long tileChannels)
    {
        long[] counts = [Count(work.Samples, tileSamples), rows.Tiles, Count(work.Filters, tileFilters), Count(work.Channels,
            tileChannels)];
        int present = 0;
        for (int d = 0; d < counts.Length; d++)
            if (counts[d] > 1) present |= 1 << d;
        (long window, long outputs) = (work.Rows.Filter * work.Columns.Filter, work.Columns.Outputs);
        foreach (ImmutableArray<TileLoop> loops in Orders[present])
        {
            (long inputs, long weights, long sums) = Moves(work, rows, columns, counts, loops);
            yield return new LayerTiling(tileSamples, tileRows, tileFilters, tileChannels, loops,
                checked(tileSamples * tileChannels * rows.Largest * columns), checked(tileFilters * tileChannels * window),
                checked(tileSamples * tileFilters * tileRows * outputs), inputs, weights, sums);
        }
    }

    private static (long Inputs, long Weights, long Sums) Moves(MatrixWork work, in WindowTiles rows, long columns, long[] counts,
        ImmutableArray<TileLoop> loops)
    {
        long CountOf(TileLoop loop) => counts[(int)loop];
        int Last(params ReadOnlySpan<TileLoop> dims)
        {
            for (int i = loops.Length - 1; i >= 0; i--)
                if (dims.Contains(loops[i])) return i;
            return -1;
        }
        long Outside(TileLoop loop, int inner) => loops.IndexOf(loop) is >= 0 and var at && at < inner ? CountOf(loop) : 1;

        checked
        {
            long each = work.Groups * work.Samples * work.Channels * columns, inputs;
            int inner = Last(TileLoop.Samples, TileLoop.Rows, TileLoop.Channels);
            long again = Outside(TileLoop.Filters, inner);
            if (inner < 0) inputs = each * rows.Pass;
            else if (loops[inner] != TileLoop.Rows) inputs = each * rows.Separate * again;
            // Right outside the rows, filters come back to rows that the last tile may still hold.
            else if (again > 1 && loops[inner - 1] == TileLoop.Filters)
                inputs = each * (rows.Pass + ((again - 1) * (rows.Return + rows.Sliding)));
            else inputs = each * rows.Pass * again;
            inner = Last(TileLoop.Filters, TileLoop.Channels);
            long weights = work.SecondElements * Outside(TileLoop.Samples, inner) * Outside(TileLoop.Rows, inner);
            inner = Last(TileLoop.Samples, TileLoop.Rows, TileLoop.Filters);
            long sums = work.OutputElements * (Outside(TileLoop.Channels, inner) - 1);
            return (inputs, weights, sums);
        }
    }

    private static long Count(long size, long tile) => (size + tile - 1) / tile;

    private static ImmutableArray<ImmutableArray<TileLoop>> Permutations(TileLoop[] items) => items.Length == 0 ? [[]]
        : [.. items.SelectMany(first => Permutations([.. items.Where(i => i != first)])
            .Select(rest => (ImmutableArray<TileLoop>)[first, .. rest]))];
}
