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
            double bits = 0, held = 0, readBits = 0;
            // Partitions have ports of their own: the last entry is of what is not partitioned.
            double[] reads = new double[4], writes = new double[4];
            foreach (StoreCounts s in counts.Stores)
            {
                if (s.Level != level) continue;
                StoreRate rate = prices.Levels[level][s.Operand];
                double tile = s.Peak * rate.Bits * (memory.DoubleBuffered[s.Operand] ? 2 : 1);
                held += tile;
                if (memory.PartitionBits[s.Operand] is { } part && tile > part) return null;
                double inst = s.Instances;
                int ports = memory.PartitionBits[s.Operand] is null ? 3 : (int)s.Operand;
                if (s.Operand != Operand.Outputs)
                {
                    energy += s.Reads * rate.Read + s.Fills * rate.Write;
                    reads[ports] += s.Reads / inst * rate.Words;
                    writes[ports] += s.Fills / inst * rate.Words;
                    readBits += s.Reads / inst * rate.Bits;
                    bits += (s.Reads + s.Fills) / inst * rate.Bits;
                    continue;
                }
                double r = (prices.AddsRead ? s.Updates - s.Distinct : s.Reads) + (prices.DrainReads ? s.Writes : 0);
                double done = level == 0 ? s.Distinct : 0, partial = s.Updates - done;
                double write = prices.AddsRead ? rate.Write : rate.Update;
                double last = prices.AddsRead ? prices.CompleteOutputs.Write : prices.CompleteOutputs.Update;
                energy += r * rate.Read + partial * write + done * last + s.ReadBackMembers * rate.Write;
                readBits += r / inst * rate.Bits;
                reads[ports] += r / inst * rate.Words;
                writes[ports] += ((partial + s.ReadBackMembers) * rate.Words + done * prices.CompleteOutputs.Words) / inst;
                bits += ((r + partial + s.ReadBackMembers) * rate.Bits + done * prices.CompleteOutputs.Bits) / inst;
            }
            if (memory.CapacityBits is { } capacity && level > 0 && held > capacity) return null;
            MemoryPorts p = memory.Ports;
            for (int g = 0; g < 4 && p.Read + p.Write + p.Shared > 0; g++)
            {
                if (p.Read + p.Shared > 0) cycles = Math.Max(cycles, reads[g] / (memory.Banks * (p.Read + p.Shared)));
                if (p.Write + p.Shared > 0) cycles = Math.Max(cycles, writes[g] / (memory.Banks * (p.Write + p.Shared)));
                if (p.Shared > 0) cycles = Math.Max(cycles, (reads[g] + writes[g]) / (memory.Banks * (p.Read + p.Write + p.Shared)));
            }
            if (memory.BitsPerCycle is { } bus) cycles = Math.Max(cycles, bits / bus);
            if (memory.ReadBitsPerCycle is { } readBus) cycles = Math.Max(cycles, readBits / readBus);
            if (memory.WriteBitsPerCycle is { } writeBus) cycles = Math.Max(cycles, (bits - readBits) / writeBus);
        }
        return (energy, cycles);
    }
}
