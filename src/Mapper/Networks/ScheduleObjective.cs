namespace Sim.Mapper.Networks;

/// <summary>What a schedule makes least.</summary>
public enum ScheduleObjective
{
    /// <summary>pJ.</summary>
    Energy,

    /// <summary>Cycles.</summary>
    Latency,

    /// <summary>pJ × cycles.</summary>
    Edp,
}

/// <summary>A schedule with the value of its objective and a lower bound of it.</summary>
public sealed record BestSchedule(FoundSchedule Schedule, double Value, double Bound, long States, long Dropped);

/// <summary>
/// Searches by objective. A product of two positive sums is quasiconcave, so its least value over schedules is at a corner of the lower
/// left hull of their (energy, cycles): corners are found by weighted sums, and a triangle between two whose corner is no better than the
/// best product known is left out.
/// </summary>
public static class ScheduleByObjective
{
    /// <summary>The best schedule; null: some layer does not fit.</summary>
    public static BestSchedule? Best(ScheduleSearch search, ScheduleObjective objective)
    {
        ArgumentNullException.ThrowIfNull(search);
        if (objective != ScheduleObjective.Edp)
        {
            bool energy = objective == ScheduleObjective.Energy;
            return search.Best(energy ? 1 : 0, energy ? 0 : 1) is not { } found ? null
                : new(found, energy ? found.Picojoules : found.Cycles, found.Bound, found.States, found.Dropped);
        }
        if (search.Best(1, 0) is not { } frugal) return null;
        FoundSchedule fast = search.Best(0, 1)!;
        FoundSchedule best = Product(fast) < Product(frugal) ? fast : frugal;
        long states = frugal.States + fast.States, dropped = frugal.Dropped + fast.Dropped;
        var open = new Stack<(FoundSchedule Left, FoundSchedule Right)>([(frugal, fast)]);
        while (open.TryPop(out (FoundSchedule Left, FoundSchedule Right) pair))
        {
            (FoundSchedule left, FoundSchedule right) = pair;
            if (left.Picojoules >= right.Picojoules || left.Cycles <= right.Cycles) continue;
            if (left.Picojoules * right.Cycles >= Product(best)) continue;
            double energyWeight = left.Cycles - right.Cycles, cycleWeight = right.Picojoules - left.Picojoules;
            FoundSchedule middle = search.Best(energyWeight, cycleWeight)!;
            (states, dropped) = (states + middle.States, dropped + middle.Dropped);
            double Weighed(FoundSchedule s) => (energyWeight * s.Picojoules) + (cycleWeight * s.Cycles);
            if (Weighed(middle) >= Weighed(left) * (1 - 1e-12)) continue;
            if (Product(middle) < Product(best)) best = middle;
            open.Push((middle, right));
            open.Push((left, middle));
        }
        return new(best, Product(best), dropped == 0 ? Product(best) : frugal.Bound * fast.Bound, states, dropped);
    }

    private static double Product(FoundSchedule schedule) => schedule.Picojoules * schedule.Cycles;
}
