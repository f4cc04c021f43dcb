using Sim.Mapper;

namespace Sim.Simulator.Timing;

/// <summary>
/// Runs the loops of a bus recurrence (groups, outer folds, inner folds, units) without visiting every iteration. Where iterations are
/// alike, a recurrence of maxima and sums soon moves on by the same steps every one or few of them. When it has done so twice, a third time
/// is computed with the gains of all moments beside the moments: that tells for how many iterations more every maximum keeps its choice
/// (<see cref="Choices"/>), and so many are added at once. The result is exact, not an approximation. The last iterations of a run are
/// always visited, so that loops outside are watched at both ends of what is skipped.
/// </summary>
internal sealed class BusLoops<TMoment>(TransferPlan plan, FoldGrid grid, BusUnits<TMoment> units) where TMoment : struct, IMoment<TMoment>
{
    private const int Loops = 4;

    private readonly History[] _history = [new(), new(), new(), new()];
    private UnitPlace _place;
    private BusLoops<WatchedMoment>? _watched;

    /// <summary>All units of the layer.</summary>
    public void Run()
    {
        // The last set may have fewer groups.
        Run(0, 0, grid.Groups - 1, 1);
        Run(0, grid.Groups - 1, grid.Groups, 1);
        units.Finish();
    }

    private void Run(int loop)
    {
        AxisParts parts = loop == 1 ? plan.Outer : loop == 2 ? plan.Inner : plan.Stream;
        for (int from = 0; from < parts.Count;)
        {
            int to = parts.RegularEnd(from);
            Run(loop, from, to, parts.Period);
            from = to;
        }
    }

    private void Iterate(int loop, int i)
    {
        _place = loop switch
        {
            0 => _place with { Group = i }, 1 => _place with { Outer = i }, 2 => _place with { Inner = i }, _ => _place with { Unit = i },
        };
        if (loop == Loops - 1) units.Next(_place);
        else Run(loop + 1);
    }

    // Iterations that are each alike the one a period before.
    private void Run(int loop, int from, int to, int period)
    {
        // Few units are visited sooner than watched.
        if (to - from < (loop == Loops - 1 ? 12 : 5) * period)
        {
            for (int i = from; i < to; i++) Iterate(loop, i);
            return;
        }
        History history = _history[loop];
        history.Clear();
        units.State.Save(history.Next(period));
        int next = from, wait = 0;
        Span<long> gains = stackalloc long[BusState.Moments];
        while (next < to)
        {
            Iterate(loop, next++);
            units.State.Save(history.Next(period));
            if (to - next < 3 * period || --wait > 0 || history.Cycle(period) is not (> 0 and var cycle) || to - next < 3 * cycle) continue;
            history.Gains(cycle, gains);
            long skipped = Watched().TryJump(loop, cycle, next, to, gains);
            if (typeof(TMoment) == typeof(PlainMoment)) TakeBack();
            next += (int)(skipped < 0 ? cycle : cycle + skipped * cycle);
            history.Clear();
            units.State.Save(history.Next(period));
            wait = skipped < 0 ? 4 * cycle : 0;
        }
    }

    // The same loops with watched moments, at the same place.
    private BusLoops<WatchedMoment> Watched()
    {
        if (this is BusLoops<WatchedMoment> already) return already;
        _watched ??= new BusLoops<WatchedMoment>(plan, grid, units.Watched());
        _watched._place = _place;
        units.CopyTo(_watched.Units);
        return _watched;
    }

    private BusUnits<TMoment> Units => units;

    private void TakeBack() => units.CopyFrom(_watched!.Units);

    // One more cycle, watched; the cycles skipped after it, or -1 when it did not go on as before.
    private long TryJump(int loop, int cycle, int next, int to, ReadOnlySpan<long> gains)
    {
        var state = (BusState<WatchedMoment>)(object)units.State;
        Span<WatchedMoment> moments = state.All;
        WatchedMoment[] before = moments.ToArray();
        (UnitTurn started, UnitTurn pending) = (state.Started, state.Pending);
        BusState.SetRates(moments, loop, gains);
        units.Choices.Watch(loop);
        for (int i = 0; i < cycle; i++) Iterate(loop, next + i);
        bool kept = state.Started == started && state.Pending == pending && BusState.Kept(moments, before, loop, gains),
            keptOutside = BusState.KeptOutside(moments, before, loop);
        BusState.SetRates(moments, loop, []);
        if (!kept) return -1;
        long room = (to - next - cycle) / cycle - 1, cycles = Math.Min(room, units.Choices.HoldFor(loop));
        if (!keptOutside || cycles < room) units.Choices.Spoil(loop);
        for (int i = 0; i < moments.Length && cycles > 0; i++) moments[i] += gains[i] * cycles;
        return Math.Max(0, cycles);
    }
}
