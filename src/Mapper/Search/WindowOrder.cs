using Sim.ArchModel.Hierarchies;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Search;

/// <summary>
/// When loops of other dimensions move, how much the tiles of a window share changes: never less when a loop of a dimension of the input
/// moves outwards without passing a store of activations. Of M nothing is sure.
/// </summary>
internal static class WindowOrder
{
    /// <summary>Whether one way of a dimension arises from another by such moves.</summary>
    public static bool Keeps(SkeletonModel model, DimGroup group, ChoiceList choices, int way, int other)
    {
        long ahead = 1, otherAhead = 1;
        int column = 0;
        if (group.Dims[0] == LoopDim.M) return false;
        for (int entry = 0, place = 0; entry < model.Skeleton.Entries.Length; entry++)
        {
            Entry at = model.Skeleton.Entries[entry];
            if (at.Operand == Operand.Activations && at.Kind is EntryKind.Store or EntryKind.Mark && ahead != otherAhead) return false;
            if (at.Kind is not (EntryKind.Slot or EntryKind.Axis)) continue;
            if (column < group.Columns.Length && group.Columns[column].Place == place)
            {
                (long count, long otherCount) = (choices.Counts[column][way], choices.Counts[column][other]);
                column++;
                if (at.Kind == EntryKind.Axis)
                {
                    if (count != otherCount || ahead != otherAhead) return false;
                }
                else
                {
                    (ahead, otherAhead) = (ahead * count, otherAhead * otherCount);
                    if (ahead % otherAhead != 0) return false;
                }
            }
            place++;
        }
        return true;
    }
}
