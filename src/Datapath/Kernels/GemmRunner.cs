using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>Matrix products through a datapath on several threads: rows are split, so bits and events do not depend on how many.</summary>
public static class GemmRunner
{
    private const int RowGrain = 64;

    /// <summary>Prepares N×K row-major weight codes for any number of products.</summary>
    /// <param name="spec">The datapath.</param>
    /// <param name="order">The order that the mapping adds products in.</param>
    /// <param name="n">Output columns.</param>
    /// <param name="k">Products of an output.</param>
    /// <param name="codes">N×K weight codes.</param>
    /// <param name="zeroPoints">Empty (0), or one for each of the N columns.</param>
    /// <param name="kernel">A kernel to force; null picks the fastest that is exact.</param>
    /// <exception cref="ArgumentException">No kernel, or not the forced one, takes the datapath; sizes disagree.</exception>
    public static PackedWeights Pack(DatapathSpec spec, ReductionOrder order, int n, int k, ReadOnlySpan<uint> codes,
        ReadOnlySpan<int> zeroPoints = default,
        IGemmKernel? kernel = null)
    {
        ArgumentNullException.ThrowIfNull(spec);
        if (kernel is null && order.Nested?.PlainChunk() is { } chunk && new ReferenceKernel().Refuses(spec, order, k) is null)
            return new PermutedWeights(spec, order, chunk, n, k, codes, zeroPoints);
        kernel ??= KernelCatalogue.Select(spec, order, k);
        if (kernel.Refuses(spec, order, k) is string reason) throw new ArgumentException($"kernel {kernel.Name}: {reason}", nameof(spec));
        return kernel is TiledKernel tiled && ZeroPoints.Fit(spec.Weight, zeroPoints)
            ? tiled.Pack(spec, order, n, k, codes, zeroPoints)
            : new PlainWeights(kernel is TiledKernel ? new ReferenceKernel() : kernel, spec, order, n, k, codes, zeroPoints);
    }

    /// <summary>C = A·Bᵀ, M×N row-major as <see cref="IGemmKernel.Run"/> writes it, on at most <paramref name="degree"/> threads.</summary>
    public static GemmEvents Run(PackedWeights weights, int m, ReadOnlyMemory<uint> a, int zeroPointA, Memory<long> result, int degree)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentOutOfRangeException.ThrowIfLessThan(degree, 1);
        int parts = Math.Min(degree, (m + RowGrain - 1) / RowGrain);
        var events = new GemmEvents();
        if (parts <= 1)
        {
            weights.Run(m, a.Span, zeroPointA, result.Span, ref events);
            return events;
        }
        var found = new GemmEvents[parts];
        int rows = (m + parts - 1) / parts;
        Parallel.For(0, parts, new ParallelOptions { MaxDegreeOfParallelism = degree }, part =>
        {
            int first = Math.Min(part * rows, m), here = Math.Min(rows, m - first);
            Memory<long> slice = result.Slice(first * weights.N, here * weights.N);
            weights.Run(here, a.Span.Slice(first * weights.K, here * weights.K), zeroPointA, slice.Span, ref found[part]);
        });
        foreach (GemmEvents part in found)
        {
            events.Outputs += part.Outputs;
            events.OverflowedOutputs += part.OverflowedOutputs;
            events.NaNOutputs += part.NaNOutputs;
        }
        return events;
    }

    private sealed class PlainWeights(IGemmKernel kernel, DatapathSpec spec, ReductionOrder order, int n, int k, ReadOnlySpan<uint> codes,
        ReadOnlySpan<int> zeroPoints)
        : PackedWeights(spec, order, n, k, codes.ToArray(), zeroPoints.ToArray(), kernel.Name)
    {
        public override void Run(int m, ReadOnlySpan<uint> a, int zeroPointA, Span<long> result, ref GemmEvents events) =>
            kernel.Run(Spec, Order, new GemmOperands { M = m, N = N, K = K, A = a, B = Codes, ZeroPointA = zeroPointA,
                ZeroPointsB = ZeroPoints }, result, ref events);
    }
}
