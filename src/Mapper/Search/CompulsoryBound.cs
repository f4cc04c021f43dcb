using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Search;

/// <summary>
/// A lower bound of every mapping of a placement, from counts alone: every element is read and written once at each of its memories, the
/// innermost one serves every product but for what fabrics share, and nothing is faster than all units, ports and buses at work.
/// </summary>
internal sealed class CompulsoryBound
{
    private readonly MapProblem _problem;
    private readonly double[] _readWords, _writeWords, _bits;
    private double _energy;

    private CompulsoryBound(MapProblem problem)
    {
        _problem = problem;
        int levels = problem.Hierarchy.Levels.Length;
        (_readWords, _writeWords, _bits) = (new double[levels], new double[levels], new double[levels]);
    }

    /// <summary>The bound of an objective.</summary>
    public static double Of(MapProblem problem, ImmutableArray<(Operand Operand, int Level)> placement, MapObjective objective)
    {
        var bound = new CompulsoryBound(problem);
        foreach (Operand operand in new[] { Operand.Activations, Operand.Weights, Operand.Outputs })
            bound.Add(operand, [.. placement.Where(s => s.Operand == operand).Select(s => s.Level)]);
        double energy = bound._energy + problem.Layer.Macs * problem.Costs.ProductPicojoules, cycles = bound.Cycles();
        double value = objective switch { MapObjective.Energy => energy, MapObjective.Latency => cycles, _ => energy * cycles };
        return value * (1 - DualBound.Tolerance);
    }

    private void Add(Operand operand, int[] levels)
    {
        bool outputs = operand == Operand.Outputs, addsRead = _problem.Costs.AddsRead;
        double distinct = Distinct(operand);
        for (int i = 0; i < levels.Length; i++)
        {
            StoreRate rate = _problem.Costs.Levels[levels[i]][operand];
            double served = i < levels.Length - 1 ? distinct : Math.Max(distinct, _problem.Layer.Macs / Shared(operand, levels[i]));
            if (!outputs)
            {
                Move(levels[i], served, rate.Read, rate, read: true);
                if (i > 0) Move(levels[i], distinct, rate.Write, rate, read: false);
                continue;
            }
            // Arriving sums; at level 0 the complete ones among them may be narrower.
            StoreRate least = i == 0 ? Less(rate, _problem.Costs.CompleteOutputs) : rate;
            Move(levels[i], served, addsRead ? least.Write : least.Update, least, read: false);
            if (i > 0 && _problem.Costs.DrainReads) Move(levels[i], distinct, rate.Read, rate, read: true);
        }
    }

    private static StoreRate Less(StoreRate a, StoreRate b) => new(Math.Min(a.Read, b.Read), Math.Min(a.Write, b.Write),
        Math.Min(a.Update, b.Update), Math.Min(a.Words, b.Words), Math.Min(a.Bits, b.Bits));

    private void Move(int level, double elements, double price, StoreRate rate, bool read)
    {
        _energy += elements * price;
        (read ? _readWords : _writeWords)[level] += elements * rate.Words;
        _bits[level] += elements * rate.Bits;
    }

    private double Distinct(Operand operand)
    {
        double size = _problem.PlainSize(operand);
        if (operand != Operand.Activations) return size;
        LoopLayer layer = _problem.Layer;
        if (_problem.HasWindow(Sliding.Rows))
            size *= new WindowSets(layer.StrideHeight, layer.DilationHeight).Rows(layer.Size(LoopDim.P), layer.Size(LoopDim.R));
        if (_problem.HasWindow(Sliding.Columns))
            size *= new WindowSets(layer.StrideWidth, layer.DilationWidth).Rows(layer.Size(LoopDim.Q), layer.Size(LoopDim.S));
        return size;
    }

    // Most places that one access can serve.
    private double Shared(Operand operand, int level) => Axes(l => l > level, axis => operand == Operand.Outputs
        ? axis.Outputs != Reduction.None : axis.Of(operand) != Sharing.None);

    private double Axes(Func<int, bool> levels, Func<FabricAxis, bool> rule)
    {
        double places = 1;
        for (int level = 0; level < _problem.Hierarchy.Levels.Length; level++)
            if (levels(level) && _problem.Hierarchy.Levels[level] is FabricLevel fabric)
                foreach (FabricAxis axis in fabric.Axes.Where(rule)) places *= axis.Size;
        return places;
    }

    private double Cycles()
    {
        double cycles = _problem.Layer.Macs * _problem.Costs.CyclesPerProduct / Axes(_ => true, _ => true);
        for (int level = 0; level < _problem.Hierarchy.Levels.Length; level++)
        {
            if (_problem.Hierarchy.Levels[level] is not MemoryLevel memory) continue;
            int at = level;
            double instances = Axes(l => l < at, _ => true);
            // Accesses of all partitions together, as if each could use the ports of the others.
            double ports = (double)memory.Banks * memory.PortGroups().Count();
            (double read, double write, double shared) = (memory.Ports.Read * ports, memory.Ports.Write * ports,
                memory.Ports.Shared * ports);
            if (read + write + shared > 0)
            {
                if (read + shared > 0) cycles = Math.Max(cycles, _readWords[level] / instances / (read + shared));
                if (write + shared > 0) cycles = Math.Max(cycles, _writeWords[level] / instances / (write + shared));
                if (shared > 0)
                    cycles = Math.Max(cycles, (_readWords[level] + _writeWords[level]) / instances / (read + write + shared));
            }
            if (memory.BitsPerCycle is { } width) cycles = Math.Max(cycles, _bits[level] / instances / width);
        }
        return cycles;
    }
}
