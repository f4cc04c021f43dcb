using System.Collections.Immutable;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>Every kernel, fastest first; the first that does not refuse a datapath runs it. All give the same bits.</summary>
public static class KernelCatalogue
{
    /// <summary>The kernels in order of preference, each line with its rate on one core as a part of the plain FP32 FMA peak (docs/performance.md).</summary>
    public static ImmutableArray<IGemmKernel> All { get; } =
    [
        // 0.3 with a rounded step, 0.6 into fp32: three operations a step, sixteen outputs a vector.
        new FloatLanesKernel<float>(),
        // 0.2: what the line above hands over when sums overflow to Inf; five integer operations a step.
        new CarryLanesKernel(),
        // 0.3: registers and products too wide for the lines above, where the operands' range licenses it.
        new RangeLanesKernel(),
        // 0.15, or 0.03 where sums are rounded to odd first: half the lanes, for registers and products too wide for the lines above.
        new FloatLanesKernel<double>(),
        // 0.007: every mode and policy, every step watched.
        new OddLanesKernel(),
        // 0.8, half of that when tiles prove themselves: two products a lane and step.
        new IntegerPairsKernel(),
        // 0.19: wraps or saturates and watches every step.
        new IntegerLanesKernel<int>(),
        // 0.09: the same for registers of 32 bits and more.
        new IntegerLanesKernel<long>(),
        // 0.012: rounds every product to the grid.
        new FixedLanesKernel(),
        // 0.4: plain fused multiply-add, for exact sums of 24 bits.
        new ExactLanesKernel<float>(),
        // 0.3: the same for 53 bits.
        new ExactLanesKernel<double>(),
        // 0.3, or 0.15 where products are split: exact sums by the window of the operands at hand; quires.
        new WindowLanesKernel(),
        // 0.002: scalar, exact sums of 126 bits; a hundred times the reference.
        new WideExactKernel(),
        new AlignedLanesKernel(),
        // 0.3, or 0.2 where products have more than 8 significant bits: byte permutations look the products up.
        new ProductTableKernel(),
        // 0.06, or 0.045 where ties need the sign of what a sum lost: posit registers of 9 bits and less, to nearest even.
        new PositLanesKernel(),
        // Registers of 8 bits and less that the lines above leave: posits, odd modes.
        new StepTableKernel(),
        // The definition: takes every datapath that means something.
        new ReferenceKernel(),
    ];

    /// <summary>The fastest kernel that is exact for a datapath, order and K.</summary>
    /// <exception cref="ArgumentException">Not even the reference takes it; the message says why.</exception>
    public static IGemmKernel Select(DatapathSpec spec, ReductionOrder order, int k) => SelectFrom(0, spec, order, k);

    /// <summary>The kernel of that name.</summary>
    /// <exception cref="ArgumentException">There is none; the message lists the names.</exception>
    public static IGemmKernel ByName(string name) => All.FirstOrDefault(kernel => kernel.Name == name)
        ?? throw new ArgumentException($"unknown kernel '{name}'; allowed are {string.Join(", ", All.Select(kernel => kernel.Name))}", nameof(name));

    /// <summary>The fastest kernel behind <paramref name="kernel"/> in the list that is exact: where it sends what lies outside its licence.</summary>
    internal static IGemmKernel SelectAfter(IGemmKernel kernel, DatapathSpec spec, ReductionOrder order, int k) =>
        SelectFrom(All.IndexOf(All.First(listed => listed.Name == kernel.Name)) + 1, spec, order, k);

    private static IGemmKernel SelectFrom(int first, DatapathSpec spec, ReductionOrder order, int k)
    {
        string? reason = null;
        for (int i = first; i < All.Length; i++)
        {
            reason = All[i].Refuses(spec, order, k);
            if (reason is null) return All[i];
        }
        throw new ArgumentException(reason, nameof(spec));
    }
}
