using System.Collections.Immutable;
using Sim.ArchModel;
using Sim.ArchModel.Hierarchies;
using Sim.ArchModel.Hierarchies.Costs;
using Sim.Datapath.Nonlinear;
using Sim.Simulator.Execution;
using Sim.Simulator.Timing;
using Sim.Workloads.Graph;

namespace Sim.Simulator.Accelerators;

/// <summary>
/// A layer of the vector unit on a hierarchy: its elements stream from the outermost memory past the lanes and back at the activations'
/// width; it takes as long as the slower of ⌈operations / lanes⌉ and bits over that memory's bandwidth. A fused layer takes its
/// elements from the layer before and moves none of its own.
/// </summary>
internal static class HierarchyVector
{
    public static LayerRecord Of(HierarchicalArchitecture architecture, HierarchyCost cost, VectorLayer layer)
    {
        var energy = ImmutableArray.CreateBuilder<ActionEnergy>();
        void Add(string component, string action, long count, double? picojoules = null)
        {
            if (count == 0) return;
            UnitAction priced = cost.Actions.First(a => a.Component == component && a.Action == action);
            energy.Add(new ActionEnergy(component, action, count, picojoules ?? priced.Price.Picojoules, priced.Price.Source));
        }
        if (VectorOperators.Find(architecture.Vector.Program, layer.OpType) is { } function)
            Add(ActionNames.Vector, VectorFunctionCatalogue.NameOf(function.Kind), layer.OutputElements);
        else if (!layer.IsMove) Add(ActionNames.Vector, ActionNames.VectorOp, layer.Operations);
        long compute = (layer.Operations + architecture.Vector.Lanes - 1) / architecture.Vector.Lanes, total = compute;
        total = Math.Max(total, BusCycles(architecture, layer));
        MemoryLevel outermost = architecture.Hierarchy.Memory(0);
        Packing packing = architecture.PackingOf(Operand.Activations);
        long read = 0, written = 0;
        if (!layer.IsFused)
        {
            (read, written) = (packing.StoredBits(layer.InputElements), packing.StoredBits(layer.OutputElements));
            Add(outermost.Name, "read_activations", layer.InputElements, cost.Element(0, Operand.Activations, AccessKind.Read, packing));
            Add(outermost.Name, "write_outputs", layer.OutputElements, cost.Element(0, Operand.Outputs, AccessKind.Write, packing));
        }
        string bus = outermost.Name + " bandwidth";
        Bind(read + written, outermost.BitsPerCycle, " bandwidth");
        Bind(read, outermost.ReadBitsPerCycle, " read bandwidth");
        Bind(written, outermost.WriteBitsPerCycle, " write bandwidth");
        void Bind(long bits, double? rate, string name)
        {
            if (rate is not { } each || (long)Math.Ceiling(bits / each) is var cycles && cycles <= total) return;
            (total, bus) = (cycles, outermost.Name + name);
        }
        ImmutableArray<MemoryTraffic> traffic = layer.IsFused ? [] :
            [new(outermost.Name, "activations", (read + 7) / 8, 0), new(outermost.Name, "outputs", 0, (written + 7) / 8)];
        double busy = total == 0 ? 0 : (double)layer.Operations / (total * architecture.Vector.Lanes);
        return new LayerRecord(layer.Name, layer.OpType, 0, 0, 0, 0, compute, total - compute, busy, energy.ToImmutable(), null)
        {
            Stalls = total > compute ? [new Stall(bus, total - compute)] : [], Bound = total > compute ? bus : LayerBound.Compute,
            Traffic = traffic, CompulsoryBytes = traffic.Sum(t => t.ReadBytes + t.WriteBytes),
            OutermostMemory = outermost.Name,
        };
    }

    /// <summary>Cycles of the outermost memory's bus for a layer.</summary>
    public static long BusCycles(HierarchicalArchitecture architecture, VectorLayer layer)
    {
        Packing packing = architecture.PackingOf(Operand.Activations);
        if (layer.IsFused || architecture.Hierarchy.Memory(0).BitsPerCycle is not { } rate) return 0;
        return checked((long)Math.Ceiling((packing.StoredBits(layer.InputElements) + packing.StoredBits(layer.OutputElements)) / rate));
    }
}
