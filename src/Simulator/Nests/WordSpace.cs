using Sim.ArchModel.Hierarchies;
using Sim.Workloads.Nests;

namespace Sim.Simulator.Nests;

/// <summary>
/// The words of one operand: five axes (activations n g c row column, weights g m c r s, outputs n g m p q), the last one fastest.
/// </summary>
internal sealed class WordSpace
{
    /// <summary>Axes of every operand.</summary>
    public const int Axes = 5;

    public WordSpace(LoopLayer layer, Operand operand)
    {
        Operand = operand;
        Dims = operand switch
        {
            Operand.Activations => [LoopDim.N, LoopDim.G, LoopDim.C, LoopDim.P, LoopDim.Q],
            Operand.Weights => [LoopDim.G, LoopDim.M, LoopDim.C, LoopDim.R, LoopDim.S],
            _ => [LoopDim.N, LoopDim.G, LoopDim.M, LoopDim.P, LoopDim.Q],
        };
        Taps = operand == Operand.Activations ? [null, null, null, LoopDim.R, LoopDim.S] : new LoopDim?[Axes];
        Sizes = Extents(layer, d => layer.Size(d));
        Strides = StridesOf(Sizes);
        Words = Count(Sizes);
    }

    public Operand Operand { get; }

    /// <summary>The dimension of each axis; of a window, that of the outputs.</summary>
    public LoopDim[] Dims { get; }

    /// <summary>The filter dimension of an axis that is a window.</summary>
    public LoopDim?[] Taps { get; }

    public long[] Sizes { get; }

    /// <summary>Words from one index to the next.</summary>
    public long[] Strides { get; }

    public long Words { get; }

    /// <summary>Whether a dimension indexes the operand.</summary>
    public bool Has(LoopDim dim) => Dims.Contains(dim) || Taps.Contains(dim);

    /// <summary>From the first to the last index of each axis, for a tile of so many iterations in each dimension.</summary>
    public long[] Extents(LoopLayer layer, Func<LoopDim, long> sizes) => [.. Enumerable.Range(0, Axes).Select(a => Taps[a] is { } taps
        ? checked((sizes(Dims[a]) - 1) * layer.Stride(Dims[a]) + (sizes(taps) - 1) * layer.Dilation(taps) + 1) : sizes(Dims[a]))];

    public static long[] StridesOf(long[] sizes)
    {
        var strides = new long[Axes];
        long stride = 1;
        for (int a = Axes - 1; a >= 0; a--)
        {
            strides[a] = stride;
            stride = checked(stride * sizes[a]);
        }
        return strides;
    }

    public static long Count(long[] sizes) => sizes.Aggregate(1L, (count, size) => checked(count * size));
}
