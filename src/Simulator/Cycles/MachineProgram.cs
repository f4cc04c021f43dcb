using System.Collections.Immutable;
using Sim.ArchModel;
using Sim.Mapper;

namespace Sim.Simulator.Cycles;

/// <summary>One fold as the machine executes it: index ranges of the GEMM, by the axes that its rows, columns and stream carry.</summary>
internal sealed record MachineFold(int Number, int Group, int OuterStep, IndexRange Rows, IndexRange Columns, bool FirstAlongK,
    bool LastAlongK);

/// <summary>A tile of a fold's stream: what is transferred and issued as one.</summary>
internal sealed record MachineUnit(int Number, MachineFold Fold, IndexRange Steps, bool IsFirst, bool IsLast);

/// <summary>The loop nest of a mapping, unrolled: groups, outer folds, inner folds, stream tiles.</summary>
internal static class MachineProgram
{
    public static ImmutableArray<MachineUnit> Unroll(Mapping mapping)
    {
        FoldGrid grid = mapping.Grid;
        var units = ImmutableArray.CreateBuilder<MachineUnit>();
        int folds = 0, outerSteps = 0;
        bool rowsOutside = mapping.OuterLoop == FoldAxis.Rows;
        for (int group = 0; group < grid.Groups; group++)
        {
            for (int outer = 0; outer < (rowsOutside ? grid.RowFolds : grid.ColumnFolds); outer++, outerSteps++)
            {
                for (int inner = 0; inner < (rowsOutside ? grid.ColumnFolds : grid.RowFolds); inner++)
                {
                    int row = rowsOutside ? outer : inner, column = rowsOutside ? inner : outer;
                    bool kOnRows = grid.Dataflow != Dataflow.OutputStationary;
                    var fold = new MachineFold(folds++, group, outerSteps, grid.RowRange(row), grid.ColumnRange(column),
                        !kOnRows || row == 0, !kOnRows || row == grid.RowFolds - 1);
                    for (int t = 0; t < grid.StreamLength; t += mapping.StreamTile)
                    {
                        int end = Math.Min(grid.StreamLength, t + mapping.StreamTile);
                        units.Add(new MachineUnit(units.Count, fold, new IndexRange(t, end), t == 0, end == grid.StreamLength));
                    }
                }
            }
        }
        return units.ToImmutable();
    }
}
