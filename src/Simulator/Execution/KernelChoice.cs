using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;

namespace Sim.Simulator.Execution;

/// <summary>Picks the kernel of a layer.</summary>
internal static class KernelChoice
{
    private static readonly ReferenceKernel Reference = new();

    /// <summary>Why no kernel can execute a datapath, or null.</summary>
    internal static string? Refusal(DatapathSpec spec) => Reference.Refuses(spec, ReductionOrder.Sequential, 1);

    /// <summary>The first kernel of the catalogue whose proof holds.</summary>
    internal static IGemmKernel For(DatapathSpec spec, ReductionOrder order, int k) =>
        Reference.Refuses(spec, order, k) is { } refusal ? throw new ArgumentException(refusal, nameof(spec)) : Reference;
}
