using System.Collections.Immutable;
using Sim.Mapper.Nests;
using Sim.Simulator.Accelerators;
using Sim.Simulator.Cycles;
using Sim.Simulator.Execution;
using Sim.Workloads.Graph;

namespace Sim.Simulator.Nests;

/// <summary>One layer of a network on the machine for nests.</summary>
/// <param name="Name">The layer.</param>
/// <param name="Begin">Cycle of the network in which it begins.</param>
/// <param name="Cycles">Cycles that it takes.</param>
/// <param name="Layer">What the machine did, beside the estimate; null: a layer of the vector unit.</param>
/// <param name="HasValues">Whether its operands are those of the first sample, not random ones.</param>
public sealed record NestMachineLayer(string Name, long Begin, long Cycles, NestLayerRun? Layer, bool HasValues)
{
    /// <summary>Of a layer of the vector unit: cycles in which its lanes work, and the outermost memory's bus.</summary>
    public (long Lanes, long Bus) Vector { get; init; }
}

/// <summary>A whole network on the machine for nests: its layers one after the other, with the operands of the first sample where there
/// are data.</summary>
internal static class NestNetworkMachine
{
    public static ImmutableArray<NestMachineLayer> Run(NetworkLayers network, MappedHierarchy mapped, AccuracyPlan? plan, NestDepth depth,
        INestNetworkObserver? observer, CancellationToken cancellation)
    {
        OperandCapture? capture = plan is null ? null : OperandCapture.Of(plan);
        var layers = ImmutableArray.CreateBuilder<NestMachineLayer>();
        long now = 0;
        int matrix = 0;
        foreach (LayerStep step in network.Steps)
        {
            cancellation.ThrowIfCancellationRequested();
            NestMachineLayer layer;
            if (step.Matrix is null)
            {
                LayerRecord vector = mapped.Vector(step.Vector!);
                layer = new(step.Name, now, vector.Cycles, null, false)
                    { Vector = (vector.ComputeCycles, HierarchyVector.BusCycles(mapped.Architecture, step.Vector!)) };
            }
            else
            {
                GemmLayer gemm = mapped.Layer(matrix);
                MachineOperands? values = capture?.Operands(gemm, mapped.Architecture.Datapath);
                LoopNest nest = mapped.Nest(matrix++);
                NestLayerRun run = NestLayerRun.Of(nest, mapped.Architecture,
                    values ?? RandomOperands.Of(mapped.Architecture.Datapath, gemm), depth, observer?.Watch(step.Name, nest, now));
                layer = new(step.Name, now, run.Run.Cycles.Total, run, values is not null);
            }
            layers.Add(layer);
            observer?.Done(layer);
            now = checked(now + layer.Cycles);
        }
        return layers.ToImmutable();
    }
}
