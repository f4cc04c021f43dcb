using Sim.ArchModel.Hierarchies;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Search;

/// <summary>
/// When loops of other dimensions move, how much the tiles of a window share changes: never less when a loop of M moves inwards, nor when
/// a loop of a dimension of the input moves outwards without passing a store of activations.
/// </summary>
internal static class WindowOrder
{
    /// <summary>Whether one way of a dimension arises from another by such moves.</summary>
    public static bool Keeps(SkeletonModel model, DimGroup group, int way, int other)
    {
        long ahead = 1, otherAhead = 1;
        int column = 0;
        bool inwards = group.Dims[0] == LoopDim.M;
        for (int entry = 0, place = 0; entry < model.Skeleton.Entries.Length; entry++)
        {
            Entry at = model.Skeleton.Entries[entry];
            if (!inwards && at.Operand == Operand.Activations && at.Kind is EntryKind.Store or EntryKind.Mark && ahead != otherAhead) return false;
            if (at.Kind is not (EntryKind.Slot or EntryKind.Axis)) continue;
            if (column < group.Columns.Length && group.Columns[column].Place == place)
            {
                (long count, long otherCount) = (group.Choices.Counts[column][way], group.Choices.Counts[column][other]);
                column++;
                if (at.Kind == EntryKind.Axis)
                {
                    if (count != otherCount || (!inwards && ahead != otherAhead)) return false;
                }
                else
                {
                    (ahead, otherAhead) = (ahead * count, otherAhead * otherCount);
                    if (inwards ? otherAhead % ahead != 0 : ahead % otherAhead != 0) return false;
                }
            }
            place++;
        }
        return true;
    }
}
