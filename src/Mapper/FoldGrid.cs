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
/// How a GEMM is cut into folds of an R×C array. RowExtent and ColumnExtent are the dimensions laid over rows and columns, StreamLength (T)
/// the one that passes through in time: output-stationary M, N, K; weight-stationary K, N, M; input-stationary K, M, N. Every group repeats
/// the grid.
/// A dot unit of L lanes spans L rows of a column. Where K lies on the rows that changes nothing here; an output-stationary unit holds one
/// result and takes L products a step, so R counts units, R/L of the array's rows, and T = ⌈K / L⌉.
/// Several groups may share the array, each in a block of its own on the diagonal: rows and columns of a block are those of its group
/// alone, other PEs of them pass on what they get. Then extents are cut by BlockRows and BlockColumns, and Groups counts such sets of groups.
/// </summary>
public sealed record FoldGrid(Dataflow Dataflow, int Rows, int Columns, int Groups, int RowExtent, int ColumnExtent, int StreamLength)
{
    /// <summary>Elements of a streamed operand that one step takes in a lane: the lanes of an output-stationary dot unit, else 1.</summary>
    public int ElementsPerStep { get; private init; } = 1;

    /// <summary>Groups that share the array.</summary>
    public int Blocks { get; private init; } = 1;

    /// <summary>Groups of the layer.</summary>
    public int LayerGroups { get; private init; } = Groups;

    /// <summary>Rows that a group has.</summary>
    public int BlockRows { get; private init; } = Rows;

    /// <summary>Columns that a group has.</summary>
    public int BlockColumns => Columns / Blocks;

    /// <summary>Groups in a set: fewer in the last one.</summary>
    public int GroupsIn(int set) => Math.Min(Blocks, LayerGroups - set * Blocks);

    /// <summary>Rows that a full fold uses.</summary>
    public int RowsInUse => Math.Min(Blocks, LayerGroups) * Math.Min(BlockRows, RowExtent);

    /// <summary>Columns that a full fold uses.</summary>
    public int ColumnsInUse => Math.Min(Blocks, LayerGroups) * Math.Min(BlockColumns, ColumnExtent);

    /// <summary>Elements of the streamed dimension: K output-stationary; as many as steps else.</summary>
    public int StreamExtent { get; private init; } = StreamLength;

    /// <summary>The grid of a layer, so many <paramref name="blocks"/> of groups beside each other, on an array whose dot units have so
    /// many <paramref name="lanes"/>; the rows are a multiple of them.</summary>
    public static FoldGrid Of(PeArray array, GemmLayer layer, int lanes = 1, int blocks = 1)
    {
        ArgumentNullException.ThrowIfNull(array);
        ArgumentNullException.ThrowIfNull(layer);
        ArgumentOutOfRangeException.ThrowIfLessThan(Math.Min(Math.Min(layer.M, layer.N), Math.Min(layer.K, layer.Groups)), 1,
            nameof(layer));
        (int rows, int columns, int stream) = array.Dataflow switch
        {
            Dataflow.OutputStationary => (layer.M, layer.N, layer.K),
            Dataflow.WeightStationary => (layer.K, layer.N, layer.M),
            Dataflow.InputStationary => (layer.K, layer.M, layer.N),
            _ => throw new ArgumentOutOfRangeException(nameof(array), array.Dataflow, "unknown dataflow"),
        };
        int perStep = array.Dataflow == Dataflow.OutputStationary ? lanes : 1;
        if (array.Rows % lanes != 0) throw new ArgumentException($"{array.Rows} rows hold no whole dot units of {lanes} lanes",
            nameof(lanes));
        int unit = lanes / perStep, inColumn = array.Rows / perStep;
        return new FoldGrid(array.Dataflow, inColumn, array.Columns, (layer.Groups + blocks - 1) / blocks, rows, columns,
            (int)(((long)stream + perStep - 1) / perStep))
        {
            ElementsPerStep = perStep, StreamExtent = stream, LayerGroups = layer.Groups, Blocks = blocks,
            BlockRows = inColumn / blocks / unit * unit,
        };
    }

    /// <summary>⌈RowExtent / BlockRows⌉.</summary>
    public int RowFolds => (int)(((long)RowExtent + BlockRows - 1) / BlockRows);

    /// <summary>⌈ColumnExtent / BlockColumns⌉.</summary>
    public int ColumnFolds => (int)(((long)ColumnExtent + BlockColumns - 1) / BlockColumns);

    /// <summary>Folds of one set of groups.</summary>
    public long FoldsPerGroup => (long)RowFolds * ColumnFolds;

    /// <summary>Folds of the layer.</summary>
    public long Folds => Groups * FoldsPerGroup;

    /// <summary>Whether an operand is loaded into the PEs before its fold streams (weight- and input-stationary).</summary>
    public bool LoadsStationary => Dataflow != Dataflow.OutputStationary;

    /// <summary>Indices that row fold <paramref name="fold"/> covers.</summary>
    public IndexRange RowRange(int fold) => Cut(fold, BlockRows, RowExtent);

    /// <summary>Indices that column fold <paramref name="fold"/> covers.</summary>
    public IndexRange ColumnRange(int fold) => Cut(fold, BlockColumns, ColumnExtent);

    /// <summary>Indices of the streamed dimension that steps cover.</summary>
    public IndexRange Elements(IndexRange steps) =>
        new(steps.Start * ElementsPerStep, (int)Math.Min((long)steps.End * ElementsPerStep, StreamExtent));

    /// <summary>Mean over folds of used PEs / all PEs: SCALE-Sim's mapping efficiency.</summary>
    public double MappingEfficiency => (double)LayerGroups * RowExtent * ColumnExtent / ((double)Folds * Rows * Columns);

    private static IndexRange Cut(int fold, int size, int extent) => new(fold * size, (int)Math.Min((long)(fold + 1) * size, extent));
}
