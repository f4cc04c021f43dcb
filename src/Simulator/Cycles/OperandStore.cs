using Sim.ArchModel;
using Sim.Mapper;
using Sim.Workloads.Graph;

namespace Sim.Simulator.Cycles;

/// <summary>
/// What one input buffer holds of one operand, element by element. It lives in epochs: a new one (unit, fold, outer step or group, by
/// residency) starts with an empty slot; within an epoch nothing is fetched twice. Convolution inputs are held as whole rows of a channel.
/// </summary>
internal sealed class OperandStore(Mapping mapping, Operands operand, int slots, int elementWidth)
{
    private readonly HashSet<(int, int)> _held = [];
    private readonly bool _stationary = Mapping.Stationary(mapping.Grid.Dataflow) == operand;
    private int _loadedEpoch = -1;
    private int _released;

    /// <summary>Elements fetched so far.</summary>
    public long Fetched { get; private set; }

    /// <summary>What one element takes, in parts of a bit.</summary>
    public int ElementWidth => elementWidth;

    /// <summary>The slot generation that a unit's data belong to.</summary>
    public int Epoch(MachineUnit unit) => mapping.Of(operand) switch
    {
        Residency.Stream => _stationary ? unit.Fold.Number : unit.Number,
        Residency.Tile => unit.Fold.OuterStep,
        _ => unit.Fold.Group,
    };

    /// <summary>Whether the slot that an epoch goes to is free: the epoch that held it before has been released.</summary>
    public bool HasSlot(int epoch) => epoch - slots < _released;

    /// <summary>Every epoch below <paramref name="epoch"/> will not be read again.</summary>
    public void ReleaseBelow(int epoch) => _released = Math.Max(_released, epoch);

    /// <summary>Elements to fetch for a unit; they count as held from now on.</summary>
    public long Fetch(MachineUnit unit)
    {
        if (_stationary && !unit.IsFirst) return 0;
        int epoch = Epoch(unit);
        if (epoch != _loadedEpoch) _held.Clear();
        _loadedEpoch = epoch;
        (IndexRange first, IndexRange second) = Rectangle(unit);
        long elements = operand == Operands.Activations && mapping.Layer.Conv is { } conv ? ConvolutionElements(conv, first, second)
            : New(first, second);
        Fetched += elements;
        return elements;
    }

    // (m, k) of activations, (n, k) of weights. A kept operand is brought in for the whole stream of the fold at once.
    private (IndexRange, IndexRange) Rectangle(MachineUnit unit)
    {
        IndexRange steps = mapping.Of(operand) == Residency.Stream ? mapping.Grid.Elements(unit.Steps)
            : IndexRange.Whole(mapping.Grid.StreamExtent);
        return (mapping.Grid.Dataflow, operand) switch
        {
            (Dataflow.OutputStationary, Operands.Activations) => (unit.Fold.Rows, steps),
            (Dataflow.OutputStationary, _) => (unit.Fold.Columns, steps),
            (Dataflow.WeightStationary, Operands.Activations) or (Dataflow.InputStationary, Operands.Weights) => (steps, unit.Fold.Rows),
            _ => (unit.Fold.Columns, unit.Fold.Rows),
        };
    }

    private long New(IndexRange first, IndexRange second)
    {
        long added = 0;
        for (int i = first.Start; i < first.End; i++)
            for (int j = second.Start; j < second.End; j++)
                if (_held.Add((i, j))) added++;
        return added;
    }

    // A channel touched by one tap brings the input rows of all its taps; a tile fetched alone comes as im2col entries when those are
    // fewer.
    private long ConvolutionElements(ConvGeometry conv, IndexRange m, IndexRange k)
    {
        long rows = 0;
        for (int reduction = k.Start; reduction < k.End; reduction++)
        {
            int channel = reduction / (conv.KernelHeight * conv.KernelWidth);
            for (int pixel = m.Start; pixel < m.End; pixel++)
            {
                for (int ky = 0; ky < conv.KernelHeight; ky++)
                {
                    int y = pixel / conv.OutputWidth * conv.StrideHeight + ky * conv.DilationHeight - conv.PadTop;
                    if (y >= 0 && y < conv.InputHeight && _held.Add((channel, y))) rows++;
                }
            }
        }
        long elements = rows * conv.InputWidth;
        return mapping.Activations == Residency.Whole || rows == 0 ? elements : Math.Min(elements, (long)m.Count * k.Count);
    }
}
