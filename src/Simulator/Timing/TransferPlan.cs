using Sim.ArchModel;
using Sim.Mapper;

namespace Sim.Simulator.Timing;

/// <summary>What one unit (a fold's stream tile) moves over the bus, in elements. Stationary is the tile loaded into the PEs before the
/// fold.</summary>
internal readonly record struct UnitTransfers(long Stationary, long RowOperand, long ColumnOperand, long SumsRead, long Written,
    bool IsFinal);

/// <summary>A unit's place in the loop nest: group, fold of the outer and of the inner loop, unit of the fold.</summary>
internal readonly record struct UnitPlace(int Group, int Outer, int Inner, int Unit);

/// <summary>The transfers of every unit of a mapping, from its residencies.</summary>
internal sealed class TransferPlan
{
    private readonly Mapping _mapping;
    private readonly FoldGrid _grid;
    private readonly InputFootprint _input;
    private readonly Dataflow _flow;
    private readonly InputPart _wholeStream;

    public TransferPlan(Mapping mapping)
    {
        (_mapping, _grid, _flow, _input) = (mapping, mapping.Grid, mapping.Grid.Dataflow, new InputFootprint(mapping.Layer));
        Rows = Axis(_grid.RowFolds, _grid.RowRange, _grid.BlockRows, _flow == Dataflow.OutputStationary ? 'm' : 'k');
        Columns = Axis(_grid.ColumnFolds, _grid.ColumnRange, _grid.BlockColumns, _flow == Dataflow.InputStationary ? 'm' : 'n');
        char stream = _flow switch { Dataflow.OutputStationary => 'k', Dataflow.WeightStationary => 'm', _ => 'n' };
        Stream = Axis(mapping.UnitsPerFold, u => _grid.Elements(Steps(u)), mapping.StreamTile * _grid.ElementsPerStep, stream);
        _wholeStream = Part(IndexRange.Whole(_grid.StreamExtent), stream);
    }

    /// <summary>Pieces along the rows.</summary>
    public AxisParts Rows { get; }

    /// <summary>Pieces along the columns.</summary>
    public AxisParts Columns { get; }

    /// <summary>Units of a fold.</summary>
    public AxisParts Stream { get; }

    /// <summary>Pieces of the outer fold loop.</summary>
    public AxisParts Outer => _mapping.OuterLoop == FoldAxis.Rows ? Rows : Columns;

    /// <summary>Pieces of the inner fold loop.</summary>
    public AxisParts Inner => _mapping.OuterLoop == FoldAxis.Rows ? Columns : Rows;

    /// <summary>Stream steps of a unit.</summary>
    public IndexRange Steps(int unit) =>
        new(unit * _mapping.StreamTile, (int)Math.Min((unit + 1L) * _mapping.StreamTile, _grid.StreamLength));

    /// <summary>What a unit moves.</summary>
    public UnitTransfers Of(UnitPlace place)
    {
        bool rowsOutside = _mapping.OuterLoop == FoldAxis.Rows, first = place.Unit == 0;
        int row = rowsOutside ? place.Outer : place.Inner, column = rowsOutside ? place.Inner : place.Outer;
        InputPart rows = Rows[row], columns = Columns[column], steps = Stream[place.Unit];
        long copies = _grid.GroupsIn(place.Group);
        if (_flow == Dataflow.OutputStationary)
        {
            long results = place.Unit == Stream.Count - 1 ? (long)rows.Count * columns.Count : 0;
            return new UnitTransfers(0, copies * Activations(place, column, rows, steps, rows, _wholeStream),
                copies * Weights(place, columns.Count, steps.Count), 0, copies * results, true);
        }
        long stationary = !first ? 0 : _flow == Dataflow.WeightStationary ? (long)rows.Count * columns.Count
            : _mapping.Activations == Residency.Whole ? _input.NewElements(columns, rows) : _input.Elements(columns, rows);
        long streamed = _flow == Dataflow.WeightStationary ? Activations(place, column, steps, rows, _wholeStream, rows)
            : Weights(place, rows.Count, steps.Count);
        long sums = (long)steps.Count * columns.Count;
        bool lastRow = row == Rows.Count - 1, spills = _mapping.Outputs == Residency.Stream;
        return new UnitTransfers(copies * stationary, copies * streamed, 0, spills && row > 0 ? copies * sums : 0,
            lastRow || spills ? copies * sums : 0, lastRow);
    }

    private AxisParts Axis(int pieces, Func<int, IndexRange> cut, int size, char dimension)
    {
        if (dimension == 'n' || _mapping.Layer.Conv is null)
            return new AxisParts(pieces, new InputPart(cut(0).Count, cut(0).Count, cut(0).Count),
                new InputPart(cut(pieces - 1).Count, cut(pieces - 1).Count, cut(pieces - 1).Count));
        return new AxisParts(pieces, dimension == 'm' ? _input.PixelPeriod(size) : _input.ReductionPeriod(size),
            i => Part(cut(i), dimension));
    }

    private InputPart Part(IndexRange range, char dimension) => dimension switch
    {
        'm' => _input.Pixels(range), 'k' => _input.Reductions(range), _ => new InputPart(range.Count, 0, 0),
    };

    private long Activations(UnitPlace place, int column, InputPart m, InputPart k, InputPart wholeM, InputPart wholeK) =>
        _mapping.Activations switch
        {
            Residency.Stream => _input.Elements(m, k),
            Residency.Tile => place.Unit == 0 && place.Inner == 0 ? _input.Elements(wholeM, wholeK) : 0,
            _ => place.Unit == 0 && column == 0 ? _input.NewElements(wholeM, wholeK) : 0,
        };

    private long Weights(UnitPlace place, long lanes, long elements) => lanes * _mapping.Weights switch
    {
        Residency.Stream => elements,
        Residency.Tile => place.Unit == 0 && place.Inner == 0 ? _grid.StreamExtent : 0,
        _ => place.Unit == 0 && place.Outer == 0 ? _grid.StreamExtent : 0,
    };
}
