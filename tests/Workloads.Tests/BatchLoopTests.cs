using Sim.Workloads.Execution;
using Sim.Workloads.Graph;

namespace Sim.Workloads.Tests;

/// <summary>What samples do wrong is told as of one batch after the other, for any number of threads.</summary>
public class BatchLoopTests
{
    [Test]
    public void TheFirstFaultIsTold([Values(1, 2, 8)] int threads)
    {
        for (int round = 0; round < 20; round++)
        {
            NetworkException? told = Assert.Throws<NetworkException>(() => BatchLoop.Run(100, threads, i =>
            {
                if (i % 10 == 7) throw new NetworkException($"batch {i}");
            }));
            Assert.That(told!.Message, Is.EqualTo("batch 7"));
        }
    }

    [Test]
    public void EveryBatchRunsOnce([Values(1, 4)] int threads)
    {
        int[] runs = new int[50];
        BatchLoop.Run(runs.Length, threads, i => Interlocked.Increment(ref runs[i]));
        Assert.That(runs, Is.All.EqualTo(1));
    }
}
