using System.Collections.Immutable;

namespace Sim.Simulator.Cycles;

/// <summary>What a cycle of the machine went to: the one thing that keeps the next step from entering the array, or its entering.</summary>
public enum CycleUse : byte
{
    /// <summary>A step enters the array.</summary>
    Stream,
    /// <summary>A step that has begun waits for its words at the ports of a buffer.</summary>
    Ports,
    /// <summary>A stationary tile shifts in before its fold may begin.</summary>
    Load,
    /// <summary>The wave of the fold before still fills or drains the array, or its results leave on the buses.</summary>
    Wave,
    /// <summary>Activations have not arrived from DRAM.</summary>
    Activations,
    /// <summary>Weights have not arrived from DRAM.</summary>
    Weights,
    /// <summary>Spilled partial sums have not come back from DRAM.</summary>
    Sums,
    /// <summary>The output buffer has no room: results of earlier steps have not left for DRAM.</summary>
    ResultRoom,
    /// <summary>The last steps are in and their wave leaves the array.</summary>
    Drain,
    /// <summary>The last results are on the bus to DRAM.</summary>
    WriteBack,
}

/// <summary>Cycles by what they went to; together all cycles.</summary>
public sealed class CycleUses
{
    private readonly long[] _cycles = new long[Enum.GetValues<CycleUse>().Length];

    /// <summary>Cycles of one use.</summary>
    public long this[CycleUse use] => _cycles[(int)use];

    /// <summary>All of them.</summary>
    public long Total => _cycles.Sum();

    /// <summary>Those that a bus that is always free would not have cost.</summary>
    public static ImmutableArray<CycleUse> Waits { get; } =
        [CycleUse.Activations, CycleUse.Weights, CycleUse.Sums, CycleUse.ResultRoom, CycleUse.WriteBack];

    /// <summary>Text for tables.</summary>
    public static string NameOf(CycleUse use) => use switch
    {
        CycleUse.Stream => "steps",
        CycleUse.Ports => "ports: words of a step",
        CycleUse.Load => "stationary tile shifts in",
        CycleUse.Wave => "fill and drain between folds",
        CycleUse.Activations => "DRAM bus: activations",
        CycleUse.Weights => "DRAM bus: weights",
        CycleUse.Sums => "DRAM bus: partial sums",
        CycleUse.ResultRoom => "output buffer full, DRAM bus",
        CycleUse.Drain => "last drain",
        _ => "DRAM bus: last write-back",
    };

    internal void Add(CycleUse use, long cycles) => _cycles[(int)use] += cycles;
}
