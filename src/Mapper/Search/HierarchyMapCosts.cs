using Sim.ArchModel.Hierarchies;
using Sim.ArchModel.Hierarchies.Costs;

namespace Sim.Mapper.Search;

/// <summary>Prices of mappings from those of an accelerator.</summary>
public static class HierarchyMapCosts
{
    /// <summary>At the datapath's formats. Results that leave for level 0 are as wide as activations; on chip they are partial
    /// sums.</summary>
    public static MapCosts Of(HierarchyCost cost)
    {
        ArgumentNullException.ThrowIfNull(cost);
        HierarchicalArchitecture architecture = cost.Architecture;
        Hierarchy hierarchy = architecture.Hierarchy;
        PerOperand<StoreRate>[] levels = [.. hierarchy.Levels.Select((l, i) => l is MemoryLevel memory
            ? PerOperand.Of(o => i > 0 && memory.Keeps[o] == Keeping.Bypass ? default : Rate(cost, i, o,
                architecture.PackingOf(o))) : default)];
        StoreRate complete = Rate(cost, 0, Operand.Outputs, architecture.PackingOf(Operand.Activations));
        if (complete.Bits > levels[0].Outputs.Bits) complete = levels[0].Outputs;
        return new([.. levels], complete, cost.Product(), architecture.Compute.Cycles.Value);
    }

    private static StoreRate Rate(HierarchyCost cost, int level, Operand operand, Packing packing)
    {
        MemoryLevel memory = cost.Architecture.Hierarchy.Memory(level);
        return new(cost.Element(level, operand, AccessKind.Read, packing), cost.Element(level, operand, AccessKind.Write, packing),
            cost.Element(level, operand, AccessKind.Update, packing), packing.AccessesPerElement(memory.WordBits),
            (double)packing.Bits / packing.Elements);
    }
}
