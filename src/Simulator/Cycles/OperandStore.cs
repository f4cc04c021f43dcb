using System.Numerics;
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
    // A bit for each element, or for each input row of a channel.
    private ulong[] _held = [];
    private int _heldPerRow;
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
        if (epoch != _loadedEpoch) Array.Clear(_held);
        _loadedEpoch = epoch;
        (IndexRange first, IndexRange second) = Rectangle(unit);
        long elements = operand == Operands.Activations && mapping.Layer.Conv is { } conv ? ConvolutionElements(conv, first, second)
            : New(first, second);
        // The groups of a set are alike.
        elements *= mapping.Grid.GroupsIn(unit.Fold.Group);
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
        // A window of the stream is a slot of its own: nothing of it was held.
        if (mapping.Of(operand) == Residency.Stream) return (long)first.Count * second.Count;
        Room(operand == Operands.Activations ? mapping.Layer.M : mapping.Layer.N, mapping.Layer.K);
        long added = 0;
        for (int i = first.Start; i < first.End; i++)
            for (int word = second.Start / 64; word <= (second.End - 1) / 64; word++)
                added += Hold(i, word, second);
        return added;
    }

    private void Room(int rows, int bits)
    {
        _heldPerRow = (bits + 63) / 64;
        if (_held.LongLength != (long)rows * _heldPerRow) _held = new ulong[(long)rows * _heldPerRow];
    }

    // Bits of a word that a range covers and that were not there before.
    private int Hold(int row, int word, IndexRange range)
    {
        int from = Math.Max(range.Start - word * 64, 0), end = Math.Min(range.End - word * 64, 64);
        ulong bits = ulong.MaxValue >> 64 - (end - from) << from;
        ref ulong held = ref _held[(long)row * _heldPerRow + word];
        int added = BitOperations.PopCount(bits & ~held);
        held |= bits;
        return added;
    }

    // A channel touched by one tap brings the input rows of all its taps; a tile fetched alone comes as im2col entries when those are
    // fewer.
    private long ConvolutionElements(ConvGeometry conv, IndexRange m, IndexRange k)
    {
        int taps = conv.KernelHeight * conv.KernelWidth;
        Room((mapping.Layer.K + taps - 1) / taps, mapping.Layer.Batch * conv.InputHeight);
        long rows = 0;
        for (int channel = k.Start / taps; channel <= (k.End - 1) / taps; channel++)
        {
            for (int output = m.Start / conv.OutputWidth; output <= (m.End - 1) / conv.OutputWidth; output++)
            {
                (int sample, int outputRow) = Math.DivRem(output, conv.OutputHeight);
                for (int ky = 0; ky < conv.KernelHeight; ky++)
                {
                    int row = outputRow * conv.StrideHeight + ky * conv.DilationHeight - conv.PadTop;
                    if (row < 0 || row >= conv.InputHeight) continue;
                    int y = sample * conv.InputHeight + row;
                    rows += Hold(channel, y / 64, new IndexRange(y, y + 1));
                }
            }
        }
        long elements = rows * conv.InputWidth;
        return mapping.Activations == Residency.Whole || rows == 0 ? elements : Math.Min(elements, (long)m.Count * k.Count);
    }
}
