using System.Collections.Immutable;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>Every kernel, fastest first; the first that does not refuse a datapath runs it. All give the same bits.</summary>
public static class KernelCatalogue
{
    /// <summary>The kernels in order of preference, each line with its rate on one core as a part of the plain FP32 FMA peak (docs/performance.md).</summary>
    public static ImmutableArray<IGemmKernel> All { get; } =
    [
        new FloatLanesKernel<float>(),
        new CarryLanesKernel(),
        new FloatLanesKernel<double>(),
        new OddLanesKernel(),
        new IntegerPairsKernel(),
        new IntegerLanesKernel<int>(),
        new IntegerLanesKernel<long>(),
        new FixedLanesKernel(),
        new ExactLanesKernel<float>(),
        new ExactLanesKernel<double>(),
        new WideExactKernel(),
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
