using Sim.ArchModel.Hierarchies;
using Sim.ArchModel.Hierarchies.Costs;

namespace Sim.Mapper.Networks;

/// <summary>What a schedule needs of an accelerator, for one of its cores.</summary>
/// <param name="Stage">The memories next to DRAM.</param>
/// <param name="Machine">Room for tensors that stay, and the DRAM.</param>
/// <param name="ActivationLevel">The memory of activations, by index in the whole hierarchy.</param>
/// <param name="Cores">Number of cores.</param>
public sealed record ScheduleStage(StageMemory Stage, ScheduleMachine Machine, int ActivationLevel, int Cores)
{
    /// <summary>The stage of an accelerator; otherwise what keeps it from having one.</summary>
    public static (ScheduleStage? Stage, string? Problem) Of(HierarchyCost cost)
    {
        ArgumentNullException.ThrowIfNull(cost);
        Hierarchy whole = cost.Architecture.Hierarchy, core = OneCore.Of(whole);
        (StageMemory? stage, string? problem) = StageMemory.Of(core);
        if (stage is null) return (null, problem);
        MemoryLevel dram = whole.Memory(0);
        if (dram.ReadBitsPerCycle is not null || dram.WriteBitsPerCycle is not null)
            return (null, $"memory '{dram.Name}' limits reads and writes apart; a schedule knows one 'bandwidth' for both");
        var machine = new ScheduleMachine(stage.RoomBits, dram.BitsPerCycle,
            cost.Word(0, Operand.Activations, AccessKind.Read) / dram.WordBits,
            cost.Word(0, Operand.Outputs, AccessKind.Write) / dram.WordBits);
        return (new(stage, machine, whole.IndexOf(core.Levels[stage.Level].Name), OneCore.Count(whole)), null);
    }
}
