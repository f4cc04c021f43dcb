using System.Collections.Immutable;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels.Systolic;

/// <summary>
/// Shape of a systolic array of PEs. Downward: sums fall a PE a cycle past operands that stay (weight- and input-stationary); else every PE
/// keeps its sum and both operands pass (output-stationary). TwoRegisters: a stationary operand waits in a register of its own until its
/// fold begins. StreamsWeights: row lanes take weights and the stationary operand is the activations.
/// </summary>
public readonly record struct GridShape(int Rows, int Columns, bool Downward, bool TwoRegisters, bool StreamsWeights);

/// <summary>
/// Operand codes in memory: rows of <paramref name="K"/> activations and rows of K weights, each with its scales where the datapath has
/// blocks. A zero point of weights for each row of weights, or none.
/// </summary>
public sealed record GridOperands(int K, ImmutableArray<uint> Activations, ImmutableArray<uint> Weights)
{
    /// <summary>Scale codes of the rows of activations, block by block.</summary>
    public ImmutableArray<uint> ActivationScales { get; init; } = [];

    /// <summary>Scale codes of the rows of weights.</summary>
    public ImmutableArray<uint> WeightScales { get; init; } = [];

    /// <summary>Subtracted from every activation.</summary>
    public int ActivationZeroPoint { get; init; }

    /// <summary>Subtracted from the weights, one a row; empty: 0.</summary>
    public ImmutableArray<int> WeightZeroPoints { get; init; } = [];
}

/// <summary>
/// What enters the corner of the array in one cycle: the addresses of the operands of each lane (element lane·stride + base of its matrix),
/// whether PEs multiply it (a digit of a serial product before the last does not), and where its sums go (base + row·stride + column).
/// Elements: products of a step, consecutive in memory. Chunk: which part of K it sums, 0 the first.
/// </summary>
public readonly record struct GridSlot(int RowBase, int RowStride, int RowCount, int ColumnBase, int ColumnStride, int ColumnCount,
    int Elements, bool Multiplies, bool StartsFold, bool EndsFold, int OutBase, int OutRowStride, int Chunk);

/// <summary>How the addresses of a slot move from one step to the next.</summary>
public readonly record struct GridStride(int Row, int Column, int Out);

/// <summary>
/// A stationary tile: element (row, column) is at base + row·stride + column·stride. The last row is pushed in first; rows beyond the tile
/// take a cycle each, rows of it <paramref name="Frame"/> cycles, which is how long their words take to be read.
/// </summary>
public readonly record struct GridTile(int Base, int RowStride, int RowCount, int ColumnStride, int ColumnCount, int Frame)
{
    /// <summary>Cycles until the whole tile has been pushed into a column of so many rows.</summary>
    public int Cycles(int rows) => rows + RowCount * (Frame - 1);

    /// <summary>Which push into a column happens so many cycles after its first may: 0 to <paramref name="rows"/> − 1; −1: none.</summary>
    internal int Push(long after, int rows)
    {
        int empty = rows - RowCount;
        if (after < 0 || after >= Cycles(rows)) return -1;
        if (after < empty) return (int)after;
        (int full, int rest) = Math.DivRem((int)after - empty + 1, Frame);
        return rest == 0 ? empty + full - 1 : -1;
    }
}

/// <summary>What the registers of one PE hold: the operand from its left, the one from above or the stationary one, and its sum.</summary>
public readonly record struct PeView(bool IsActive, double Left, double Other, double Sum);

/// <summary>What PEs have done so far.</summary>
public sealed class GridCounts
{
    /// <summary>Products made.</summary>
    public long Products { get; internal set; }

    /// <summary>PEs that passed a stationary operand on or took it.</summary>
    public long StationaryShifts { get; internal set; }

    /// <summary>PEs that results passed on the buses of their columns.</summary>
    public long ResultShifts { get; internal set; }

    /// <summary>Results that left PEs.</summary>
    public long Results { get; internal set; }

    /// <summary>Sums that left the foot of a column.</summary>
    public long ColumnSums { get; internal set; }

    /// <summary>Those of them that joined a running total.</summary>
    public long Joined { get; internal set; }

    /// <summary>Digit planes that left the foot of a column before the last of their sum.</summary>
    public long Planes { get; internal set; }
}

/// <summary>
/// The PEs of a systolic array, stepped a cycle at a time with real operands. Lane i of the rows is delayed by i cycles, lane j of the
/// columns by j; every cycle an operand moves one PE on.
/// </summary>
public abstract class PeGrid
{
    private protected PeGrid(GridShape shape) => Shape = shape;

    /// <summary>Rows, columns and what moves.</summary>
    public GridShape Shape { get; }

    /// <summary>What was done.</summary>
    public GridCounts Counts { get; } = new();

    /// <summary>How the grid computes.</summary>
    public abstract string Name { get; }

    /// <summary>Whether PEs compute through the reference registers, which is slow.</summary>
    public virtual bool IsReference => false;

    /// <summary>The grid for a datapath: the fastest that is exact.</summary>
    /// <param name="spec">The datapath.</param>
    /// <param name="order">Order of the sums that the array makes.</param>
    /// <param name="shape">The array.</param>
    /// <param name="operands">What it reads.</param>
    /// <param name="outputs">Results of the layer.</param>
    /// <param name="attempt">0; one more for each attempt whose <see cref="Finish"/> was false.</param>
    public static PeGrid Create(DatapathSpec spec, ReductionOrder order, GridShape shape, GridOperands operands, int outputs,
        int attempt) =>
        GridCatalogue.Create(spec, order, shape, operands, outputs, attempt);

    /// <summary>Begins to shift a stationary tile in, in the cycle that <see cref="Step"/> does next.</summary>
    public abstract void Load(in GridTile tile);

    /// <summary>One cycle: <paramref name="slot"/> enters the corner PE when <paramref name="enters"/>, everything else moves on, PEs
    /// compute, stationary tiles shift.</summary>
    public abstract void Step(bool enters, in GridSlot slot);

    /// <summary>So many cycles in which nothing enters.</summary>
    public virtual void Idle(long cycles)
    {
        for (; cycles > 0; cycles--) Step(false, default);
    }

    /// <summary>So many cycles in each of which a step enters, the first of them <paramref name="first"/>; only the last may end the
    /// fold.</summary>
    public virtual void Stream(in GridSlot first, GridStride stride, int steps, bool endsFold)
    {
        for (int t = 0; t < steps; t++) Step(true, At(first, stride, t, endsFold && t == steps - 1));
    }

    /// <summary>Ends every sum: results as <see cref="IGemmKernel.Run"/> writes them. False: a sum left what this grid computes exactly,
    /// and nothing it gives is valid; the next attempt must run.</summary>
    public abstract bool Finish(Span<long> results, ref GemmEvents events);

    /// <summary>The registers of a PE after the last <see cref="Step"/>.</summary>
    public abstract PeView View(int row, int column);

    private protected static GridSlot At(in GridSlot first, GridStride stride, int step, bool endsFold) => first with
    {
        RowBase = first.RowBase + step * stride.Row, ColumnBase = first.ColumnBase + step * stride.Column,
        OutBase = first.OutBase + step * stride.Out, StartsFold = first.StartsFold && step == 0, EndsFold = endsFold,
    };
}
