using System.Runtime.Intrinsics;

namespace Sim.Simulator.Timing;

/// <summary>The moments that later units look back to. Of the last two ends of a unit, fold, ... the later one comes first.</summary>
internal enum When : byte
{
    BusFree, UnitEnd, UnitEndBefore, OuterEnd, OuterEndBefore, GroupEnd, GroupEndBefore, Load, LoadBefore, GroupLoad, GroupLoadBefore,
    Written, WrittenBefore, LatestWritten, Finished, FoldStart, FoldLastStart, InputsHere, StationaryHere,
}

/// <summary>What a unit is in its fold and loops.</summary>
[Flags]
internal enum Turns : byte
{
    None = 0, Exists = 1, Starts = 2, FirstOfFold = 4, LastOfFold = 8, LastOfOuter = 16, LastOfGroup = 32, LastFoldOfGroup = 64, IsFinal = 128,
}

/// <summary>What is known of a unit whose turn on the bus or in the array has not come.</summary>
internal readonly record struct UnitTurn(Turns Turns, long Cycles, long SumsRead, long Written)
{
    /// <summary>Whether it is all of that.</summary>
    public bool Is(Turns turns) => (Turns & turns) == turns;
}

/// <summary>All of a recurrence's state. It repeats when the moments move on by equal steps and the turns are the same.</summary>
internal sealed class BusState<TMoment> where TMoment : struct, IMoment<TMoment>
{
    private readonly TMoment[] _moments = new TMoment[BusState.Moments];
    private UnitTurn _started, _pending;

    /// <summary>A moment.</summary>
    public ref TMoment this[When when] => ref _moments[(int)when];

    /// <summary>The unit that was started last, whose results are next.</summary>
    public ref UnitTurn Started => ref _started;

    /// <summary>The unit whose inputs are under way.</summary>
    public ref UnitTurn Pending => ref _pending;

    /// <summary>All moments.</summary>
    public Span<TMoment> All => _moments;

    /// <summary>Writes values of moments and turns to a snapshot.</summary>
    public void Save(Span<long> snapshot)
    {
        for (int i = 0; i < BusState.Moments; i++) snapshot[i] = _moments[i].Value;
        Save(_started, snapshot[BusState.Moments..]);
        Save(_pending, snapshot[(BusState.Moments + 4)..]);
    }

    private static void Save(UnitTurn turn, Span<long> to) =>
        (to[0], to[1], to[2], to[3]) = ((long)turn.Turns, turn.Cycles, turn.SumsRead, turn.Written);
}

/// <summary>Snapshots of a state.</summary>
internal static class BusState
{
    /// <summary>Moments in a state.</summary>
    public const int Moments = (int)When.StationaryHere + 1;

    /// <summary>Numbers in a snapshot: the moments, then two turns.</summary>
    public const int Size = Moments + 8;

    /// <summary>Whether three snapshots follow each other by equal steps, the turns being the same.</summary>
    public static bool Continues(ReadOnlySpan<long> first, ReadOnlySpan<long> middle, ReadOnlySpan<long> last)
    {
        if (!last[Moments..].SequenceEqual(middle[Moments..]) || !middle[Moments..].SequenceEqual(first[Moments..])) return false;
        for (int i = 0; i < Moments; i++)
            if (last[i] - middle[i] != middle[i] - first[i]) return false;
        return true;
    }

    /// <summary>Sets what each moment gains in an iteration of a loop; nothing when empty.</summary>
    public static void SetRates(Span<WatchedMoment> moments, int loop, ReadOnlySpan<long> gains)
    {
        for (int i = 0; i < moments.Length; i++)
            moments[i] = moments[i] with { Rates = moments[i].Rates.WithElement(loop, gains.IsEmpty ? 0 : gains[i]) };
    }

    /// <summary>Whether moments have moved on by <paramref name="gains"/> and keep to it.</summary>
    public static bool Kept(ReadOnlySpan<WatchedMoment> now, ReadOnlySpan<WatchedMoment> before, int loop, ReadOnlySpan<long> gains)
    {
        for (int i = 0; i < now.Length; i++)
            if (now[i].Rates[loop] != gains[i] || now[i].Value - before[i].Value != gains[i]) return false;
        return true;
    }

    /// <summary>Whether what moments gain in the loops outside is what it was.</summary>
    public static bool KeptOutside(ReadOnlySpan<WatchedMoment> now, ReadOnlySpan<WatchedMoment> before, int loop)
    {
        for (int i = 0; i < now.Length; i++)
            for (int outer = 0; outer < loop; outer++)
                if (now[i].Rates[outer] != before[i].Rates[outer]) return false;
        return true;
    }
}
