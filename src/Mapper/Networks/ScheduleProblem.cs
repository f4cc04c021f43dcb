using System.Collections.Immutable;

namespace Sim.Mapper.Networks;

/// <summary>A tensor as a schedule sees it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Bits">Room that it takes on chip, whole.</param>
/// <param name="Producer">The layer that makes it; -1: it is in DRAM from the start.</param>
/// <param name="Consumers">Layers that read it, ascending.</param>
/// <param name="IsResult">Whether it must end up in DRAM.</param>
/// <param name="MayStay">Whether it may stay on chip; false for what lives in DRAM anyway.</param>
public sealed record ScheduleTensor(string Name, long Bits, int Producer, ImmutableArray<int> Consumers, bool IsResult, bool MayStay)
{
    /// <summary>From where on it can be on chip: the layer that makes it, or else the first that reads it.</summary>
    public int First => Producer >= 0 ? Producer : Consumers.Length > 0 ? Consumers[0] : int.MaxValue;

    /// <summary>The last layer that reads it; -1: none.</summary>
    public int Last => Consumers.Length > 0 ? Consumers[^1] : -1;

    /// <summary>Whether staying could save a transfer.</summary>
    public bool IsCandidate => MayStay && Last > First;
}

/// <summary>One way to run layers as one item. Transfers of tensors that stay are not in it.</summary>
/// <param name="RoomBits">Room beside the tensors that stay.</param>
/// <param name="ReadBits">Bits read from DRAM.</param>
/// <param name="WriteBits">Bits written to DRAM.</param>
/// <param name="ArrayCycles">Cycles of the array.</param>
/// <param name="VectorCycles">Cycles of the vector unit.</param>
/// <param name="Picojoules">Energy without DRAM.</param>
/// <param name="Plan">Tells the maker of the choice which one it is.</param>
public readonly record struct ItemChoice(long RoomBits, long ReadBits, long WriteBits, long ArrayCycles, long VectorCycles,
    double Picojoules, int Plan)
{
    /// <summary>Whether another choice is nowhere better.</summary>
    public bool Beats(in ItemChoice other) => RoomBits <= other.RoomBits && ReadBits <= other.ReadBits && WriteBits <= other.WriteBits
        && ArrayCycles <= other.ArrayCycles && VectorCycles <= other.VectorCycles && Picojoules <= other.Picojoules;
}

/// <summary>What layers, run as one, touch and cost.</summary>
public interface IScheduleItems
{
    /// <summary>Tensors; layers name them by index.</summary>
    ImmutableArray<ScheduleTensor> Tensors { get; }

    /// <summary>Number of layers, in the order in which they run.</summary>
    int Layers { get; }

    /// <summary>Most layers of an item that begins at a layer.</summary>
    int Longest(int first);

    /// <summary>Tensors made outside of the layers and read by them, or made by them and read outside; ascending.</summary>
    ImmutableArray<int> Touched(int first, int last);

    /// <summary>Ways to run the layers as one, none beaten by another, while of the touched tensors those of the set bits are on chip.
    /// Empty: there is none.</summary>
    ImmutableArray<ItemChoice> Choices(int first, int last, ulong onChip);
}

/// <summary>The memory that tensors may stay in, and the DRAM behind it.</summary>
/// <param name="RoomBits">Capacity.</param>
/// <param name="BitsPerCycle">Bandwidth of the DRAM; null: unlimited.</param>
/// <param name="ReadPicojoules">pJ of a bit read from DRAM.</param>
/// <param name="WritePicojoules">pJ of a bit written to it.</param>
public sealed record ScheduleMachine(long RoomBits, double? BitsPerCycle, double ReadPicojoules, double WritePicojoules)
{
    /// <summary>Cycles of the DRAM's bus.</summary>
    public long BusCycles(long bits) => BitsPerCycle is { } rate ? checked((long)Math.Ceiling(bits / rate)) : 0;

    /// <summary>Cycles of an item alone: transfers overlap with work, array and vector unit take turns.</summary>
    public long Cycles(in ItemChoice choice, long loadedBits) => Math.Max(checked(choice.ArrayCycles + choice.VectorCycles),
        BusCycles(checked(choice.ReadBits + loadedBits + choice.WriteBits)));

    /// <summary>Energy of an item with its transfers.</summary>
    public double Picojoules(in ItemChoice choice, long loadedBits) => choice.Picojoules
        + ((choice.ReadBits + loadedBits) * ReadPicojoules) + (choice.WriteBits * WritePicojoules);
}
