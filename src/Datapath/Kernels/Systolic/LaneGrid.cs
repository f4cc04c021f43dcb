using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Sim.Datapath.Kernels.Systolic;

/// <summary>Values of lanes: how codes become them, and how finished sums become results.</summary>
internal abstract class LaneValues<T>
    where T : unmanaged
{
    /// <summary>Name of the grid that computes with them.</summary>
    public abstract string Name { get; }

    /// <summary>What the lanes hold for one of the value that they stand for.</summary>
    public virtual (double Activation, double Weight) Scale => (1, 1);

    /// <summary>Activations of the layer.</summary>
    public abstract void Activations(ReadOnlySpan<uint> codes, int zeroPoint, Span<T> values);

    /// <summary>Weights of the layer.</summary>
    public abstract void Weights(ReadOnlySpan<uint> codes, int zeroPoint, Span<T> values);

    /// <summary>Results of whole vectors of sums, the first <paramref name="count"/> meant; false where one is poisoned.</summary>
    public abstract bool Finish(Span<T> sums, ReadOnlySpan<T> overflowed, int count, Span<long> results, ref GemmEvents events);
}

/// <summary>
/// A grid as structures of arrays. The operands of a row lane lie in a row of <c>_left</c>, latest first, so that what the row's PEs hold
/// is a window of it and moving on one PE is moving the window; the operands of the column lanes lie skewed in rows of <c>_top</c>, so
/// that what row i holds is what row i − 1 held a cycle before. Sums are a row of lanes for each row of PEs: kept in place, or moved one
/// row down a cycle. Rows that hold operands of a single fold step whole, others under masks.
/// </summary>
internal sealed partial class LaneGrid<T, TStep> : PeGrid
    where T : unmanaged, INumberBase<T>
    where TStep : struct, IGridStep<T>
{
    // Slots that the windows move through before they are set back to the end of their rows.
    private const int Slack = 64;

    // Steps whose operands are brought in at once.
    private const int Block = 32;

    private static readonly int Lanes = Vector512<T>.Count;

    private readonly LaneValues<T> _values;
    private readonly TStep _step;
    private readonly T[] _rowMatrix, _columnMatrix, _left, _top, _sums, _sumFlags, _stationary, _active, _rowLimit, _columnLimit, _index;
    private readonly T[] _foot, _footFlags, _totals, _totalFlags, _joined, _joinedFlags, _pushes;
    private readonly int[] _arrived, _run, _outBase;
    private readonly bool _downward;
    private readonly GridSlot[] _slots;
    private readonly Queue<long> _starts = new(16), _ends = new(16);
    private readonly Queue<(long Cycle, GridTile Tile)> _loads = new(4);
    private readonly int _rows, _columns, _width, _pitch, _mask, _length;
    private long _cycle = -1, _lastEntered = long.MinValue / 2;
    private int _head;

    public LaneGrid(GridShape shape, LaneValues<T> values, TStep step, GridOperands operands, int outputs)
        : base(shape)
    {
        (_values, _step, _rows, _columns) = (values, step, shape.Rows, shape.Columns);
        _width = (_columns + Lanes - 1) / Lanes * Lanes;
        (_length, _mask) = (_rows + _width + Slack, (int)BitOperations.RoundUpToPowerOf2((uint)(_rows + _columns + Block)) - 1);
        // An odd number of cache lines a row, so that the windows of all rows do not meet in the same sets.
        int line = 64 / Unsafe.SizeOf<T>();
        _pitch = ((_length + Lanes + line - 1) / line | 1) * line;
        (T[] activations, T[] weights) = (new T[operands.Activations.Length], new T[operands.Weights.Length]);
        values.Activations(operands.Activations.AsSpan(), operands.ActivationZeroPoint, activations);
        for (int row = 0; row * operands.K < weights.Length; row++)
        {
            values.Weights(operands.Weights.AsSpan().Slice(row * operands.K, operands.K),
                operands.WeightZeroPoints.Length == 0 ? 0 : operands.WeightZeroPoints[row], weights.AsSpan(row * operands.K, operands.K));
        }
        (_rowMatrix, _columnMatrix) = shape.StreamsWeights ? (weights, activations) : (activations, weights);
        int pes = _rows * _width, ring = (_mask + 1) * _width;
        (_left, _sums, _sumFlags) = (new T[_rows * _pitch], new T[pes], new T[TStep.Tracks ? pes : 0]);
        _top = new T[shape.Downward ? 0 : ring];
        (_stationary, _active) = (new T[shape.Downward ? pes : 0], new T[shape.TwoRegisters && shape.Downward ? pes : 0]);
        (_foot, _footFlags) = (new T[shape.Downward ? ring : 0], new T[shape.Downward && TStep.Tracks ? ring : 0]);
        (_joined, _joinedFlags, _pushes) = (new T[Lanes], new T[Lanes], new T[Lanes]);
        (_rowLimit, _columnLimit) = (new T[_length + Lanes], new T[_length + Lanes]);
        _index = new T[Math.Max(_rows, _width) + 1];
        for (int i = 0; i < _index.Length; i++) _index[i] = T.CreateTruncating(i);
        int padded = (outputs + Lanes - 1) / Lanes * Lanes;
        (_totals, _totalFlags, _arrived) = (new T[padded], new T[TStep.Tracks ? padded : 0], new int[outputs]);
        (_slots, _run, _outBase) = (new GridSlot[_mask + 1], new int[_mask + 1], new int[_mask + 1]);
        _downward = shape.Downward;
        Array.Fill(_run, _rows + _columns);
        _head = _length - _rows - _width;
    }

    public override string Name => _values.Name;

    public override void Load(in GridTile tile) => _loads.Enqueue((_cycle + 1, tile));

    public override void Step(bool enters, in GridSlot slot)
    {
        Room(1);
        if (enters && slot.Multiplies) Bring(slot, default, 0, 1);
        Next(enters, slot, slot.OutBase, slot.StartsFold, slot.EndsFold);
    }

    public override void Idle(long cycles)
    {
        // Nothing moves in an empty array.
        long drained = Math.Clamp(_lastEntered + _rows + _columns - 1 - _cycle, 0, cycles);
        if (_loads.Count > 0) drained = cycles;
        for (long i = 0; i < drained; i++) Step(false, default);
        // Slots beyond a whole ring are like those in it.
        long skipped = Math.Max(0, cycles - drained - _mask - 1);
        _cycle += skipped;
        for (long i = drained + skipped; i < cycles; i++)
        {
            Room(1);
            _cycle++;
            _head--;
            Mark(default, 0);
        }
    }

    public override void Stream(in GridSlot first, GridStride stride, int steps, bool endsFold)
    {
        for (int done = 0; done < steps;)
        {
            int block = Math.Min(Block, steps - done);
            Room(block);
            Bring(first, stride, done, block);
            for (int end = done + block; done < end; done++)
                Next(true, first, first.OutBase + done * stride.Out, first.StartsFold && done == 0, endsFold && done == steps - 1);
        }
    }

    public override bool Finish(Span<long> results, ref GemmEvents events)
    {
        int outputs = _arrived.Length;
        var padded = new long[_totals.Length];
        if ((Shape.Downward ? Counts.ColumnSums - Counts.Joined : Counts.Results) != outputs)
            throw new InvalidOperationException("an output was never computed");
        if (!_values.Finish(_totals, _totalFlags, outputs, padded, ref events)) return false;
        padded.AsSpan(0, outputs).CopyTo(results);
        events.Outputs += outputs;
        return true;
    }

    public override PeView View(int row, int column)
    {
        (double activation, double weight) = _values.Scale;
        (double left, double other) = Shape.StreamsWeights ? (weight, activation) : (activation, weight);
        long entered = _cycle - row - column;
        GridSlot slot = entered >= 0 ? _slots[entered & _mask] : default;
        T[] stationary = Shape.TwoRegisters ? _active : _stationary;
        T beside = Shape.Downward ? stationary[row * _width + column] : _top[(int)(_cycle - row & _mask) * _width + column];
        return new PeView(slot.Multiplies && row < slot.RowCount && column < slot.ColumnCount,
            double.CreateTruncating(_left[row * _pitch + _head + row + column]) / left, double.CreateTruncating(beside) / other,
            double.CreateTruncating(_sums[row * _width + column]) / (activation * weight));
    }

    // Makes room before the windows for so many slots.
    private void Room(int slots)
    {
        if (_head >= slots) return;
        int kept = _rows + _width, end = _length - kept;
        for (int i = 0; i < _rows; i++) _left.AsSpan(i * _pitch + _head, kept).CopyTo(_left.AsSpan(i * _pitch + end, kept));
        _rowLimit.AsSpan(_head, kept).CopyTo(_rowLimit.AsSpan(end));
        _columnLimit.AsSpan(_head, kept).CopyTo(_columnLimit.AsSpan(end));
        _head = end;
    }

    // The operands of the slots to come: those of the rows before the windows, those of the columns skewed into the rows of the ring.
    private void Bring(in GridSlot slot, GridStride stride, int done, int steps)
    {
        unchecked
        {
            int rowBase = slot.RowBase + done * stride.Row, columnBase = slot.ColumnBase + done * stride.Column;
            ref T left = ref MemoryMarshal.GetArrayDataReference(_left);
            if (slot.RowStride == 1)
            {
                for (int t = 0; t < steps; t++)
                {
                    ReadOnlySpan<T> from = _rowMatrix.AsSpan(rowBase + t * stride.Row, slot.RowCount);
                    nint to = _head - 1 - t;
                    for (int i = 0; i < from.Length; i++, to += _pitch) Unsafe.Add(ref left, to) = from[i];
                }
            }
            else
            {
                for (int i = 0; i < slot.RowCount; i++)
                {
                    ReadOnlySpan<T> from = _rowMatrix.AsSpan(rowBase + i * slot.RowStride, (steps - 1) * stride.Row + 1);
                    Span<T> to = _left.AsSpan(i * _pitch + _head - steps, steps);
                    for (int t = 0; t < to.Length; t++) to[to.Length - 1 - t] = from[t * stride.Row];
                }
            }
            if (Shape.Downward) return;
            ref T top = ref MemoryMarshal.GetArrayDataReference(_top);
            for (int j = 0; j < slot.ColumnCount; j++)
            {
                ReadOnlySpan<T> from = _columnMatrix.AsSpan(columnBase + j * slot.ColumnStride, (steps - 1) * stride.Column + 1);
                int at = (int)(_cycle + 1 + j & _mask);
                for (int t = 0; t < steps; t++, at = at + 1 & _mask) Unsafe.Add(ref top, at * _width + j) = from[t * stride.Column];
            }
        }
    }

    private void Next(bool enters, in GridSlot slot, int outBase, bool startsFold, bool endsFold)
    {
        _cycle++;
        _head--;
        if (enters)
        {
            Mark(slot, outBase);
            _lastEntered = _cycle;
            if (startsFold) _starts.Enqueue(_cycle);
            if (endsFold && !_downward) _ends.Enqueue(_cycle);
        }
        else
        {
            Mark(default, 0);
        }
        if (_cycle - _lastEntered <= _rows + _columns - 2)
        {
            if (_starts.Count > 0) Start();
            if (_downward) Fall();
            else Hold();
            if (_ends.Count > 0) Leave();
        }
        if (_loads.Count == 0) return;
        while (_loads.TryPeek(out (long Cycle, GridTile Tile) oldest) && _cycle - oldest.Cycle >= oldest.Tile.Cycles(_rows) + _columns)
            _loads.Dequeue();
        foreach ((long begun, GridTile tile) in _loads) Shift(_cycle - begun, tile);
    }

    private void Mark(in GridSlot slot, int outBase)
    {
        int at = (int)(_cycle & _mask), beforeAt = at - 1 & _mask;
        ref GridSlot before = ref _slots[beforeAt];
        bool same = before.Multiplies == slot.Multiplies && before.RowCount == slot.RowCount && before.ColumnCount == slot.ColumnCount;
        _run[at] = same ? Math.Min(_run[beforeAt] + 1, _rows + _columns) : 1;
        _slots[at] = slot;
        _outBase[at] = outBase;
        _rowLimit[_head] = slot.Multiplies ? _index[slot.RowCount] : T.Zero;
        _columnLimit[_head] = slot.Multiplies ? _index[slot.ColumnCount] : T.Zero;
    }
}
