using Sim.ArchModel;
using Sim.Workloads.Graph;

namespace Sim.Mapper;

/// <summary>A half-open index range.</summary>
public readonly record struct IndexRange(int Start, int End)
{
    /// <summary>Indices in the range.</summary>
    public int Count => End - Start;

    /// <summary>Everything from 0 to <paramref name="count"/>.</summary>
    public static IndexRange Whole(int count) => new(0, count);
}

/// <summary>
/// How a GEMM is cut into folds of an R×C array. RowExtent and ColumnExtent are the dimensions laid over rows and columns, StreamLength (T) the one that
/// passes through in time: output-stationary M, N, K; weight-stationary K, N, M; input-stationary K, M, N. Every group repeats the grid.
/// </summary>
public sealed record FoldGrid(Dataflow Dataflow, int Rows, int Columns, int Groups, int RowExtent, int ColumnExtent, int StreamLength)
{
    /// <summary>The grid of a layer on an array.</summary>
    public static FoldGrid Of(PeArray array, GemmLayer layer)
    {
        ArgumentNullException.ThrowIfNull(array);
        ArgumentNullException.ThrowIfNull(layer);
        ArgumentOutOfRangeException.ThrowIfLessThan(Math.Min(Math.Min(layer.M, layer.N), Math.Min(layer.K, layer.Groups)), 1, nameof(layer));
        (int rows, int columns, int stream) = array.Dataflow switch
        {
            Dataflow.OutputStationary => (layer.M, layer.N, layer.K),
            Dataflow.WeightStationary => (layer.K, layer.N, layer.M),
            Dataflow.InputStationary => (layer.K, layer.M, layer.N),
            _ => throw new ArgumentOutOfRangeException(nameof(array), array.Dataflow, "unknown dataflow"),
        };
        return new FoldGrid(array.Dataflow, array.Rows, array.Columns, layer.Groups, rows, columns, stream);
    }

    /// <summary>⌈RowExtent / R⌉.</summary>
    public int RowFolds => (int)(((long)RowExtent + Rows - 1) / Rows);

    /// <summary>⌈ColumnExtent / C⌉.</summary>
    public int ColumnFolds => (int)(((long)ColumnExtent + Columns - 1) / Columns);

    /// <summary>Folds of one group.</summary>
    public long FoldsPerGroup => (long)RowFolds * ColumnFolds;

    /// <summary>Folds of the layer.</summary>
    public long Folds => Groups * FoldsPerGroup;

    /// <summary>Whether an operand is loaded into the PEs before its fold streams (weight- and input-stationary).</summary>
    public bool LoadsStationary => Dataflow != Dataflow.OutputStationary;

    /// <summary>Indices that row fold <paramref name="fold"/> covers.</summary>
    public IndexRange RowRange(int fold) => Cut(fold, Rows, RowExtent);

    /// <summary>Indices that column fold <paramref name="fold"/> covers.</summary>
    public IndexRange ColumnRange(int fold) => Cut(fold, Columns, ColumnExtent);

    /// <summary>Mean over folds of used PEs / all PEs: SCALE-Sim's mapping efficiency.</summary>
    public double MappingEfficiency => (double)RowExtent * ColumnExtent / ((double)FoldsPerGroup * Rows * Columns);

    private static IndexRange Cut(int fold, int size, int extent) => new(fold * size, (int)Math.Min((long)(fold + 1) * size, extent));
}
