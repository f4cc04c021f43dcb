using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.Datapath.Kernels;
using Sim.Mapper.Nests;
using Sim.Mapper.Orders;
using Sim.Mapper.Timing;
using Sim.Simulator.Cycles;

namespace Sim.Simulator.Nests;

/// <summary>A layer on the machine for nests, beside the estimate.</summary>
/// <param name="Run">What the machine did.</param>
/// <param name="Differences">Where machine and estimate, or machine and kernels, are not equal; none unless there is a fault.</param>
public sealed record NestLayerRun(NestRun Run, ImmutableArray<string> Differences)
{
    /// <summary>Runs a layer with operands in rows and compares cycles, stalls, counts and, with registers, results.</summary>
    /// <param name="nest">A legal nest of the layer.</param>
    /// <param name="architecture">What it runs on.</param>
    /// <param name="rows">Codes, im2col applied.</param>
    /// <param name="depth">How much of the machine moves.</param>
    /// <param name="watch">Who hears of it.</param>
    public static NestLayerRun Of(LoopNest nest, HierarchicalArchitecture architecture, MachineOperands rows, NestDepth depth,
        INestObserver? watch = null)
    {
        ArgumentNullException.ThrowIfNull(nest);
        ArgumentNullException.ThrowIfNull(architecture);
        NestOperands operands = NestOperands.Of(nest.Layer, rows);
        NestRun run = NestMachine.Run(nest, architecture, operands, depth, watch);
        NestCycles estimate = NestTiming.Of(nest, architecture.Hierarchy, NestMachine.Widths(architecture), NestMachine.Rate(architecture));
        var differences = ImmutableArray.CreateBuilder<string>();
        if (run.Cycles.Total != estimate.Total) differences.Add($"{run.Cycles.Total} cycles, estimate {estimate.Total}");
        foreach (TimingResource resource in run.Cycles.Stalls.Concat(estimate.Stalls).Select(s => s.Resource).Distinct())
        {
            (long found, long expected) = (Waits(run.Cycles, resource), Waits(estimate, resource));
            if (found != expected) differences.Add($"{found} cycles wait for {resource}, estimate {expected}");
        }
        NestCounts counts = NestCounts.Of(nest, architecture.Hierarchy);
        foreach ((StoreCounts found, StoreCounts expected) in run.Stores.Zip(counts.Stores))
            if (found != expected) differences.Add($"{found}, estimate {expected}");
        if (depth == NestDepth.Registers) Values(nest, architecture, operands, run, differences);
        return new(run, differences.ToImmutable());
    }

    private static void Values(LoopNest nest, HierarchicalArchitecture architecture, NestOperands operands, NestRun run,
        ImmutableArray<string>.Builder differences)
    {
        GemmEvents events = default;
        long[] product = OrderedProducts.Of(operands, NestOrders.Of(nest, architecture.Hierarchy, architecture.Datapath.Lanes),
            architecture.Datapath, ref events);
        int wrong = product.Zip(run.Results).Count(p => p.First != p.Second);
        if (wrong > 0) differences.Add($"{wrong} of {product.Length} results are not the kernel's");
        if (events != run.Events) differences.Add($"events {run.Events}, kernel {events}");
    }

    private static long Waits(NestCycles cycles, TimingResource resource) =>
        cycles.Stalls.Where(s => s.Resource == resource).Sum(s => s.Cycles);
}
