using Sim.ArchModel;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;
using Sim.Mapper;

namespace Sim.Simulator.Cycles;

/// <summary>An operand in a register, with the step it belongs to; Word is null in lanes beyond the edge of the layer.</summary>
internal sealed record Moving(StreamStep Step, OperandWord? Word);

/// <summary>A partial sum moving down a column.</summary>
internal sealed record MovingSum(StreamStep Step, ScalarAccumulator? Sum);

/// <summary>
/// R×C PEs as registers. Each cycle every operand moves one PE to the right (and one down, output-stationary weights and partial sums),
/// lanes entering through triangular skew registers: lane i one cycle after lane i−1. Stationary operands shift down a chain of their own.
/// </summary>
internal sealed class SystolicArray(PeArray shape, DatapathSpec datapath, IOperandSource source, Ledger ledger)
{
    private readonly int _rows = shape.Rows, _columns = shape.Columns;
    private readonly Moving?[,] _left = new Moving?[shape.Rows, shape.Columns];
    private readonly Moving?[,] _top = new Moving?[shape.Rows, shape.Columns];
    private readonly MovingSum?[,] _sums = new MovingSum?[shape.Rows, shape.Columns];
    private readonly ScalarAccumulator?[,] _held = new ScalarAccumulator?[shape.Rows, shape.Columns];
    private readonly OperandWord?[,] _chain = new OperandWord?[shape.Rows, shape.Columns];
    private readonly OperandWord?[,] _active = new OperandWord?[shape.Rows, shape.Columns];
    private readonly Moving?[] _rowWords = new Moving?[shape.Rows], _columnWords = new Moving?[shape.Columns];
    private readonly List<Moving?[]> _rowSkew = [], _columnSkew = [];
    private readonly List<(long Start, MachineFold Fold)> _loads = [];

    private bool HoldsResults => shape.Dataflow == Dataflow.OutputStationary;

    /// <summary>Whether lane registers still hold steps that have not entered the array.</summary>
    public bool IsFeeding => _rowSkew.Take(_rows - 1).Any(lane => lane.Any(m => m is not null));

    /// <summary>Whether the first row still has a step to pass on to its right.</summary>
    public bool IsFirstRowBusy => Enumerable.Range(0, _columns - 1).Any(j => _left[0, j] is not null);

    /// <summary>Whether any PE but the last corner has a step to pass on.</summary>
    public bool IsBusy
    {
        get
        {
            for (int i = 0; i < _rows; i++)
                for (int j = 0; j < _columns; j++)
                    if (_left[i, j] is not null && (i, j) != (_rows - 1, _columns - 1)) return true;
            return false;
        }
    }

    /// <summary>Begins to shift a fold's stationary tile in.</summary>
    public void BeginLoad(long cycle, MachineFold fold) => _loads.Add((cycle, fold));

    /// <summary>One cycle: <paramref name="entering"/> reaches the corner PE, every other operand moves on, PEs compute. Returns the step
    /// that leaves the last corner.</summary>
    public StreamStep? Step(long cycle, StreamStep? entering)
    {
        // The skew registers of lane i hold the last i entries: index 0 is what entered this cycle.
        _rowSkew.Insert(0, Lanes(entering, _rowWords, source.RowWord));
        if (HoldsResults) _columnSkew.Insert(0, Lanes(entering, _columnWords, source.ColumnWord));
        Trim(_rowSkew, _rows);
        Trim(_columnSkew, _columns);
        var busOfColumn = new bool[_columns];
        for (int i = _rows - 1; i >= 0; i--)
        {
            for (int j = _columns - 1; j >= 0; j--)
            {
                Moving? left = j > 0 ? _left[i, j - 1] : i < _rowSkew.Count ? _rowSkew[i][i] : null;
                _left[i, j] = left;
                if (HoldsResults) AccumulateInPlace(i, j, left, busOfColumn);
                else AccumulateDownward(i, j, left);
            }
        }
        ShiftChains(cycle);
        return _left[_rows - 1, _columns - 1]?.Step;
    }

    // Lane registers read the buffers with a step's first digit and keep the word for the others.
    private static Moving?[] Lanes(StreamStep? step, Moving?[] words, Func<StreamStep, int, OperandWord?> word)
    {
        var lanes = new Moving?[words.Length];
        if (step is null) return lanes;
        for (int i = 0; i < lanes.Length; i++)
        {
            if (step.StartsStep) words[i] = new Moving(step, word(step, i));
            lanes[i] = (words[i] ?? throw new InvalidOperationException($"lane {i} holds no operand of its step")) with { Step = step };
        }
        return lanes;
    }

    private static void Trim(List<Moving?[]> skew, int lanes)
    {
        if (skew.Count > lanes) skew.RemoveAt(lanes);
    }

    private void AccumulateInPlace(int i, int j, Moving? left, bool[] busOfColumn)
    {
        Moving? top = i > 0 ? _top[i - 1, j] : j < _columnSkew.Count ? _columnSkew[j][j] : null;
        _top[i, j] = top;
        if (left?.Step != top?.Step) throw new InvalidOperationException($"operands of different steps meet in PE ({i}, {j})");
        if (left?.Word is null || top?.Word is null) return;
        if (left.Step.StartsFold) _held[i, j] = new ScalarAccumulator(datapath);
        if (!left.Step.EndsStep) return;
        ScalarAccumulator sum = _held[i, j] ?? throw new InvalidOperationException($"PE ({i}, {j}) has no sum");
        MultiplyAdd(sum, left.Word, top.Word);
        ledger.Add(ActionNames.Pe, ActionNames.OperandShift, 2 * left.Word.Codes.Length);
        if (!left.Step.EndsFold) return;
        if (busOfColumn[j]) throw new InvalidOperationException($"two results on the bus of column {j} in one cycle");
        busOfColumn[j] = true;
        ledger.Add(ActionNames.Pe, ActionNames.ResultShift, _rows - i);
        source.TakeResult(left.Step, i, j, sum);
        _held[i, j] = null;
    }

    private void AccumulateDownward(int i, int j, Moving? left)
    {
        MovingSum? above = i > 0 ? _sums[i - 1, j] : left is null ? null : new MovingSum(left.Step, null);
        if (left?.Step != above?.Step) throw new InvalidOperationException($"a partial sum of another step meets PE ({i}, {j})");
        _sums[i, j] = above;
        if (left is null || above is null) return;
        bool usedColumn = j < left.Step.Unit.Fold.Columns.Count;
        if (shape.OverlapWeightLoad && left.Step.StartsFold) _active[i, j] = _chain[i, j];
        if (left.Word is { } streamed && usedColumn)
        {
            OperandWord stationary = (shape.OverlapWeightLoad ? _active : _chain)[i, j]
                ?? throw new InvalidOperationException($"PE ({i}, {j}) holds no stationary operand");
            ScalarAccumulator sum = above.Sum ?? new ScalarAccumulator(datapath);
            _sums[i, j] = above with { Sum = sum };
            // The digits before the last carry a part of the product each; what they add up to is known with the last.
            if (left.Step.EndsStep)
            {
                if (shape.Dataflow == Dataflow.WeightStationary) MultiplyAdd(sum, streamed, stationary);
                else MultiplyAdd(sum, stationary, streamed);
                ledger.Add(ActionNames.Pe, ActionNames.OperandShift, 1);
            }
        }
        if (i != _rows - 1 || !usedColumn) return;
        if (left.Step.EndsStep) source.TakePartialSum(left.Step, j, _sums[i, j]!.Sum!);
        else ledger.Add(ActionNames.Accumulator, ActionNames.Add, 1);
    }

    private void MultiplyAdd(ScalarAccumulator sum, OperandWord activations, OperandWord weights)
    {
        for (int i = 0; i < activations.Codes.Length; i++) sum.MultiplyAdd(activations.Codes[i], weights.Codes[i], activations.Scales[i],
            weights.Scales[i]);
        ledger.Add(ActionNames.Pe, ActionNames.Mac, activations.Codes.Length);
    }

    // Column j follows column 0 by j cycles; in it, row i passes on what rows below still need, for R − i cycles from the i-th on.
    private void ShiftChains(long cycle)
    {
        foreach ((long start, MachineFold fold) in _loads)
        {
            for (int j = 0; j < _columns; j++)
            {
                long phase = cycle - start - j;
                if (phase < 0 || phase >= _rows) continue;
                for (int i = (int)Math.Min(phase, _rows - 1); i >= 0; i--)
                {
                    _chain[i, j] = i > 0 ? _chain[i - 1, j] : source.StationaryWord(fold, (int)(_rows - 1 - phase), j);
                    if (_chain[i, j] is not null) ledger.Add(ActionNames.Pe, ActionNames.WeightLoad, 1);
                }
            }
        }
        _loads.RemoveAll(l => cycle - l.Start >= _rows + _columns);
    }
}
