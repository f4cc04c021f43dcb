using System.Collections.Immutable;
using Sim.ArchModel;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Mapper;

namespace Sim.Simulator.Cycles;

/// <summary>
/// Operand codes of a layer. Activations: group, m, k row-major (im2col already applied); Weights: group, n, k row-major. Results come out
/// as group, m, n, each as <see cref="IGemmKernel.Run"/> writes it.
/// </summary>
public sealed record MachineOperands(ImmutableArray<uint> Activations, ImmutableArray<uint> Weights)
{
    /// <summary>Scale codes of activations in blocks along K: group, m, block; empty without blocks.</summary>
    public ImmutableArray<uint> ActivationScales { get; init; } = [];

    /// <summary>Scale codes of weights in blocks along K: group, n, block; empty without blocks.</summary>
    public ImmutableArray<uint> WeightScales { get; init; } = [];
}

/// <summary>
/// What a lane takes in one step: one element, or as many as an output-stationary dot unit has lanes, and beside each the scale code of its
/// block (0 without blocks). A scale is no read of its own: its share is in the width of the elements.
/// </summary>
internal sealed record OperandWord(ImmutableArray<uint> Codes, ImmutableArray<uint> Scales);

/// <summary>What the array reads from and writes to: the on-chip buffers.</summary>
internal interface IOperandSource
{
    /// <summary>Word for a row lane, read when its step enters; null beyond the layer's edge.</summary>
    OperandWord? RowWord(StreamStep step, int row);

    /// <summary>Word for a column lane (output-stationary weights).</summary>
    OperandWord? ColumnWord(StreamStep step, int column);

    /// <summary>Stationary word for a PE, read when it is pushed into its column; null beyond the layer's edge.</summary>
    OperandWord? StationaryWord(MachineFold fold, int row, int column);

    /// <summary>A finished result of an output-stationary PE.</summary>
    void TakeResult(StreamStep step, int row, int column, ScalarAccumulator sum);

    /// <summary>A chunk's sum at the foot of a column.</summary>
    void TakePartialSum(StreamStep step, int column, ScalarAccumulator sum);
}

/// <summary>Buffers that hold the real operands, count every access, and accumulate below the array.</summary>
internal sealed class OperandSource(Architecture architecture, Mapping mapping, MachineOperands operands, Ledger ledger) : IOperandSource
{
    private readonly int _m = mapping.Layer.M, _n = mapping.Layer.N, _k = mapping.Layer.K;
    private readonly BlockFormat? _activationBlocks = architecture.Datapath.ActivationBlocks,
        _weightBlocks = architecture.Datapath.WeightBlocks;
    private readonly Dataflow _flow = mapping.Grid.Dataflow;
    private readonly ScalarAccumulator?[] _totals = new ScalarAccumulator?[mapping.Layer.OutputElements];

    /// <summary>Ends every sum.</summary>
    public ImmutableArray<long> Finish(ref GemmEvents events)
    {
        var results = ImmutableArray.CreateBuilder<long>(_totals.Length);
        foreach (ScalarAccumulator? total in _totals)
            results.Add((total ?? throw new InvalidOperationException("an output was never computed")).Finish(ref events));
        return results.ToImmutable();
    }

    public OperandWord? RowWord(StreamStep step, int row)
    {
        MachineFold fold = step.Unit.Fold;
        if (row >= fold.Rows.Count) return null;
        int index = fold.Rows.Start + row;
        return _flow switch
        {
            Dataflow.OutputStationary => Activation(fold.Group, index, Products(step)),
            Dataflow.WeightStationary => Activation(fold.Group, step.Index, new(index, index + 1)),
            _ => Weight(fold.Group, step.Index, new(index, index + 1)),
        };
    }

    public OperandWord? ColumnWord(StreamStep step, int column)
    {
        MachineFold fold = step.Unit.Fold;
        return column < fold.Columns.Count ? Weight(fold.Group, fold.Columns.Start + column, Products(step)) : null;
    }

    public OperandWord? StationaryWord(MachineFold fold, int row, int column)
    {
        if (row >= fold.Rows.Count || column >= fold.Columns.Count) return null;
        int k = fold.Rows.Start + row, index = fold.Columns.Start + column;
        var one = new IndexRange(k, k + 1);
        return _flow == Dataflow.WeightStationary ? Weight(fold.Group, index, one) : Activation(fold.Group, index, one);
    }

    public void TakeResult(StreamStep step, int row, int column, ScalarAccumulator sum)
    {
        MachineFold fold = step.Unit.Fold;
        ledger.Add(NameOf(Operands.Outputs), ActionNames.WriteOf(Operands.Outputs), 1);
        ref ScalarAccumulator? total = ref _totals[Index(fold.Group, fold.Rows.Start + row, fold.Columns.Start + column)];
        if (total is not null) throw new InvalidOperationException("an output was computed twice");
        total = sum;
    }

    public void TakePartialSum(StreamStep step, int column, ScalarAccumulator sum)
    {
        MachineFold fold = step.Unit.Fold;
        int index = fold.Columns.Start + column;
        ref ScalarAccumulator? total = ref _totals[_flow == Dataflow.WeightStationary ? Index(fold.Group, step.Index, index)
            : Index(fold.Group, index, step.Index)];
        if (fold.FirstAlongK != total is null) throw new InvalidOperationException("the sums of a reduction arrive out of order");
        if (total is null)
        {
            total = sum;
        }
        else
        {
            ledger.Add(ActionNames.Accumulator, ActionNames.Read, 1);
            ledger.Add(ActionNames.Accumulator, ActionNames.Add, 1);
            total.Add(sum);
        }
        ledger.Add(ActionNames.Accumulator, ActionNames.Write, 1);
    }

    private IndexRange Products(StreamStep step) => mapping.Grid.Elements(new IndexRange(step.Index, step.Index + 1));

    private OperandWord Activation(int group, int m, IndexRange k)
    {
        ledger.Add(NameOf(Operands.Activations), ActionNames.ReadOf(Operands.Activations), k.Count);
        return Word(operands.Activations, operands.ActivationScales, _activationBlocks, group * _m + m, k);
    }

    private OperandWord Weight(int group, int n, IndexRange k)
    {
        ledger.Add(NameOf(Operands.Weights), ActionNames.ReadOf(Operands.Weights), k.Count);
        return Word(operands.Weights, operands.WeightScales, _weightBlocks, group * _n + n, k);
    }

    private OperandWord Word(ImmutableArray<uint> codes, ImmutableArray<uint> scales, BlockFormat? blocks, int row, IndexRange k) =>
        new(codes.Slice(row * _k + k.Start, k.Count),
            [.. Enumerable.Range(k.Start, k.Count).Select(i => blocks is null ? 0 : scales[row * blocks.Blocks(_k) + i / blocks.Size])]);

    private int Index(int group, int m, int n) => (group * _m + m) * _n + n;

    private string NameOf(Operands operand) => architecture.Buffers.Single(b => b.Keeps.HasFlag(operand)).Name;
}
