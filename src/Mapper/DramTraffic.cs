using Sim.ArchModel;
using Sim.Workloads.Graph;

namespace Sim.Mapper;

/// <summary>Closed-form totals of what a mapping moves over the DRAM bus, in elements of a whole layer. Sums are spilled partial sums at
/// accumulator width.</summary>
public readonly record struct TrafficTotals(long Activations, long Weights, long SumsRead, long SumsWritten, long Outputs)
{
    /// <summary>Bits over the bus, one begun counted in each direction.</summary>
    public long Bits(ElementWidths widths) => BitsRead(widths) + BitsWritten(widths);

    /// <summary>Bits from the memory.</summary>
    public long BitsRead(ElementWidths widths) =>
        widths.Bits(Activations * widths.Activation + Weights * widths.Weight + SumsRead * widths.Sum);

    /// <summary>Bits to the memory.</summary>
    public long BitsWritten(ElementWidths widths) => widths.Bits(Outputs * widths.Output + SumsWritten * widths.Sum);
}

/// <summary>
/// Reuse analysis of one layer. An operand that stays (Tile or Whole) crosses the bus once; one that streams crosses once for every fold
/// that uses it.
/// </summary>
public sealed class DramTraffic
{
    private readonly GemmLayer _layer;
    private readonly FoldGrid _grid;
    private readonly Dictionary<int, long> _activationStream = [];

    /// <summary>Prepares the analysis of a layer on its grid.</summary>
    public DramTraffic(GemmLayer layer, FoldGrid grid)
    {
        ArgumentNullException.ThrowIfNull(layer);
        ArgumentNullException.ThrowIfNull(grid);
        (_layer, _grid, Input) = (layer, grid, new InputFootprint(layer));
    }

    /// <summary>Activation footprints of the layer.</summary>
    public InputFootprint Input { get; }

    /// <summary>Totals for residencies and a stream tile.</summary>
    public TrafficTotals Totals(Residency activations, Residency weights, Residency outputs, int streamTile)
    {
        bool weightsStay = _grid.Dataflow == Dataflow.WeightStationary || weights != Residency.Stream;
        int weightPasses = weightsStay ? 1 : _grid.Dataflow == Dataflow.OutputStationary ? _grid.RowFolds : _grid.ColumnFolds;
        long spilled = _grid.LoadsStationary && outputs == Residency.Stream ? (_grid.RowFolds - 1) * _layer.OutputElements : 0;
        return new TrafficTotals(_layer.Groups * Activations(activations, streamTile), weightPasses * _layer.SecondElements, spilled,
            spilled, _layer.OutputElements);
    }

    private long Activations(Residency residency, int streamTile) => residency switch
    {
        Residency.Whole => Input.Whole(_layer.M, _layer.K),
        Residency.Tile => ActivationPasses(_grid.StreamLength),
        _ => StationaryOrStreamed(streamTile),
    };

    private long StationaryOrStreamed(int streamTile)
    {
        if (_activationStream.TryGetValue(streamTile, out long known)) return known;
        long elements = _grid.Dataflow == Dataflow.InputStationary ? StationaryActivations()
            : _grid.ColumnFolds * ActivationPasses(streamTile);
        return _activationStream[streamTile] = elements;
    }

    // One pass over the row folds, each fold's stream in tiles.
    private long ActivationPasses(int streamTile)
    {
        long sum = 0;
        bool rowsArePixels = _grid.Dataflow == Dataflow.OutputStationary;
        int outerFolds = rowsArePixels ? _grid.RowFolds : Tiles(streamTile), innerFolds = rowsArePixels ? Tiles(streamTile)
            : _grid.RowFolds;
        for (int pixelTile = 0; pixelTile < outerFolds; pixelTile++)
        {
            IndexRange m = rowsArePixels ? _grid.RowRange(pixelTile) : StreamRange(pixelTile, streamTile);
            long rows = Input.Rows(m);
            for (int inner = 0; inner < innerFolds; inner++)
                sum += Input.Elements(m, rowsArePixels ? _grid.Elements(StreamRange(inner, streamTile)) : _grid.RowRange(inner), rows);
        }
        return sum;
    }

    private long StationaryActivations()
    {
        long sum = 0;
        for (int j = 0; j < _grid.ColumnFolds; j++)
        {
            IndexRange m = _grid.ColumnRange(j);
            long rows = Input.Rows(m);
            for (int i = 0; i < _grid.RowFolds; i++) sum += Input.Elements(m, _grid.RowRange(i), rows);
        }
        return sum;
    }

    private int Tiles(int streamTile) => (_grid.StreamLength + streamTile - 1) / streamTile;

    private IndexRange StreamRange(int tile, int streamTile) =>
        new(tile * streamTile, (int)Math.Min((tile + 1L) * streamTile, _grid.StreamLength));
}
