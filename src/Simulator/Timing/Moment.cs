using System.Runtime.Intrinsics;

namespace Sim.Simulator.Timing;

/// <summary>A time in a recurrence of maxima and sums.</summary>
internal interface IMoment<TSelf> where TSelf : struct, IMoment<TSelf>
{
    /// <summary>Cycles since the start.</summary>
    long Value { get; }

    /// <summary>So many cycles later.</summary>
    static abstract TSelf operator +(TSelf moment, long cycles);

    /// <summary>The later of two.</summary>
    static abstract TSelf Later(TSelf a, TSelf b, Choices choices);
}

/// <summary>Just a time.</summary>
internal readonly record struct PlainMoment(long Value) : IMoment<PlainMoment>
{
    public static PlainMoment operator +(PlainMoment moment, long cycles) => new(moment.Value + cycles);

    public static PlainMoment Later(PlainMoment a, PlainMoment b, Choices choices) => a.Value >= b.Value ? a : b;
}

/// <summary>
/// A time, and how much later it is in the next iteration of each of the four loops (groups, outer folds, inner folds, units), as far as
/// the loop is being extrapolated.
/// </summary>
internal readonly record struct WatchedMoment(long Value, Vector256<long> Rates) : IMoment<WatchedMoment>
{
    public static WatchedMoment operator +(WatchedMoment moment, long cycles) => moment with { Value = moment.Value + cycles };

    public static WatchedMoment Later(WatchedMoment a, WatchedMoment b, Choices choices)
    {
        if (a.Value < b.Value || a.Value == b.Value && Vector256.Sum(b.Rates) > Vector256.Sum(a.Rates)) (a, b) = (b, a);
        Vector256<long> gain = b.Rates - a.Rates;
        if (Vector256.GreaterThanAny(gain, Vector256<long>.Zero)) choices.Limit(a.Value - b.Value, gain);
        return a;
    }
}

/// <summary>For how many further iterations of each watched loop every maximum keeps the choice that it made: a recurrence may be
/// extrapolated as far as that.</summary>
internal sealed class Choices
{
    private readonly long[] _hold = [0, 0, 0, 0];

    /// <summary>Begins to watch a loop.</summary>
    public void Watch(int loop) => _hold[loop] = long.MaxValue;

    /// <summary>Iterations for which all choices since <see cref="Watch"/> hold.</summary>
    public long HoldFor(int loop) => _hold[loop];

    /// <summary>Loops outside this one cannot be extrapolated from what is now computed.</summary>
    public void Spoil(int loop)
    {
        for (int outer = 0; outer < loop; outer++) _hold[outer] = 0;
    }

    /// <summary>A choice by <paramref name="margin"/>, which shrinks by <paramref name="gain"/> an iteration.</summary>
    public void Limit(long margin, Vector256<long> gain)
    {
        for (int loop = 0; loop < 4; loop++)
            if (gain[loop] > 0) _hold[loop] = Math.Min(_hold[loop], margin / gain[loop]);
    }
}
