using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;

namespace Sim.Mapper.Search.Lattice;

/// <summary>
/// A sum over everything that moves, priced by memory, operand and direction: energy, the cycles of a port or bus, or a mix of them.
/// </summary>
internal sealed class PriceRow
{
    private readonly PerOperand<StoreRate>[] _rates;

    /// <summary>Of rates by level (read, write, update), and those of complete results at level 0.</summary>
    public PriceRow(string name, PerOperand<StoreRate>[] rates, StoreRate complete, bool addsRead)
    {
        (Name, _rates, Complete, AddsRead) = (name, rates, complete, addsRead);
    }

    /// <summary>How it is called.</summary>
    public string Name { get; }

    private StoreRate Complete { get; }

    private bool AddsRead { get; }

    /// <summary>Price of an edge: <c>Up</c> × visits above + <c>Down</c> × visits below + <c>Fixed</c>. <paramref name="child"/> -1:
    /// compute units. Accesses at the two levels are divided by their instances.</summary>
    public (double Up, double Down, double Fixed) Edge(Operand operand, int parent, int child, in EdgeTraffic traffic, double parents,
        double children)
    {
        StoreRate up = _rates[parent][operand];
        double arrive = AddsRead ? up.Write : up.Update, last = AddsRead ? Complete.Write : Complete.Update;
        double read = (traffic.Read * up.Read + traffic.Arrive * arrive) / parents;
        double rest = (traffic.ReadConstant * up.Read - traffic.Complete * (arrive - last)) / parents;
        if (child < 0) return (read, 0, rest);
        StoreRate down = _rates[child][operand];
        return (read, (traffic.Drain * down.Read + traffic.Write * down.Write) / children,
            rest + traffic.WriteConstant * down.Write / children);
    }

    /// <summary>Energy.</summary>
    public static PriceRow Energy(MapProblem problem) =>
        new("energy", [.. problem.Costs.Levels], problem.Costs.CompleteOutputs, problem.Costs.AddsRead);

    /// <summary>Cycles of every port and bus of a hierarchy.</summary>
    public static ImmutableArray<PriceRow> Loads(MapProblem problem)
    {
        var rows = ImmutableArray.CreateBuilder<PriceRow>();
        for (int level = 0; level < problem.Hierarchy.Levels.Length; level++)
        {
            if (problem.Hierarchy.Levels[level] is not MemoryLevel memory) continue;
            (double read, double write, double shared) = ((double)memory.Ports.Read * memory.Banks,
                (double)memory.Ports.Write * memory.Banks, (double)memory.Ports.Shared * memory.Banks);
            if (read + write + shared > 0)
            {
                double reads = 1 / Math.Max(read + shared, 1e-9), writes = 1 / Math.Max(write + shared, 1e-9);
                double both = 1 / (read + write + shared);
                foreach (Operand? group in memory.PortGroups())
                {
                    string ports = memory.PortName(group);
                    bool Has(Operand operand) => memory.PortGroup(operand) == group;
                    rows.Add(Row($"{ports} read port", level, Has, r => r.Words * reads, _ => 0));
                    rows.Add(Row($"{ports} write port", level, Has, _ => 0, r => r.Words * writes));
                    if (shared > 0) rows.Add(Row($"{ports} ports", level, Has, r => r.Words * both, r => r.Words * both));
                }
            }
            if (memory.BitsPerCycle is { } width)
                rows.Add(Row($"{memory.Name} bus", level, _ => true, r => r.Bits / width, r => r.Bits / width));
            if (memory.ReadBitsPerCycle is { } readWidth)
                rows.Add(Row($"{memory.Name} read bus", level, _ => true, r => r.Bits / readWidth, _ => 0));
            if (memory.WriteBitsPerCycle is { } writeWidth)
                rows.Add(Row($"{memory.Name} write bus", level, _ => true, _ => 0, r => r.Bits / writeWidth));
        }
        return rows.ToImmutable();

        PriceRow Row(string name, int at, Func<Operand, bool> has, Func<StoreRate, double> read, Func<StoreRate, double> write)
        {
            StoreRate Of(StoreRate r) => new(read(r), write(r), write(r), 0, 0);
            var rates = new PerOperand<StoreRate>[problem.Hierarchy.Levels.Length];
            rates[at] = PerOperand.Of(o => has(o) ? Of(problem.Costs.Levels[at][o]) : default);
            return new(name, rates, at == 0 && has(Operand.Outputs) ? Of(problem.Costs.CompleteOutputs) : default,
                problem.Costs.AddsRead);
        }
    }

    /// <summary>Rows × weights; accesses at each level divided by the most instances that it has.</summary>
    public static PriceRow Mix(IReadOnlyList<(PriceRow Row, double Weight, bool PerInstance)> parts, LatticeModel model)
    {
        var rates = new PerOperand<StoreRate>[model.Problem.Hierarchy.Levels.Length];
        for (int level = 0; level < rates.Length; level++)
        {
            double instances = model.Instances(level);
            int at = level;
            rates[level] = PerOperand.Of(o => Sum(parts.Select(p => (p.Row._rates[at][o], p.Weight / (p.PerInstance ? instances : 1)))));
        }
        return new("mix", rates, Sum(parts.Select(p => (p.Row.Complete, p.Weight))), model.Problem.Costs.AddsRead);
    }

    private static StoreRate Sum(IEnumerable<(StoreRate Rate, double Weight)> parts)
    {
        double read = 0, write = 0, update = 0;
        foreach ((StoreRate rate, double weight) in parts)
        {
            read += weight * rate.Read;
            write += weight * rate.Write;
            update += weight * rate.Update;
        }
        return new(read, write, update, 0, 0);
    }
}
