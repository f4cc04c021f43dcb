using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;

namespace Sim.Simulator.Nests;

/// <summary>
/// Which children of a store are fed by one read: those of one parent that differ only along axes that share the operand. A word that a
/// group takes at a step is read once.
/// </summary>
internal sealed class ReadGroups
{
    private readonly int[] _group;
    private readonly int[] _stamps;
    private readonly int _slots;
    private int _now;

    public ReadGroups(LoopNest nest, Hierarchy hierarchy, Operand operand, int parentPosition, int position, int instances, int parentSlots)
    {
        _group = new int[instances];
        int groups = 1, below = instances;
        for (int n = 0; n < position; n++)
        {
            if (nest.Nodes[n] is not SpatialNode space) continue;
            int count = (int)space.Count;
            below /= count;
            if (n > parentPosition && hierarchy.Fabric(space.Level).Axes[space.Axis].Of(operand) != Sharing.None) continue;
            for (int i = 0; i < instances; i++) _group[i] = _group[i] * count + i / below % count;
            groups = checked(groups * count);
        }
        _slots = parentSlots;
        _stamps = new int[checked(groups * parentSlots)];
    }

    /// <summary>Another step begins.</summary>
    public void Next() => _now = checked(_now + 1);

    /// <summary>Whether a word is read for the first time in this step.</summary>
    public bool IsRead(int instance, int parentSlot)
    {
        ref int stamp = ref _stamps[_group[instance] * _slots + parentSlot];
        if (stamp == _now) return false;
        stamp = _now;
        return true;
    }
}
