using System.Numerics;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels.Systolic;

/// <summary>A grid whose PEs are reference registers: every accumulator, multiplier and dot unit, one product at a time.</summary>
internal sealed class ScalarGrid : PeGrid
{
    private readonly DatapathSpec _spec;
    private readonly GridOperands _operands;
    private readonly BlockFormat? _activationBlocks, _weightBlocks;
    private readonly ScalarAccumulator?[] _sums, _totals;
    private readonly Stack<ScalarAccumulator> _free = [];
    private readonly int[] _stationary, _active, _arrived;
    private readonly GridSlot[] _slots;
    private readonly Queue<(long Cycle, GridTile Tile)> _loads = [];
    private readonly int _rows, _columns, _mask;
    private long _cycle = -1, _lastEntered = long.MinValue / 2;

    public ScalarGrid(GridRequest request)
        : base(request.Shape)
    {
        (_spec, _operands) = (request.Spec, request.Operands);
        if (_spec.InexactMultiplier is { } multiplier
            && (_operands.ActivationZeroPoint != 0 || _operands.WeightZeroPoints.Any(z => z != 0)))
            throw new ArgumentException($"a multiplier of kind {multiplier.Kind} takes codes without zero points", nameof(request));
        (_activationBlocks, _weightBlocks) = (_spec.ActivationBlocks, _spec.WeightBlocks);
        (_rows, _columns) = (Shape.Rows, Shape.Columns);
        _mask = (int)BitOperations.RoundUpToPowerOf2((uint)(_rows + _columns + 1)) - 1;
        int pes = _rows * _columns;
        (_sums, _totals, _arrived) = (new ScalarAccumulator?[pes], new ScalarAccumulator?[request.Outputs], new int[request.Outputs]);
        (_stationary, _active, _slots) = (new int[pes], new int[pes], new GridSlot[_mask + 1]);
    }

    public override string Name => "reference registers";

    public override bool IsReference => true;

    public override void Load(in GridTile tile) => _loads.Enqueue((_cycle + 1, tile));

    public override void Step(bool enters, in GridSlot slot)
    {
        _slots[(int)(++_cycle & _mask)] = enters ? slot : default;
        if (enters) _lastEntered = _cycle;
        if (_cycle - _lastEntered <= _rows + _columns - 2)
        {
            for (int i = _rows - 1; i >= 0; i--)
                for (int j = _columns - 1; j >= 0 && _cycle >= i; j--)
                    if (_cycle - i - j >= 0) Pe(i, j, _slots[(int)(_cycle - i - j & _mask)]);
        }
        while (_loads.TryPeek(out (long Cycle, GridTile Tile) oldest) && _cycle - oldest.Cycle >= oldest.Tile.Cycles(_rows) + _columns)
            _loads.Dequeue();
        foreach ((long begun, GridTile tile) in _loads) Shift(_cycle - begun, tile);
    }

    public override bool Finish(Span<long> results, ref GemmEvents events)
    {
        for (int i = 0; i < _totals.Length; i++)
            results[i] = (_totals[i] ?? throw new InvalidOperationException("an output was never computed")).Finish(ref events);
        return true;
    }

    // What a register holds as a number is the format's affair; only whether the PE works is told.
    public override PeView View(int row, int column)
    {
        long entered = _cycle - row - column;
        GridSlot slot = entered >= 0 ? _slots[(int)(entered & _mask)] : default;
        return new PeView(slot.Multiplies && row < slot.RowCount && column < slot.ColumnCount, double.NaN, double.NaN, double.NaN);
    }

    private void Pe(int i, int j, in GridSlot slot)
    {
        int pe = i * _columns + j;
        bool works = i < slot.RowCount && j < slot.ColumnCount;
        if (Shape.Downward)
        {
            if (slot.StartsFold) _active[pe] = _stationary[pe];
            if (!slot.Multiplies || j >= slot.ColumnCount)
            {
                if (i == _rows - 1 && j < slot.ColumnCount) Counts.Planes++;
                return;
            }
            ScalarAccumulator sum = i > 0 ? _sums[pe - _columns]! : Cleared();
            _sums[pe] = sum;
            int stays = (Shape.TwoRegisters ? _active : _stationary)[pe];
            if (works) Multiply(sum, slot.RowBase + i * slot.RowStride, stays, slot.Elements);
            if (i == _rows - 1) Join(sum, slot, j);
            return;
        }
        if (!works) return;
        if (slot.StartsFold) _sums[pe] = Cleared();
        if (!slot.Multiplies) return;
        Multiply(_sums[pe]!, slot.RowBase + i * slot.RowStride, slot.ColumnBase + j * slot.ColumnStride, slot.Elements);
        if (!slot.EndsFold) return;
        int output = slot.OutBase + i * slot.OutRowStride + j;
        if (_arrived[output]++ != 0) throw new InvalidOperationException("an output was computed twice");
        _totals[output] = _sums[pe];
        Counts.Results++;
        Counts.ResultShifts += _rows - i;
    }

    private ScalarAccumulator Cleared()
    {
        if (!_free.TryPop(out ScalarAccumulator? sum)) return new ScalarAccumulator(_spec);
        sum.Clear();
        return sum;
    }

    private void Multiply(ScalarAccumulator sum, int left, int other, int elements)
    {
        (int activation, int weight) = Shape.StreamsWeights ? (other, left) : (left, other);
        for (int e = 0; e < elements; e++, activation++, weight++)
        {
            int weightZero = _operands.WeightZeroPoints.Length == 0 ? 0 : _operands.WeightZeroPoints[weight / _operands.K];
            sum.MultiplyAdd(_operands.Activations[activation], _operands.ActivationZeroPoint, _operands.Weights[weight], weightZero,
                Scale(_activationBlocks, _operands.ActivationScales, activation), Scale(_weightBlocks, _operands.WeightScales, weight));
        }
        Counts.Products += elements;
    }

    private uint Scale(BlockFormat? blocks, System.Collections.Immutable.ImmutableArray<uint> scales, int element)
    {
        if (blocks is null) return 0;
        (int row, int k) = Math.DivRem(element, _operands.K);
        return scales[row * blocks.Blocks(_operands.K) + k / blocks.Size];
    }

    private void Join(ScalarAccumulator sum, in GridSlot slot, int column)
    {
        int output = slot.OutBase + column;
        if (_arrived[output]++ != slot.Chunk) throw new InvalidOperationException("the sums of a reduction arrive out of order");
        Counts.ColumnSums++;
        if (_totals[output] is not { } total)
        {
            _totals[output] = sum;
            return;
        }
        Counts.Joined++;
        total.Add(sum);
        _free.Push(sum);
    }

    // As in the lanes: column j follows column 0 by j cycles, push p moves rows 0 to p.
    private void Shift(long since, in GridTile tile)
    {
        for (int j = 0; j < _columns; j++)
        {
            int push = tile.Push(since - j, _rows), word = _rows - 1 - push;
            for (int i = push; i > 0; i--) _stationary[i * _columns + j] = _stationary[(i - 1) * _columns + j];
            if (push < 0 || word >= tile.RowCount || j >= tile.ColumnCount) continue;
            _stationary[j] = tile.Base + word * tile.RowStride + j * tile.ColumnStride;
            for (int i = 0; i <= push; i++) Counts.StationaryShifts += word + i < tile.RowCount ? 1 : 0;
        }
    }
}
