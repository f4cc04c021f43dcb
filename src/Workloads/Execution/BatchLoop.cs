using System.Runtime.ExceptionServices;
using Sim.Workloads.Graph;

namespace Sim.Workloads.Execution;

/// <summary>Runs the batches of a data set on several threads.</summary>
public static class BatchLoop
{
    /// <summary>
    /// Calls <paramref name="body"/> for 0 to count − 1. What samples do that a network cannot take (<see cref="NetworkException"/>) is
    /// told as if the batches had run one after the other: of the first that fails, whatever the number of threads.
    /// </summary>
    public static void Run(int count, int threads, Action<int> body, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(body);
        var gate = new Lock();
        int first = int.MaxValue;
        NetworkException? fault = null;
        Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, threads), CancellationToken = cancellation }, i =>
        {
            if (i > Volatile.Read(ref first)) return;
            try
            {
                body(i);
            }
            catch (NetworkException e)
            {
                lock (gate)
                {
                    if (i < first) (first, fault) = (i, e);
                }
            }
        });
        if (fault is not null) ExceptionDispatchInfo.Throw(fault);
    }
}
