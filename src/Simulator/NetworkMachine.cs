using System.Collections.Immutable;
using Sim.ArchModel;
using Sim.Datapath.Kernels;
using Sim.Mapper;
using Sim.Simulator.Accelerators;
using Sim.Simulator.Cycles;
using Sim.Simulator.Execution;
using Sim.Simulator.Timing;
using Sim.Workloads.Graph;

namespace Sim.Simulator;

/// <summary>One layer of a network: on the machine, with what differs from the estimate (nothing, unless there is a fault), or on the
/// vector unit.</summary>
/// <param name="Name">The layer.</param>
/// <param name="Begin">Cycle of the network in which it begins.</param>
/// <param name="Cycles">Cycles that it takes.</param>
/// <param name="Mapping">How it runs on the array; null: a layer of the vector unit.</param>
/// <param name="Result">What the machine did; null as above.</param>
/// <param name="HasValues">Whether its operands are those of the first sample, not random ones.</param>
/// <param name="Differences">Where machine and estimate, or machine and kernels, are not equal.</param>
public sealed record MachineLayer(string Name, long Begin, long Cycles, Mapping? Mapping, MachineResult? Result, bool HasValues,
    ImmutableArray<string> Differences);

/// <summary>Hears of layers beside what it hears of their cycles.</summary>
public interface INetworkObserver
{
    /// <summary>Who watches a matrix layer that begins in this cycle of the network; null: nobody.</summary>
    IMachineObserver? Watch(Mapping mapping, long begin);

    /// <summary>A layer is done.</summary>
    void Done(MachineLayer layer);
}

/// <summary>A whole network on the machine: its layers one after the other, in the network's order, each matrix layer with the operands of
/// the first sample where there are data.</summary>
internal static class NetworkMachine
{
    public static ImmutableArray<MachineLayer> Run(DesignInputs design, NetworkLayers network, MappedNetwork mapped,
        AccuracyPlan? plan, MachineDepth depth, INetworkObserver? observer, CancellationToken cancellation)
    {
        (Architecture architecture, ImmutableArray<Mapping> mappings) = mapped is ArrayAccelerator.MappedArray array
            ? (((ArrayAccelerator)design.Accelerator).Loaded.Architecture, array.Mappings)
            : throw new ArgumentException("the cycle machine runs systolic arrays", nameof(design));
        OperandCapture? capture = plan is null ? null : OperandCapture.Of(plan);
        var layers = ImmutableArray.CreateBuilder<MachineLayer>();
        long now = 0;
        int matrix = 0;
        foreach (LayerStep step in network.Steps)
        {
            cancellation.ThrowIfCancellationRequested();
            Mapping? mapping = step.Matrix is null ? null : mappings[matrix++];
            MachineLayer layer = mapping is null
                ? new(step.Name, now, Estimator.Estimate(architecture, step.Vector!).TotalCycles, null, null, false, [])
                : Matrix(architecture, mapping, capture?.Operands(mapping.Layer, architecture.Datapath), depth, observer, now);
            layers.Add(layer);
            observer?.Done(layer);
            now = checked(now + layer.Cycles);
        }
        return layers.ToImmutable();
    }

    private static MachineLayer Matrix(Architecture architecture, Mapping mapping, MachineOperands? values, MachineDepth depth,
        INetworkObserver? observer, long now)
    {
        MachineOperands operands = values ?? RandomOperands.Of(architecture, mapping.Layer);
        MachineResult result = Machine.Run(architecture, mapping, operands, depth, observer?.Watch(mapping, now));
        LayerTiming timing = Estimator.Estimate(architecture, mapping);
        var differences = ImmutableArray.CreateBuilder<string>();
        if (result.Cycles != timing.TotalCycles) differences.Add($"{result.Cycles} cycles, estimate {timing.TotalCycles}");
        foreach (LedgerKey key in result.Ledger.Entries.Concat(timing.Ledger.Entries).Select(e => e.Key).Distinct())
        {
            long found = result.Ledger[key.Component, key.Action], expected = timing.Ledger[key.Component, key.Action];
            if (found != expected) differences.Add($"{key.Component} {key.Action} {found}, estimate {expected}");
        }
        if (depth == MachineDepth.Registers)
        {
            (ImmutableArray<long> product, GemmEvents events) = operands.Product(architecture, mapping);
            int wrong = product.Zip(result.Results).Count(p => p.First != p.Second);
            if (wrong > 0) differences.Add($"{wrong} of {product.Length} results are not the kernel's");
            if (events != result.Events) differences.Add($"events {result.Events}, kernel {events}");
        }
        return new MachineLayer(mapping.Layer.Name, now, result.Cycles, mapping, result, values is not null, differences.ToImmutable());
    }
}
