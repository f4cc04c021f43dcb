using Sim.ArchModel;
using Sim.Datapath.Kernels.Systolic;
using Sim.Mapper;

namespace Sim.Simulator.Cycles;

/// <summary>Where the operands and results of a fold lie in memory, for each dataflow.</summary>
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
            unit.IsFirst && step == unit.Steps.Start && digit == 0, unit.IsLast && step == unit.Steps.End - 1 && last, 0, 0, 1, 0);
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
                RowBase = (group * _n + step) * _k + r, OutBase = (group * _m + c) * _n + step, OutColumnStride = _n,
                Chunk = r / _grid.Rows,
            },
        };
    }

    /// <summary>The stationary tile of a fold, of which a row takes so many cycles to read.</summary>
    public GridTile Tile(MachineFold fold, int frame)
    {
        int lanes = _grid.Dataflow == Dataflow.WeightStationary ? _n : _m;
        return new GridTile((fold.Group * lanes + fold.Columns.Start) * _k + fold.Rows.Start, 1, fold.Rows.Count, _k, fold.Columns.Count,
            frame);
    }
}
