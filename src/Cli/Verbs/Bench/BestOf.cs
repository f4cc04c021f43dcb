using System.Diagnostics;

namespace Sim.Cli.Verbs.Bench;

/// <summary>Best-of timing: the fastest repetition is the one that other programs disturbed least.</summary>
internal static class BestOf
{
    private const double WarmUpSeconds = 0.4, MeasureSeconds = 0.8;
    private const int FewestRepetitions = 3;

    /// <summary>Seconds of the fastest repetition, after enough unmeasured ones for the run-time compiler to finish.</summary>
    public static double Seconds(Action action)
    {
        long start = Stopwatch.GetTimestamp();
        do action();
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < WarmUpSeconds);
        double best = double.PositiveInfinity;
        start = Stopwatch.GetTimestamp();
        for (int i = 0; i < FewestRepetitions || Stopwatch.GetElapsedTime(start).TotalSeconds < MeasureSeconds; i++)
        {
            long begin = Stopwatch.GetTimestamp();
            action();
            best = Math.Min(best, Stopwatch.GetElapsedTime(begin).TotalSeconds);
        }
        return best;
    }
}
