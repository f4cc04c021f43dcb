using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>Products of a multiplier that is not exact, by the book: a register takes each as itself times one.</summary>
internal static class ReferenceProducts
{
    /// <summary>1.</summary>
    public static Exact One => Exact.Finite(false, 0, 1);

    /// <summary>The multiplier's product of two codes.</summary>
    public static Exact Of(DatapathSpec spec, uint activation, uint weight) =>
        spec.Multiplier!.Multiply(spec.Activation, spec.Weight, activation, weight);

    /// <summary>As <see cref="ReferenceKernel.Run"/>; the caller checked sizes.</summary>
    /// <exception cref="ArgumentException">Zero points: the multiplier takes codes, and a code less a zero point is none.</exception>
    public static void Run(DatapathSpec spec, ReductionOrder order, in GemmOperands operands, Span<long> result, ref GemmEvents events)
    {
        if (operands.ZeroPointA != 0 || operands.ZeroPointsB.ContainsAnyExcept(0))
            throw new ArgumentException($"a multiplier of kind {spec.Multiplier!.Kind} takes codes without zero points", nameof(operands));
        int m = operands.M, n = operands.N, k = operands.K;
        var products = new Exact[k];
        var ones = new Exact[k];
        Array.Fill(ones, One);
        var sum = new ReferenceSum(spec, order);
        for (int o = 0; o < m * n; o++)
        {
            ReadOnlySpan<uint> a = operands.A.Slice(o / n * k, k), b = operands.B.Slice(o % n * k, k);
            for (int i = 0; i < k; i++) products[i] = Of(spec, a[i], b[i]);
            sum.Run(products, ones);
            result[o] = sum.Total.Finish();
            ReferenceKernel.Count(sum.Total, ref events);
        }
    }
}
