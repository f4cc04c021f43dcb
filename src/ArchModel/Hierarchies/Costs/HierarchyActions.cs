using System.Collections.Immutable;
using Sim.ArchModel.Costs;
using Sim.ArchModel.Hierarchies.Reading;

namespace Sim.ArchModel.Hierarchies.Costs;

/// <summary>Names and prices of everything that an accelerator does, outermost level first.</summary>
internal static class HierarchyActions
{
    /// <summary>The list.</summary>
    public static ImmutableArray<UnitAction> Of(HierarchyCost cost, ImmutableArray<FabricCost?> fabrics, ComputeCost compute,
        VectorCost vector)
    {
        var all = ImmutableArray.CreateBuilder<UnitAction>();
        HierarchicalArchitecture architecture = cost.Architecture;
        void Add(string component, string action, string unit, double picojoules, string source) =>
            all.Add(new UnitAction(component, action, unit, new ActionPrice(picojoules, source)));
        for (int i = 0; i < architecture.Hierarchy.Levels.Length; i++)
        {
            HierarchyLevel level = architecture.Hierarchy.Levels[i];
            foreach (Operand operand in OperandWords.All)
            {
                string name = OperandWords.NameOf(operand);
                if (level is MemoryLevel memory && memory.Keeps[operand] != Keeping.Bypass)
                    foreach (AccessKind access in operand == Operand.Outputs ? [AccessKind.Read, AccessKind.Write, AccessKind.Update]
                        : new[] { AccessKind.Read, AccessKind.Write })
                        Add(level.Name, $"{Word(access)}_{name}", "word", cost.Word(i, operand, access), cost.SourceOf(i, operand));
                if (level is FabricLevel fabric && fabrics[i]!.HasHops(operand))
                    Add(level.Name, $"hop_{name}", "element", fabrics[i]!.Hop(operand)!.Value,
                        fabric.Stated.Read is null ? compute.Logic.Items[0].Source : fabric.Stated.Source);
            }
            if (fabrics[i] is { Adders: > 0 } adders)
                Add(level.Name, "add_outputs", "sum", cost.Add(i), adders.Adder.Items[0].Source);
        }
        Add(architecture.Compute.Name, "product", "product", cost.Product(), compute.Source);
        Add(ActionNames.Vector, ActionNames.VectorOp, "operation", vector.Lane.EnergyFemtojoules / 1000, vector.Lane.Items[0].Source);
        foreach ((string name, StructureCost lane) in vector.Functions)
            Add(ActionNames.Vector, name, "element", lane.EnergyFemtojoules / 1000, lane.Items[0].Source);
        return all.ToImmutable();
    }

    private static string Word(AccessKind access) => access switch
    {
        AccessKind.Read => "read",
        AccessKind.Write => "write",
        _ => "update",
    };
}
