using System.Collections.Immutable;
using Sim.Datapath.Kernels.Blocks;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>Every kernel, fastest first; the first that does not refuse a datapath runs it. All give the same bits.</summary>
public static class KernelCatalogue
{
    /// <summary>The kernels in order of preference; docs/performance.md has their rates.</summary>
    public static ImmutableArray<IGemmKernel> All { get; } =
    [
        // Sixteen outputs a vector, one to six operations a step.
        new FloatLanesKernel<float>(),
        // What the line above hands over when sums overflow to Inf: six operations, five of them on integers.
        new CarryLanesKernel(),
        // Rounds towards zero in two operations.
        new TruncatedLanesKernel(),
        // Registers and products too wide for the lines above, where the operands' range licenses it.
        new RangeLanesKernel(),
        // Half the lanes, for registers and products too wide for the lines above.
        new FloatLanesKernel<double>(),
        // Every mode and policy, every step watched.
        new OddLanesKernel(),
        // Two products a lane and step; half of that when tiles prove themselves.
        new IntegerPairsKernel(),
        // Wraps or saturates and watches every step.
        new IntegerLanesKernel<int>(),
        // The same for registers of 32 bits and more.
        new IntegerLanesKernel<long>(),
        // Rounds every product to the grid.
        new FixedLanesKernel(),
        // Plain fused multiply-add, for exact sums of 24 bits.
        new ExactLanesKernel<float>(),
        // The same for 53 bits.
        new ExactLanesKernel<double>(),
        // Exact sums by the window of the operands at hand; quires.
        new WindowLanesKernel(),
        // Scalar, exact sums of 126 bits.
        new WideExactKernel(),
        // 0.4: blocks of small integers; 0.2: other blocks, and registers narrower than fp32.
        new BlockPairsKernel(),
        new BlockDoublesKernel(),
        new AlignedLanesKernel(),
        // AMD's matrix cores: trees of fp32 adders, and units that align twice.
        new TreeLanesKernel(),
        new RealignedLanesKernel(),
        // Byte permutations look the products up; more of them where products have more than 8 significant bits.
        new ProductTableKernel(),
        // The same for longer codes, where adding bits is all that the multiplier does.
        new FieldLanesKernel(),
        // 0.06, or 0.045 where ties need the sign of what a sum lost: posit registers of 9 bits and less, to nearest even.
        new PositLanesKernel<float>(),
        // The same for 16 bits, half as fast.
        new PositLanesKernel<double>(),
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
        ?? throw new ArgumentException($"unknown kernel '{name}'; allowed are {string.Join(", ", All.Select(kernel => kernel.Name))}",
            nameof(name));

    /// <summary>The fastest kernel behind <paramref name="kernel"/> in the list that is exact: where it sends what lies outside its
    /// licence.</summary>
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
