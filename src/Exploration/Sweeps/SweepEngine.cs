using System.Collections.Immutable;
using System.Runtime.ExceptionServices;
using Sim.Exploration.Store;
using Sim.Exploration.Studies;
using Sim.Workloads.Graph;

namespace Sim.Exploration.Sweeps;

/// <summary>What is done so far of a phase: of the values of networks that designs share, or of the designs.</summary>
public readonly record struct SweepProgress(int Done, int Total, string Phase)
{
    /// <summary>Values of networks under a datapath, an order and a recipe.</summary>
    public const string Networks = "networks";

    /// <summary>Designs of the study that had not run before.</summary>
    public const string Designs = "designs";
}

/// <summary>Turns design points into results. Implementations are pure and thread-safe: the same point gives the same result whoever asks
/// and in which order.</summary>
public interface IDesignEvaluator
{
    /// <summary>Runs one point. A design that cannot exist is a result, not an exception.</summary>
    PointResult Evaluate(DesignPoint point);

    /// <summary>
    /// Work that several points share, each item once, in the order of its first point: running these first keeps all workers busy, where
    /// points that wait for the same item would not.
    /// </summary>
    IReadOnlyList<Action> SharedWork(IReadOnlyList<DesignPoint> points);
}

/// <summary>Runs the points of a study in parallel into a store. Results do not depend on the number of workers.</summary>
public static class SweepEngine
{
    /// <summary>
    /// Runs every point that the store does not hold, on <paramref name="jobs"/> ≥ 1 workers, saving each when it ends. Returns all
    /// results, in order of index.
    /// </summary>
    public static ImmutableArray<PointResult> Run(IReadOnlyList<DesignPoint> points, IDesignEvaluator evaluator, ResultStore store,
        int jobs, IProgress<SweepProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        Fill(points, evaluator, store, jobs, progress, cancellation);
        return store.Points();
    }

    /// <summary>As <see cref="Run"/>, without reading the results of a large study into memory.</summary>
    public static void Fill(IReadOnlyList<DesignPoint> points, IDesignEvaluator evaluator, ResultStore store, int jobs,
        IProgress<SweepProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(points);
        ArgumentNullException.ThrowIfNull(evaluator);
        ArgumentNullException.ThrowIfNull(store);
        ArgumentOutOfRangeException.ThrowIfLessThan(jobs, 1);
        ImmutableHashSet<int> finished = store.Finished();
        DesignPoint[] open = [.. points.Where(p => !finished.Contains(p.Index))];
        IReadOnlyList<Action> shared = evaluator.SharedWork(open);
        int done = 0;
        progress?.Report(new SweepProgress(0, shared.Count, SweepProgress.Networks));
        InOrder(shared, jobs, work =>
        {
            work();
            progress?.Report(new SweepProgress(Interlocked.Increment(ref done), shared.Count, SweepProgress.Networks));
        }, cancellation);
        done = 0;
        progress?.Report(new SweepProgress(0, open.Length, SweepProgress.Designs));
        InOrder(open, jobs, point =>
        {
            store.Save(evaluator.Evaluate(point));
            progress?.Report(new SweepProgress(Interlocked.Increment(ref done), open.Length, SweepProgress.Designs));
        }, cancellation);
    }

    // Workers take the next item in order; the default partitioner hands out ranges, which leaves workers idle behind a long one.
    private static void InOrder<T>(IReadOnlyList<T> items, int jobs, Action<T> body, CancellationToken cancellation)
    {
        int next = -1;
        var faults = new List<Exception>();
        void Work()
        {
            while (Interlocked.Increment(ref next) is var i && i < items.Count)
            {
                if (cancellation.IsCancellationRequested) return;
                try
                {
                    body(items[i]);
                }
#pragma warning disable CA1031 // Handed on below: a fault on a worker must stop the others and reach the caller.
                catch (Exception e)
#pragma warning restore CA1031
                {
                    lock (faults) faults.Add(e);
                    Interlocked.Exchange(ref next, items.Count);
                    return;
                }
            }
        }
        Thread[] workers = [.. Enumerable.Range(0, Math.Min(jobs, items.Count)).Select(_ => new Thread(Work) { IsBackground = true })];
        foreach (Thread worker in workers) worker.Start();
        foreach (Thread worker in workers) worker.Join();
        cancellation.ThrowIfCancellationRequested();
        // A store that cannot be written is the machine's fault, not the tool's: it is told as such.
        if (faults.OfType<StoreException>().FirstOrDefault() is { } store) ExceptionDispatchInfo.Throw(store);
        // So is what the samples of a study do that its network cannot take.
        if (faults.OfType<NetworkException>().OrderBy(f => f.Message, StringComparer.Ordinal)
            .FirstOrDefault() is { } fault) ExceptionDispatchInfo.Throw(fault);
        if (faults.Count > 0) throw new AggregateException(faults);
    }
}
