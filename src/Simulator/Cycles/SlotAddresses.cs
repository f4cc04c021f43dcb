using Sim.ArchModel;
using Sim.Datapath.Kernels.Systolic;
using Sim.Mapper;

namespace Sim.Simulator.Cycles;

/// <summary>Where the operands and results of a fold lie in memory, for each dataflow. Sums lie along the columns of the array:
/// input-stationary ones as group, n, m until <see cref="InOrder"/>.</summary>
internal sealed class SlotAddresses(Mapping mapping)
{
    private readonly int _m = mapping.Layer.M, _n = mapping.Layer.N, _k = mapping.Layer.K;
    private readonly FoldGrid _grid = mapping.Grid;

    /// <summary>What enters with a step of a unit.</summary>
    public GridSlot Slot(MachineUnit unit, int step, int digit, int digits)
    {
        MachineFold fold = unit.Fold;
        int group = fold.Group, r = fold.Rows.Start, c = fold.Columns.Start;
        bool last = digit == digits - 1;
        IndexRange products = _grid.Elements(new IndexRange(step, step + 1));
        var slot = new GridSlot(0, 1, fold.Rows.Count, 0, 0, fold.Columns.Count, products.Count, last,
            unit.IsFirst && step == unit.Steps.Start && digit == 0, unit.IsLast && step == unit.Steps.End - 1 && last, 0, 0, 0);
        return _grid.Dataflow switch
        {
            Dataflow.OutputStationary => slot with
            {
                RowBase = (group * _m + r) * _k + products.Start, RowStride = _k, ColumnBase = (group * _n + c) * _k + products.Start,
                ColumnStride = _k, OutBase = (group * _m + r) * _n + c, OutRowStride = _n,
            },
            Dataflow.WeightStationary => slot with
            {
                RowBase = (group * _m + step) * _k + r, OutBase = (group * _m + step) * _n + c, Chunk = r / _grid.Rows,
            },
            _ => slot with
            {
                RowBase = (group * _n + step) * _k + r, OutBase = (group * _n + step) * _m + c, Chunk = r / _grid.Rows,
            },
        };
    }

    /// <summary>From one step to the next.</summary>
    public GridStride Stride => _grid.Dataflow switch
    {
        Dataflow.OutputStationary => new(_grid.ElementsPerStep, _grid.ElementsPerStep, 0),
        Dataflow.WeightStationary => new(_k, 0, _n),
        _ => new(_k, 0, _m),
    };

    /// <summary>Results as group, m, n.</summary>
    public long[] InOrder(long[] results)
    {
        if (_grid.Dataflow != Dataflow.InputStationary) return results;
        var ordered = new long[results.Length];
        const int Tile = 32;
        for (int group = 0; group < results.Length; group += _m * _n)
            for (int n = 0; n < _n; n += Tile)
                for (int m = 0; m < _m; m += Tile)
                    Turn(results.AsSpan(group), ordered.AsSpan(group), n, Math.Min(n + Tile, _n), m, Math.Min(m + Tile, _m));
        return ordered;
    }

    private void Turn(ReadOnlySpan<long> from, Span<long> to, int n, int nEnd, int m, int mEnd)
    {
        for (; n < nEnd; n++)
            for (int row = m; row < mEnd; row++) to[row * _n + n] = from[n * _m + row];
    }

    /// <summary>The stationary tile of a fold, of which a row takes so many cycles to read.</summary>
    public GridTile Tile(MachineFold fold, int frame)
    {
        int lanes = _grid.Dataflow == Dataflow.WeightStationary ? _n : _m;
        return new GridTile((fold.Group * lanes + fold.Columns.Start) * _k + fold.Rows.Start, 1, fold.Rows.Count, _k, fold.Columns.Count,
            frame);
    }
}
