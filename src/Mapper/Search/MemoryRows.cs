using Sim.ArchModel.Hierarchies;

namespace Sim.Mapper.Search;

/// <summary>The limits and loads of one memory: its capacity or partitions, its ports and its bus.</summary>
internal sealed class MemoryRows(MapProblem problem, SkeletonModel model, int level, MemoryLevel memory)
{
    // Words a cycle of a side without ports: nothing passes in finite time that matters.
    private const double Blocked = 1e-9;

    /// <summary>Adds them to the model.</summary>
    public void Add(Dictionary<(int Level, bool Write), List<(int Product, double Elements, double Least, Operand Operand)>> moves,
        Dictionary<int, List<(int Product, Operand Operand)>> tiles)
    {
        if (tiles.TryGetValue(level, out var held)) AddLimits(held);
        moves.TryGetValue((level, false), out var reads);
        moves.TryGetValue((level, true), out var writes);
        (double read, double write, double shared) = ((double)memory.Ports.Read * memory.Banks, (double)memory.Ports.Write * memory.Banks,
            (double)memory.Ports.Shared * memory.Banks);
        bool limited = read + write + shared > 0;
        foreach (Operand? group in limited ? memory.PortGroups() : [])
        {
            var own = (reads ?? []).Where(m => memory.PortGroup(m.Operand) == group).ToList();
            var ownWrites = (writes ?? []).Where(m => memory.PortGroup(m.Operand) == group).ToList();
            string ports = memory.PortName(group);
            if (own.Count > 0) AddPort($"{ports} read port", own, [], read + shared);
            if (ownWrites.Count > 0) AddPort($"{ports} write port", [], ownWrites, write + shared);
            if (shared > 0 && own.Count > 0 && ownWrites.Count > 0) AddPort($"{ports} ports", own, ownWrites, read + write + shared);
        }
        if (memory.BitsPerCycle is { } bits) AddLoad($"{memory.Name} bus", reads ?? [], writes ?? [], r => r.Bits / bits);
        if (memory.ReadBitsPerCycle is { } readBits && reads is not null)
            AddLoad($"{memory.Name} read bus", reads, [], r => r.Bits / readBits);
        if (memory.WriteBitsPerCycle is { } writeBits && writes is not null)
            AddLoad($"{memory.Name} write bus", [], writes, r => r.Bits / writeBits);
    }

    private void AddPort(string name, IEnumerable<(int Product, double Elements, double Least, Operand Operand)> reads,
        IEnumerable<(int Product, double Elements, double Least, Operand Operand)> writes, double width) =>
        AddLoad(name, reads, writes, r => r.Words / Math.Max(width, Blocked));

    private void AddLoad(string name, IEnumerable<(int Product, double Elements, double Least, Operand Operand)> reads,
        IEnumerable<(int Product, double Elements, double Least, Operand Operand)> writes, Func<StoreRate, double> cycles)
    {
        var load = new PricedSum();
        // Complete results at level 0 may be narrower than the partial sums that all arrivals are counted as.
        double narrow = level == 0 ? cycles(problem.Costs.CompleteOutputs) : double.PositiveInfinity;
        foreach ((int product, double elements, double least, Operand operand) in reads)
        {
            double each = cycles(problem.Costs.Levels[level][operand]);
            load.Add(model.PerInstance(product, level), elements * each, least * each);
        }
        foreach ((int product, double elements, double least, Operand operand) in writes)
        {
            double each = cycles(problem.Costs.Levels[level][operand]);
            load.Add(model.PerInstance(product, level), elements * each, least * Math.Min(each, narrow));
            if (level == 0) load.Constant -= elements * (each - narrow);
        }
        model.Loads.Add(new(name, level, load));
    }

    private void AddLimits(List<(int Product, Operand Operand)> held)
    {
        if (memory.PartitionBits is var parts && (parts.Activations ?? parts.Weights ?? parts.Outputs) is not null)
        {
            foreach ((int product, Operand operand) in held)
            {
                if (parts[operand] is not { } limit) continue;
                var sum = new PricedSum();
                sum.Add(product, Bits(operand));
                model.Limits.Add(new($"{memory.Name} ({operand.ToString().ToLowerInvariant()})", sum, limit));
            }
        }
        if (memory.CapacityBits is not { } capacity) return;
        var all = new PricedSum();
        foreach ((int product, Operand operand) in held) all.Add(product, Bits(operand));
        model.Limits.Add(new(memory.Name, all, capacity));
    }

    private double Bits(Operand operand) => problem.Costs.Levels[level][operand].Bits * (memory.DoubleBuffered[operand] ? 2 : 1);
}
