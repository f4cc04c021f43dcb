using System.Collections.Immutable;
using Sim.ArchModel;
using Sim.Datapath.Kernels;
using Sim.Mapper;

namespace Sim.Simulator.Cycles;

/// <summary>How far the machine goes into the array.</summary>
public enum MachineDepth : byte
{
    /// <summary>Every register of every PE, every cycle, with the operands in them.</summary>
    Registers,
    /// <summary>From event to event; what PEs do between them is known from <see cref="Registers"/>, values are the kernels'.</summary>
    Tiles,
}

/// <summary>What the machine did: cycles, every action, and the layer's results in group, m, n order.</summary>
public sealed record MachineResult(long Cycles, Ledger Ledger, ImmutableArray<long> Results, GemmEvents Events)
{
    /// <summary>What the cycles went to.</summary>
    public required CycleUses Uses { get; init; }

    /// <summary>The port that steps wait for, e.g. `port output_buffer write`; null: none.</summary>
    public string? Port { get; init; }

    /// <summary>What computed the values.</summary>
    public required string Arithmetic { get; init; }
}

/// <summary>Is told what happens, as intervals of cycles, the end excluded.</summary>
public interface IMachineObserver
{
    /// <summary>The run begins, or begins again in wider lanes: what was told before did not count.</summary>
    void Restart();

    /// <summary>The steps of a unit enter the array.</summary>
    void Stream(int unit, int fold, long begin, long end);

    /// <summary>A fold's stationary tile is read and shifts in.</summary>
    void Load(int fold, long begin, long end);

    /// <summary>The bus moves elements of an operand.</summary>
    void Transfer(Operands operand, bool toDram, long begin, long end);

    /// <summary>No step enters for this reason.</summary>
    void Idle(CycleUse use, long begin, long end);

    /// <summary>Registers only: a cycle has been done.</summary>
    void Cycle(long cycle, Datapath.Kernels.Systolic.PeGrid grid);
}

/// <summary>
/// Executes a mapping with the real operands: cycle by cycle through the registers of every PE, or from event to event. Operands move one
/// PE a cycle, the sequencer looks at how far the last of them have come to see whether the next fold may begin, buffers fill and empty
/// over the bus transfer by transfer. It shares no timing code with the Estimator.
/// </summary>
public static class Machine
{
    /// <summary>Runs a layer from its first transfer to its last.</summary>
    /// <exception cref="ArgumentException">The operands do not have the layer's shape.</exception>
    public static MachineResult Run(Architecture architecture, Mapping mapping, MachineOperands operands,
        MachineDepth depth = MachineDepth.Registers, IMachineObserver? observer = null)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        ArgumentNullException.ThrowIfNull(mapping);
        ArgumentNullException.ThrowIfNull(operands);
        operands.Demand(architecture, mapping.Layer);
        if (depth == MachineDepth.Tiles)
        {
            observer?.Restart();
            var tiles = new MachineRun(architecture, mapping, new TileArray(mapping, architecture.Datapath.CyclesPerMac), observer);
            tiles.Run();
            (ImmutableArray<long> product, GemmEvents found) = operands.Product(architecture, mapping);
            return tiles.Result(product, found, "kernels");
        }
        for (int attempt = 0; ; attempt++)
        {
            // An attempt whose lanes a sum leaves is done again with wider ones.
            observer?.Restart();
            var array = new RegisterArray(architecture, mapping, operands, attempt, observer);
            var run = new MachineRun(architecture, mapping, array, observer);
            run.Run();
            var events = new GemmEvents();
            if (array.Finish(ref events) is { } results)
                return run.Result(System.Runtime.InteropServices.ImmutableCollectionsMarshal.AsImmutableArray(results), events,
                    array.Grid.Name);
        }
    }
}
