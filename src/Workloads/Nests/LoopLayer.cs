using System.Collections.Immutable;

namespace Sim.Workloads.Nests;

/// <summary>
/// A matrix layer as sizes and projections: activations [n, g, c, p·stride₀ + r·dilation₀, q·stride₁ + s·dilation₁], weights
/// [g, m, c, r, s], outputs [n, g, m, p, q]. The input is what is touched: padding is not stored and not counted apart.
/// </summary>
/// <param name="Name">Unique name of the layer.</param>
/// <param name="Sizes">Eight sizes ≥ 1 in the order of <see cref="LoopDim"/>.</param>
/// <param name="StrideHeight">Input rows a step of P.</param>
/// <param name="StrideWidth">Input columns a step of Q.</param>
/// <param name="DilationHeight">Input rows a step of R.</param>
/// <param name="DilationWidth">Input columns a step of S.</param>
/// <param name="IsGemm">Whether it is printed and read in GEMM letters (B M N K).</param>
public sealed record LoopLayer(string Name, ImmutableArray<long> Sizes, int StrideHeight = 1, int StrideWidth = 1, int DilationHeight = 1,
    int DilationWidth = 1, bool IsGemm = false)
{
    /// <summary>Number of loop dimensions.</summary>
    public const int Dims = 8;

    /// <summary>A GEMM of <paramref name="b"/> batches M×K by K×N, weights [n, k] shared by the batches or [b, n, k].</summary>
    public static LoopLayer Gemm(string name, long b, long m, long n, long k, bool sharedWeights) =>
        new(name, sharedWeights ? [b, 1, n, k, m, 1, 1, 1] : [1, b, n, k, m, 1, 1, 1], IsGemm: true);

    /// <summary>A convolution; m and c are per group.</summary>
    public static LoopLayer Conv(string name, long n, long g, long m, long c, long p, long q, long r, long s, int strideHeight = 1,
        int strideWidth = 1, int dilationHeight = 1, int dilationWidth = 1) =>
        new(name, [n, g, m, c, p, q, r, s], strideHeight, strideWidth, dilationHeight, dilationWidth);

    /// <summary>Size of a dimension.</summary>
    public long Size(LoopDim dim) => Sizes[(int)dim];

    /// <summary>Multiply-accumulates; overflow throws.</summary>
    public long Macs
    {
        get
        {
            long product = 1;
            foreach (long size in Sizes) product = checked(product * size);
            return product;
        }
    }

    /// <summary>Input step of an output dimension (P or Q).</summary>
    public int Stride(LoopDim dim) => dim == LoopDim.P ? StrideHeight : StrideWidth;

    /// <summary>Input step of a filter dimension (R or S).</summary>
    public int Dilation(LoopDim dim) => dim == LoopDim.R ? DilationHeight : DilationWidth;
}
