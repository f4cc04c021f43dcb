using System.Diagnostics;

namespace Sim.Cli.Verbs.Bench;

/// <summary>Best-of timing: the fastest repetition is the one that other programs disturbed least.</summary>
internal static class BestOf
{
    private const double WarmUpSeconds = 0.4, LongestWarmUp = 5, MeasureSeconds = 0.8, Faster = 0.95;
    private const int FewestRepetitions = 3;

    /// <summary>Seconds of the fastest repetition, after enough unmeasured ones for the run-time compiler to finish.</summary>
    public static double Seconds(Action action)
    {
        // On one core the compiler takes turns with what it compiles: until nothing has become faster for a while.
        long start = Stopwatch.GetTimestamp(), improved = start;
        double best = double.PositiveInfinity;
        do
        {
            double seconds = Once(action);
            if (seconds < Faster * best) (best, improved) = (seconds, Stopwatch.GetTimestamp());
        }
        while (Stopwatch.GetElapsedTime(improved).TotalSeconds < WarmUpSeconds
            && Stopwatch.GetElapsedTime(start).TotalSeconds < LongestWarmUp);
        best = double.PositiveInfinity;
        start = Stopwatch.GetTimestamp();
        for (int i = 0; i < FewestRepetitions || Stopwatch.GetElapsedTime(start).TotalSeconds < MeasureSeconds; i++)
            best = Math.Min(best, Once(action));
        return best;
    }

    private static double Once(Action action)
    {
        long begin = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(begin).TotalSeconds;
    }
}
