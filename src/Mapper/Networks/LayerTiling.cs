using System.Collections.Immutable;
using System.Runtime.CompilerServices;

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
public readonly record struct LayerTiling(long Samples, long Rows, long Filters, long Channels, ImmutableArray<TileLoop> Order,
    long TileInputs, long TileWeights, long TileOutputs, long InputReads, long WeightReads, long SumTransfers)
{
    // By the set of loops that exist.
    private static readonly ImmutableArray<ImmutableArray<TileLoop>>[] Orders =
        [.. Enumerable.Range(0, 16).Select(set => Permutations([.. Enum.GetValues<TileLoop>().Where(d => (set >> (int)d & 1) != 0)]))];

    /// <summary>All tilings of a layer over <see cref="TileSizes"/>, in a fixed order.</summary>
    public static IEnumerable<LayerTiling> All(MatrixWork work)
    {
        ArgumentNullException.ThrowIfNull(work);
        WindowTiles columns = WindowTiles.Of(work.Columns, work.Columns.Outputs);
        ImmutableArray<long> allSamples = TileSizes.Of(work.Samples), allFilters = TileSizes.Of(work.Filters);
        ImmutableArray<long> allChannels = TileSizes.Of(work.Channels);
        foreach (long rows in TileSizes.Of(work.Rows.Outputs))
        {
            WindowTiles tiles = WindowTiles.Of(work.Rows, rows);
            foreach (long samples in allSamples)
                foreach (long filters in allFilters)
                    foreach (long channels in allChannels)
                    {
                        long[] counts = [Count(work.Samples, samples), tiles.Tiles, Count(work.Filters, filters),
                            Count(work.Channels, channels)];
                        foreach (ImmutableArray<TileLoop> loops in Orders[Present(counts)])
                            yield return Of(work, tiles, columns.First, (samples, rows, filters, channels), counts, loops);
                    }
        }
    }

    // The set of loops that exist.
    private static int Present(ReadOnlySpan<long> counts)
    {
        int present = 0;
        for (int d = 0; d < counts.Length; d++)
            if (counts[d] > 1) present |= 1 << d;
        return present;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static LayerTiling Of(MatrixWork work, in WindowTiles rows, long columns,
        (long Samples, long Rows, long Filters, long Channels) tile, ReadOnlySpan<long> counts, ImmutableArray<TileLoop> loops)
    {
        (long window, long outputs) = (work.Rows.Filter * work.Columns.Filter, work.Columns.Outputs);
        (long inputs, long weights, long sums) = Moves(work, rows, columns, counts, loops.AsSpan());
        return new LayerTiling(tile.Samples, tile.Rows, tile.Filters, tile.Channels, loops,
            checked(tile.Samples * tile.Channels * rows.Largest * columns), checked(tile.Filters * tile.Channels * window),
            checked(tile.Samples * tile.Filters * tile.Rows * outputs), inputs, weights, sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (long Inputs, long Weights, long Sums) Moves(MatrixWork work, in WindowTiles rows, long columns,
        ReadOnlySpan<long> counts, ReadOnlySpan<TileLoop> loops)
    {
        // Places of the loops; -1: there is none.
        (int samples, int row, int filters, int channels) = (-1, -1, -1, -1);
        for (int i = 0; i < loops.Length; i++)
            switch (loops[i])
            {
                case TileLoop.Samples: samples = i; break;
                case TileLoop.Rows: row = i; break;
                case TileLoop.Filters: filters = i; break;
                default: channels = i; break;
            }
        checked
        {
            long each = work.Groups * work.Samples * work.Channels * columns, inputs;
            int inner = Math.Max(samples, Math.Max(row, channels));
            long again = filters >= 0 && filters < inner ? counts[(int)TileLoop.Filters] : 1;
            if (inner < 0) inputs = each * rows.Pass;
            else if (inner != row) inputs = each * rows.Separate * again;
            // Right outside the rows, filters come back to rows that the last tile may still hold.
            else if (again > 1 && filters == inner - 1) inputs = each * (rows.Pass + ((again - 1) * (rows.Return + rows.Sliding)));
            else inputs = each * rows.Pass * again;
            inner = Math.Max(filters, channels);
            long weights = work.SecondElements * (samples >= 0 && samples < inner ? counts[(int)TileLoop.Samples] : 1)
                * (row >= 0 && row < inner ? counts[(int)TileLoop.Rows] : 1);
            inner = Math.Max(samples, Math.Max(row, filters));
            long sums = work.OutputElements * ((channels >= 0 && channels < inner ? counts[(int)TileLoop.Channels] : 1) - 1);
            return (inputs, weights, sums);
        }
    }

    private static long Count(long size, long tile) => (size + tile - 1) / tile;

    private static ImmutableArray<ImmutableArray<TileLoop>> Permutations(TileLoop[] items) => items.Length == 0 ? [[]]
        : [.. items.SelectMany(first => Permutations([.. items.Where(i => i != first)])
            .Select(rest => (ImmutableArray<TileLoop>)[first, .. rest]))];
}
