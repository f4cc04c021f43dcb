using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;
using Sim.Mapper.Search;

namespace Sim.Mapper.Tests.Search;

/// <summary>Energy, cycles and fit of a nest from its exact counts, by code of its own.</summary>
internal static class HandCost
{
    /// <summary>pJ and cycles; null when a memory overflows.</summary>
    public static (double Energy, double Cycles)? Of(NestCounts counts, MapProblem problem)
    {
        MapCosts prices = problem.Costs;
        double energy = counts.Macs * prices.ProductPicojoules, cycles = counts.Steps * prices.CyclesPerProduct;
        for (int level = 0; level < problem.Hierarchy.Levels.Length; level++)
        {
            if (problem.Hierarchy.Levels[level] is not MemoryLevel memory) continue;
            double reads = 0, writes = 0, bits = 0, held = 0;
            foreach (StoreCounts s in counts.Stores)
            {
                if (s.Level != level) continue;
                StoreRate rate = prices.Levels[level][s.Operand];
                double tile = s.Peak * rate.Bits * (memory.DoubleBuffered[s.Operand] ? 2 : 1);
                held += tile;
                if (memory.PartitionBits[s.Operand] is { } part && tile > part) return null;
                double inst = s.Instances;
                if (s.Operand != Operand.Outputs)
                {
                    energy += s.Reads * rate.Read + s.Fills * rate.Write;
                    reads += s.Reads / inst * rate.Words;
                    writes += s.Fills / inst * rate.Words;
                    bits += (s.Reads + s.Fills) / inst * rate.Bits;
                    continue;
                }
                double r = (prices.AddsRead ? s.Updates - s.Distinct : s.Reads) + (prices.DrainReads ? s.Writes : 0);
                double done = level == 0 ? s.Distinct : 0, partial = s.Updates - done;
                double write = prices.AddsRead ? rate.Write : rate.Update;
                double last = prices.AddsRead ? prices.CompleteOutputs.Write : prices.CompleteOutputs.Update;
                energy += r * rate.Read + partial * write + done * last + s.ReadBackMembers * rate.Write;
                reads += r / inst * rate.Words;
                writes += ((partial + s.ReadBackMembers) * rate.Words + done * prices.CompleteOutputs.Words) / inst;
                bits += ((r + partial + s.ReadBackMembers) * rate.Bits + done * prices.CompleteOutputs.Bits) / inst;
            }
            if (memory.CapacityBits is { } capacity && level > 0 && held > capacity) return null;
            MemoryPorts p = memory.Ports;
            if (p.Read + p.Write + p.Shared > 0)
            {
                if (p.Read + p.Shared > 0) cycles = Math.Max(cycles, reads / (memory.Banks * (p.Read + p.Shared)));
                if (p.Write + p.Shared > 0) cycles = Math.Max(cycles, writes / (memory.Banks * (p.Write + p.Shared)));
                if (p.Shared > 0) cycles = Math.Max(cycles, (reads + writes) / (memory.Banks * (p.Read + p.Write + p.Shared)));
            }
            if (memory.BitsPerCycle is { } bus) cycles = Math.Max(cycles, bits / bus);
        }
        return (energy, cycles);
    }
}
