using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>Weights in the order of a mapping: chunks of a permutation of k, which the kernels of plain orders sum.</summary>
internal sealed class PermutedWeights : PackedWeights
{
    private readonly PackedWeights _packed;
    private readonly NestedOrder _order;

    public PermutedWeights(DatapathSpec spec, ReductionOrder order, int chunk, int n, int k, ReadOnlySpan<uint> codes,
        ReadOnlySpan<int> zeroPoints)
        : this(order, GemmRunner.Pack(spec, new ReductionOrder(chunk), n, k, Permute(order.Nested!, codes), zeroPoints), codes, zeroPoints)
    {
    }

    private PermutedWeights(ReductionOrder order, PackedWeights packed, ReadOnlySpan<uint> codes, ReadOnlySpan<int> zeroPoints)
        : base(packed.Spec, order, packed.N, packed.K, codes.ToArray(), zeroPoints.ToArray(), packed.Kernel) =>
        (_packed, _order) = (packed, order.Nested!);

    public override void Run(int m, ReadOnlySpan<uint> a, int zeroPointA, Span<long> result, ref GemmEvents events)
    {
        if (a.Length != checked(m * K)) throw new ArgumentException($"{m}×{K} activations do not fit a span of {a.Length}", nameof(a));
        _packed.Run(m, Permute(_order, a), zeroPointA, result, ref events);
    }

    internal override void Release() => _packed.Release();

    private static uint[] Permute(NestedOrder order, ReadOnlySpan<uint> rows)
    {
        int k = order.Sequence.Length;
        ReadOnlySpan<int> sequence = order.Sequence.AsSpan();
        var permuted = new uint[rows.Length];
        for (int row = 0; row < rows.Length; row += k)
            for (int i = 0; i < k; i++)
                permuted[row + i] = rows[row + sequence[i]];
        return permuted;
    }
}
