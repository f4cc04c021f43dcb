using System.Collections.Immutable;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Datapath.Kernels.Systolic;
using Sim.Datapath.Specs;

namespace Sim.Simulator.Tests;

/// <summary>A cycle of the registers makes no garbage: neither in a long stream nor in folds so short that several are in the
/// array.</summary>
public sealed class TimeAllocationTests
{
    [Test]
    public void A_cycle_allocates_nothing([Values("int8", "fp16")] string accumulator, [Values] bool downward,
        [Values(1, 7, 500)] int steps)
    {
        const int Size = 32, Folds = 400, K = 500;
        AccumulatorSpec register = accumulator == "int8" ? new IntegerAccumulator(32, RegisterOverflow.Wrap)
            : new FloatAccumulator(FormatCatalogue.Parse("fp16"), Sim.Datapath.RoundingMode.NearestEven, Sim.Datapath.OverflowPolicy.Ieee);
        INumberFormat operand = FormatCatalogue.Parse(accumulator == "int8" ? "int8" : "e2m1");
        ImmutableArray<uint> codes = [.. Enumerable.Range(0, Size * K).Select(i => (uint)(i % 7))];
        PeGrid grid = PeGrid.Create(new DatapathSpec("test", operand, operand, register), ReductionOrder.Sequential,
            new GridShape(Size, Size, downward, downward, false), new GridOperands(K, codes, codes), Size * Size * Folds * 2, 0);
        Assert.That(grid.IsReference, Is.False);
        Run(0);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Run(Folds);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
        Assert.That(grid.Counts.Products, Is.EqualTo(2L * Folds * steps * Size * Size));

        void Run(int from)
        {
            for (int fold = from; fold < from + Folds; fold++)
            {
                if (downward)
                {
                    grid.Load(new GridTile(0, 1, Size, K, Size, 1));
                    grid.Idle(Size);
                }
                // Results of steps go nowhere twice: downward sums join chunk by chunk.
                var first = new GridSlot(0, downward ? 1 : K, Size, 0, K, Size, 1, true, true, false, downward ? 0 : fold * Size * Size,
                    downward ? 0 : Size, downward ? fold : 0);
                grid.Stream(first, downward ? new GridStride(0, 0, Size) : new GridStride(1, 1, 0), steps, true);
                if (!downward) grid.Idle(Math.Max(0, Size - steps));
            }
            grid.Idle(3 * Size);
        }
    }
}
