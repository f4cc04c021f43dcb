using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;

namespace Sim.Mapper.Search;

/// <summary>Energy and cycles of a nest from its exact counts. The cycles are those of the busiest resource: compute units, ports and
/// buses each work through what an instance moves, all at once.</summary>
/// <param name="Picojoules">Energy.</param>
/// <param name="Cycles">Cycles of the busiest resource.</param>
/// <param name="Bound">Name of that resource.</param>
public sealed record NestCost(double Picojoules, double Cycles, string Bound)
{
    /// <summary>What an objective makes least.</summary>
    public double Value(MapObjective objective) => objective switch
    {
        MapObjective.Energy => Picojoules,
        MapObjective.Latency => Cycles,
        _ => Picojoules * Cycles,
    };

    /// <summary>The cost of exact counts.</summary>
    public static NestCost Of(NestCounts counts, MapProblem problem)
    {
        ArgumentNullException.ThrowIfNull(counts);
        ArgumentNullException.ThrowIfNull(problem);
        MapCosts costs = problem.Costs;
        double energy = counts.Macs * costs.ProductPicojoules;
        var resources = new List<(string Name, double Cycles)> { ("compute", counts.Steps * costs.CyclesPerProduct) };
        for (int level = 0; level < problem.Hierarchy.Levels.Length; level++)
        {
            if (problem.Hierarchy.Levels[level] is not MemoryLevel memory) continue;
            var words = new Dictionary<string, (double Read, double Write)>(StringComparer.Ordinal);
            double readBits = 0, writeBits = 0;
            foreach (StoreCounts store in counts.Stores.Where(s => s.Level == level))
            {
                StoreRate rate = costs.Levels[level][store.Operand];
                (double reads, double writes, double complete) = Accesses(counts, store, costs, level);
                StoreRate last = level == 0 ? costs.CompleteOutputs : rate;
                bool update = store.Operand == Operand.Outputs && !costs.AddsRead;
                double arrived = store.Operand == Operand.Outputs ? store.Updates : 0;
                energy += reads * rate.Read;
                energy += update ? (arrived - complete) * rate.Update + complete * last.Update + (writes - arrived) * rate.Write
                    : (writes - complete) * rate.Write + complete * last.Write;
                string ports = memory.PortName(memory.PortGroup(store.Operand));
                (double readWords, double writeWords) = words.GetValueOrDefault(ports);
                words[ports] = (readWords + reads * rate.Words / store.Instances,
                    writeWords + ((writes - complete) * rate.Words + complete * last.Words) / store.Instances);
                readBits += reads * rate.Bits / store.Instances;
                writeBits += ((writes - complete) * rate.Bits + complete * last.Bits) / store.Instances;
            }
            (double r, double w, double shared) = ((double)memory.Ports.Read * memory.Banks, (double)memory.Ports.Write * memory.Banks,
                (double)memory.Ports.Shared * memory.Banks);
            foreach ((string ports, (double readWords, double writeWords)) in words)
            {
                if (r + w + shared == 0) break;
                if (readWords > 0) resources.Add(($"{ports} read port", readWords / Math.Max(r + shared, 1e-9)));
                if (writeWords > 0) resources.Add(($"{ports} write port", writeWords / Math.Max(w + shared, 1e-9)));
                if (shared > 0) resources.Add(($"{ports} ports", (readWords + writeWords) / (r + w + shared)));
            }
            if (memory.BitsPerCycle is { } width) resources.Add(($"{memory.Name} bus", (readBits + writeBits) / width));
            if (memory.ReadBitsPerCycle is { } readWidth) resources.Add(($"{memory.Name} read bus", readBits / readWidth));
            if (memory.WriteBitsPerCycle is { } writeWidth) resources.Add(($"{memory.Name} write bus", writeBits / writeWidth));
        }
        (string bound, double cycles) = resources.MaxBy(r => r.Cycles);
        return new(energy, cycles, bound);
    }

    // Elements read and written at a store, and how many of those written are complete results.
    private static (double Reads, double Writes, double Complete) Accesses(NestCounts counts, StoreCounts store, MapCosts costs, int level)
    {
        if (store.Operand != Operand.Outputs) return (store.Reads, store.Fills, 0);
        double reads = costs.AddsRead ? store.Updates - store.Distinct : store.Reads;
        if (costs.DrainReads) reads += store.Writes;
        double complete = level == 0 ? counts.At(Operand.Outputs, 0)!.Distinct : 0;
        return (reads, (double)store.Updates + store.ReadBackMembers, complete);
    }
}
