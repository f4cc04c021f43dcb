using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;

namespace Sim.Mapper.Networks;

/// <summary>Cores of an accelerator: places of the fabrics above its first memory on the chip.</summary>
public static class OneCore
{
    /// <summary>Number of cores; 1 when no fabric stands above.</summary>
    public static int Count(Hierarchy hierarchy)
    {
        ArgumentNullException.ThrowIfNull(hierarchy);
        return checked((int)Math.Min(int.MaxValue, hierarchy.Instances(FirstMemory(hierarchy))));
    }

    /// <summary>The hierarchy of one of them, with the whole DRAM.</summary>
    public static Hierarchy Of(Hierarchy hierarchy)
    {
        ArgumentNullException.ThrowIfNull(hierarchy);
        ImmutableArray<HierarchyLevel> levels = hierarchy.Levels;
        return hierarchy with { Levels = [levels[0], .. levels.Skip(FirstMemory(hierarchy))] };
    }

    // Without a memory on the chip the fabrics are no cores.
    private static int FirstMemory(Hierarchy hierarchy)
    {
        for (int i = 1; i < hierarchy.Levels.Length; i++)
            if (hierarchy.Levels[i] is MemoryLevel) return hierarchy.Levels.Skip(i + 1).Any(l => l is FabricLevel) ? i : 1;
        return 1;
    }
}
