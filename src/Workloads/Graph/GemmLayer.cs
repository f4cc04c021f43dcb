namespace Sim.Workloads.Graph;

/// <summary>Spatial geometry of a convolution, for im2col. NCHW; 1-D convolutions have height 1.</summary>
public sealed record ConvGeometry(int InputChannels, int InputHeight, int InputWidth, int KernelHeight, int KernelWidth,
    int StrideHeight, int StrideWidth, int PadTop, int PadLeft, int PadBottom, int PadRight, int DilationHeight, int DilationWidth,
    int OutputHeight, int OutputWidth);

/// <summary>Where the second operand of a matrix layer (N×K in each group) comes from.</summary>
public enum SecondOperand : byte
{
    /// <summary>Constants of the network.</summary>
    Weights,

    /// <summary>Another computed tensor: keys or values of attention, gradients.</summary>
    Activations,

    /// <summary>What earlier runs left in memory: keys and values of earlier tokens.</summary>
    Cache,
}

/// <summary>
/// One of the two products of attention: scores = queries · keysᵀ (K is the depth), or context = probabilities · values (N is the depth).
/// Heads that share keys and values are rows of one group: Groups = Batch · KeyHeads, M = Heads / KeyHeads · Rows.
/// </summary>
/// <param name="Batch">Samples.</param>
/// <param name="Heads">Heads of queries.</param>
/// <param name="KeyHeads">Heads of keys and values; divides Heads.</param>
/// <param name="Rows">Query tokens of a sample.</param>
/// <param name="Columns">Tokens attended to.</param>
/// <param name="Depth">Elements of a head.</param>
/// <param name="IsCausal">Scores of later tokens are masked after the product; the product itself computes all of them.</param>
public sealed record AttentionShape(int Batch, int Heads, int KeyHeads, int Rows, int Columns, int Depth, bool IsCausal);

/// <summary>
/// A layer that multiplies matrices: Groups independent GEMMs, each M×K activations (im2col rows: output pixels) by K×N of the second
/// operand, mostly weights. A network that was read is counted for one sample; a generated one for its batch, which M counts along.
/// M = output pixels of all samples, N = output channels of a group, K = kernel height · kernel width · input channels of a group, ordered
/// as the ONNX weight: channel, ky, kx.
/// </summary>
/// <param name="Name">Unique layer name (the node's).</param>
/// <param name="OpType">Conv, Gemm, MatMul, QLinearConv, QLinearMatMul, ConvInteger, MatMulInteger, QGemm, MatMulNBits.</param>
/// <param name="InputElements">Distinct input elements (before im2col).</param>
/// <param name="Conv">Geometry of one sample when the layer is a convolution, else null.</param>
public sealed record GemmLayer(string Name, string OpType, int Groups, int M, int N, int K, long InputElements, ConvGeometry? Conv = null)
{
    /// <summary>Samples that M counts, sample by sample: rows of one sample are M / Batch, and all share the second operand.</summary>
    public int Batch { get; init; } = 1;

    /// <summary>Where the second operand comes from.</summary>
    public SecondOperand Second { get; init; }

    /// <summary>What the product is in attention, else null.</summary>
    public AttentionShape? Attention { get; init; }

    /// <summary>Multiply-accumulates.</summary>
    public long Macs => checked((long)Groups * M * N * K);

    /// <summary>Elements of the second operand.</summary>
    public long SecondElements => checked((long)Groups * N * K);

    /// <summary>Weight elements: 0 when the second operand is computed or cached.</summary>
    public long WeightElements => Second == SecondOperand.Weights ? SecondElements : 0;

    /// <summary>Output elements.</summary>
    public long OutputElements => checked((long)Groups * M * N);
}

/// <summary>Work that the vector unit does: elementwise, pooling, normalisation, activation nodes. Elements of constants are not among the
/// inputs.</summary>
public sealed record VectorLayer(string Name, string OpType, long Operations, long InputElements, long OutputElements)
{
    // They put elements elsewhere and compute nothing.
    private static readonly HashSet<string> Moves = ["Transpose", "Concat", "Split", "Slice", "Gather", "GatherElements", "GatherND", "Pad",
        "Tile", "Expand", "DepthToSpace", "SpaceToDepth", "CacheWrite"];

    /// <summary>Whether the layer moves elements without computing with them.</summary>
    public bool IsMove => Moves.Contains(OpType);

    /// <summary>Whether its elements come straight from the layer before, of which it is the only user: none are stored between the
    /// two.</summary>
    public bool IsFused { get; init; }
}
