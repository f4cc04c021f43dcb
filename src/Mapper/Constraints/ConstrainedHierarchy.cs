using Sim.ArchModel.Hierarchies;

namespace Sim.Mapper.Constraints;

/// <summary>Applies what constraints say of keeping to the memories of a hierarchy.</summary>
public static class ConstrainedHierarchy
{
    /// <summary>The hierarchy in which kept operands must be stored and the others pass by.</summary>
    public static Hierarchy Of(Hierarchy hierarchy, MapConstraints constraints)
    {
        ArgumentNullException.ThrowIfNull(hierarchy);
        ArgumentNullException.ThrowIfNull(constraints);
        foreach (KeepRule rule in constraints.Rules.OfType<KeepRule>())
        {
            MemoryLevel memory = hierarchy.Memory(rule.Level);
            PerOperand<Keeping> keeps = PerOperand.Of(o => o != rule.Operand ? memory.Keeps[o]
                : rule.Keeps ? Keeping.Must : Keeping.Bypass);
            hierarchy = hierarchy with { Levels = hierarchy.Levels.SetItem(rule.Level, memory with { Keeps = keeps }) };
        }
        return hierarchy;
    }
}
