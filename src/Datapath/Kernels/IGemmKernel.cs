using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>
/// C[m,n] = Σ_k A[m,k]·B[n,k] in the given order. A is M×K row-major activation codes, B is N×K row-major weight codes.
/// Zero points are subtracted from the codes of integer formats before the multiplication (QLinear semantics); 0 for every other format.
/// ZeroPointsB is empty (0) or holds N values.
/// </summary>
public readonly ref struct GemmOperands
{
    public required int M { get; init; }
    public required int N { get; init; }
    public required int K { get; init; }
    public required ReadOnlySpan<uint> A { get; init; }
    public required ReadOnlySpan<uint> B { get; init; }
    public int ZeroPointA { get; init; }
    public ReadOnlySpan<int> ZeroPointsB { get; init; }
}

/// <summary>What happened while summing, per output element (an output counts once a kind, however many of its steps did it).</summary>
public record struct GemmEvents
{
    /// <summary>Outputs with a step whose sum left an integer or fixed register, or whose rounding raised Overflow (became Inf or was
    /// clipped); see <see cref="ReferenceKernel"/>.</summary>
    public long OverflowedOutputs { get; set; }
    /// <summary>Outputs that ended as NaN, or met a NaN that their register has no code for.</summary>
    public long NaNOutputs { get; set; }
    /// <summary>Outputs computed.</summary>
    public long Outputs { get; set; }
}

/// <summary>One way to compute a GEMM through a datapath. Every kernel equals <c>ReferenceKernel</c> bit for bit and event for
/// event.</summary>
public interface IGemmKernel
{
    /// <summary>Name = algorithm.</summary>
    string Name { get; }

    /// <summary>null when the kernel is exact for this spec, order and K (its width proof holds); else why not.</summary>
    string? Refuses(DatapathSpec spec, ReductionOrder order, int k);

    /// <summary>
    /// Writes M×N results row-major: the signed register value for integer and fixed accumulators, the code (zero-extended) in the
    /// accumulator's (or ExactAccumulator.Output's) format otherwise. Single-threaded; callers split M or N.
    /// </summary>
    void Run(DatapathSpec spec, ReductionOrder order, in GemmOperands operands, Span<long> result, ref GemmEvents events);
}
