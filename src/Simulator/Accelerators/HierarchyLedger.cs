using System.Collections.Immutable;
using Sim.ArchModel;
using Sim.ArchModel.Hierarchies;
using Sim.ArchModel.Hierarchies.Costs;
using Sim.ArchModel.Hierarchies.Reading;
using Sim.Mapper.Nests;
using Sim.Simulator.Timing;

namespace Sim.Simulator.Accelerators;

/// <summary>
/// Actions and traffic of one layer on a hierarchy from its exact counts. Memories count elements: an input is read for the level below and
/// written when it is filled; a partial sum that arrives is one update, one that leaves is read, one that comes back is read above and
/// written below. Fabrics count an element that enters the level below as a hop where they price hops, and sums that meet as adds.
/// </summary>
internal sealed class HierarchyLedger(HierarchicalArchitecture architecture, HierarchyCost cost)
{
    private readonly ImmutableDictionary<(string, string), string> _sources =
        cost.Actions.ToImmutableDictionary(a => (a.Component, a.Action), a => a.Price.Source);

    /// <summary>The lines, outermost level first, then products and vector operations.</summary>
    public ImmutableArray<ActionEnergy> Energy(NestCounts counts, long vectorOperations)
    {
        var lines = ImmutableArray.CreateBuilder<ActionEnergy>();
        foreach (StoreCounts store in counts.Stores.OrderBy(s => s.Level).ThenBy(s => s.Operand)) AddStore(lines, counts, store);
        AddFabrics(lines, counts);
        Add(lines, architecture.Compute.Name, "product", counts.Macs, cost.Product());
        if (vectorOperations > 0) Add(lines, ActionNames.Vector, ActionNames.VectorOp, vectorOperations,
            cost.Actions.First(a => a.Component == ActionNames.Vector && a.Action == ActionNames.VectorOp).Price.Picojoules);
        return lines.ToImmutable();
    }

    /// <summary>Bytes by memory and operand, of all instances.</summary>
    public ImmutableArray<MemoryTraffic> Traffic(NestCounts counts)
    {
        var traffic = ImmutableArray.CreateBuilder<MemoryTraffic>();
        foreach (StoreCounts store in counts.Stores.OrderBy(s => s.Level).ThenBy(s => s.Operand))
        {
            Packing packing = architecture.PackingOf(store.Operand);
            (long read, long written, long complete) = Moved(counts, store);
            long bytes = Bytes(packing, written - complete) + Bytes(architecture.PackingOf(Operand.Activations), complete);
            traffic.Add(new MemoryTraffic(architecture.Hierarchy.Levels[store.Level].Name, OperandWords.NameOf(store.Operand),
                Bytes(packing, read), bytes));
        }
        return traffic.ToImmutable();
    }

    /// <summary>The least bytes over the outermost memory: every element that the layer needs or makes, once. Padding is none, though the
    /// counts, whose loops know no padding, have it among the words of the input.</summary>
    public long Compulsory(NestCounts counts, long padding) => counts.Stores.Where(s => s.Level == 0).Sum(s => Bytes(
        architecture.PackingOf(s.Operand == Operand.Outputs ? Operand.Activations : s.Operand),
        s.Distinct - (s.Operand == Operand.Activations ? padding : 0)));

    private static (long Read, long Written, long Complete) Moved(NestCounts counts, StoreCounts store)
    {
        if (store.Operand != Operand.Outputs) return (store.Reads, store.Fills, 0);
        long complete = store.Level == 0 ? counts.At(Operand.Outputs, 0)!.Distinct : 0;
        return (checked(store.Reads + store.Writes), checked(store.Updates + store.ReadBackMembers), complete);
    }

    private void AddStore(ImmutableArray<ActionEnergy>.Builder lines, NestCounts counts, StoreCounts store)
    {
        string memory = architecture.Hierarchy.Levels[store.Level].Name, operand = OperandWords.NameOf(store.Operand);
        Packing packing = architecture.PackingOf(store.Operand);
        (long read, _, long complete) = Moved(counts, store);
        double Price(AccessKind access, Packing of) => cost.Element(store.Level, store.Operand, access, of);
        Add(lines, memory, "read_" + operand, read, Price(AccessKind.Read, packing));
        if (store.Operand != Operand.Outputs)
        {
            Add(lines, memory, "write_" + operand, store.Fills, Price(AccessKind.Write, packing));
            return;
        }
        Add(lines, memory, "write_" + operand, store.ReadBackMembers, Price(AccessKind.Write, packing));
        Add(lines, memory, "update_" + operand, store.Updates - complete, Price(AccessKind.Update, packing));
        Add(lines, memory, "update_" + operand, complete, Price(AccessKind.Update, architecture.PackingOf(Operand.Activations)));
    }

    private void AddFabrics(ImmutableArray<ActionEnergy>.Builder lines, NestCounts counts)
    {
        for (int level = 0; level < architecture.Hierarchy.Levels.Length; level++)
        {
            if (architecture.Hierarchy.Levels[level] is not FabricLevel fabric) continue;
            foreach (Operand operand in OperandWords.All)
            {
                StoreCounts[] stores = [.. counts.Stores.Where(s => s.Operand == operand).OrderBy(s => s.Level)];
                StoreCounts? below = stores.FirstOrDefault(s => s.Level > level);
                StoreCounts above = stores.Last(s => s.Level < level);
                long entering = below is null ? counts.Macs : operand == Operand.Outputs ? below.Writes : below.Fills;
                if (cost.Hop(level, operand) is { } hop) Add(lines, fabric.Name, "hop_" + OperandWords.NameOf(operand), entering, hop);
                // Sums that meet on the way up are added by the innermost fabric between two stores that can add.
                bool inner = Enumerable.Range(level + 1, architecture.Hierarchy.Levels.Length - level - 1)
                    .TakeWhile(l => below is null || l < below.Level)
                        .Any(l => architecture.Hierarchy.Levels[l] is FabricLevel && cost.Add(l) > 0);
                if (operand == Operand.Outputs && !inner && cost.Add(level) is > 0 and var add)
                    Add(lines, fabric.Name, "add_outputs", entering - above.Updates, add);
            }
        }
    }

    private void Add(ImmutableArray<ActionEnergy>.Builder lines, string component, string action, long count, double picojoules)
    {
        if (count == 0) return;
        lines.Add(new ActionEnergy(component, action, count, picojoules, _sources.GetValueOrDefault((component, action), "")));
    }

    private static long Bytes(Packing packing, long elements) => (packing.StoredBits(elements) + 7) / 8;
}
