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
        if (reads is not null && limited) AddPort("read port", reads, [], read + shared);
        if (writes is not null && limited) AddPort("write port", [], writes, write + shared);
        if (shared > 0 && reads is not null && writes is not null) AddPort("ports", reads, writes, read + write + shared);
        if (memory.BitsPerCycle is not { } bits) return;
        AddLoad("bus", reads ?? [], writes ?? [], r => r.Bits / bits);
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
        model.Loads.Add(new($"{memory.Name} {name}", level, load));
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
