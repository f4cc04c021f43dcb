using Sim.ArchModel;
using Sim.Mapper;

namespace Sim.Simulator.Timing;

/// <summary>What one unit (a fold's stream tile) moves over the bus, in parts of a bit (<see cref="ElementWidths"/>). Stationary is the
/// tile loaded into the PEs before the fold.</summary>
internal readonly record struct UnitTransfers(long Stationary, long RowOperand, long ColumnOperand, long SumsRead, long Written);

/// <summary>Place of a fold: group, index in the outer and the inner loop, row and column fold.</summary>
internal readonly record struct FoldPlace(int Group, int Outer, int Inner, int Row, int Column);

/// <summary>The transfers of every unit of a mapping, from its residencies.</summary>
internal sealed class TransferPlan(Mapping mapping, ElementWidths widths)
{
    private readonly FoldGrid _grid = mapping.Grid;
    private readonly InputFootprint _input = new(mapping.Layer);
    private readonly Dataflow _flow = mapping.Grid.Dataflow;

    /// <summary>Folds of the inner loop.</summary>
    public int InnerFolds { get; } = mapping.OuterLoop == FoldAxis.Rows ? mapping.Grid.ColumnFolds : mapping.Grid.RowFolds;

    /// <summary>Folds of the outer loop, in one group.</summary>
    public int OuterFolds { get; } = mapping.OuterLoop == FoldAxis.Rows ? mapping.Grid.RowFolds : mapping.Grid.ColumnFolds;

    /// <summary>Where fold number <paramref name="fold"/> lies.</summary>
    public FoldPlace Place(long fold)
    {
        int group = (int)(fold / _grid.FoldsPerGroup);
        long inGroup = fold % _grid.FoldsPerGroup;
        int outer = (int)(inGroup / InnerFolds), inner = (int)(inGroup % InnerFolds);
        return mapping.OuterLoop == FoldAxis.Rows ? new FoldPlace(group, outer, inner, outer, inner)
            : new FoldPlace(group, outer, inner, inner, outer);
    }

    /// <summary>Stream steps of a unit.</summary>
    public IndexRange Steps(int unit) =>
        new(unit * mapping.StreamTile, (int)Math.Min((unit + 1L) * mapping.StreamTile, _grid.StreamLength));

    /// <summary>What unit <paramref name="unit"/> of the fold at <paramref name="place"/> moves.</summary>
    public UnitTransfers Of(FoldPlace place, int unit)
    {
        IndexRange rows = _grid.RowRange(place.Row), columns = _grid.ColumnRange(place.Column), steps = Steps(unit);
        bool lastUnit = unit == mapping.UnitsPerFold - 1;
        if (_flow == Dataflow.OutputStationary)
        {
            long results = lastUnit ? (long)rows.Count * columns.Count * widths.Output : 0;
            return new UnitTransfers(0, Activations(place, unit, rows, _grid.Elements(steps)),
                Weights(place, unit, columns, _grid.Elements(steps)), 0, results);
        }
        long stationary = unit > 0 ? 0
            : _flow == Dataflow.WeightStationary ? (long)rows.Count * columns.Count * widths.Weight : StationaryActivations(columns, rows);
        long streamed = _flow == Dataflow.WeightStationary ? Activations(place, unit, steps, rows) : Weights(place, unit, rows, steps);
        long sums = (long)steps.Count * columns.Count;
        bool lastRow = place.Row == _grid.RowFolds - 1, spills = mapping.Outputs == Residency.Stream;
        return new UnitTransfers(stationary, streamed, 0, spills && place.Row > 0 ? sums * widths.Sum : 0,
            lastRow ? sums * widths.Output : spills ? sums * widths.Sum : 0);
    }

    private long StationaryActivations(IndexRange m, IndexRange k) =>
        widths.Activation * (mapping.Activations == Residency.Whole ? _input.NewElements(m, k) : _input.Elements(m, k));

    private long Activations(FoldPlace place, int unit, IndexRange m, IndexRange k)
    {
        bool pixelsStream = _flow == Dataflow.WeightStationary;
        IndexRange allSteps = IndexRange.Whole(_grid.StreamExtent), wholeM = pixelsStream ? allSteps : m, wholeK = pixelsStream ? k
            : allSteps;
        return widths.Activation * mapping.Activations switch
        {
            Residency.Stream => _input.Elements(m, k),
            Residency.Tile => unit == 0 && place.Inner == 0 ? _input.Elements(wholeM, wholeK) : 0,
            _ => unit == 0 && place.Column == 0 ? _input.NewElements(wholeM, wholeK) : 0,
        };
    }

    private long Weights(FoldPlace place, int unit, IndexRange lanes, IndexRange elements) =>
        widths.Weight * (long)lanes.Count * mapping.Weights switch
    {
        Residency.Stream => elements.Count,
        Residency.Tile => unit == 0 && place.Inner == 0 ? _grid.StreamExtent : 0,
        _ => unit == 0 && place.Outer == 0 ? _grid.StreamExtent : 0,
    };
}
