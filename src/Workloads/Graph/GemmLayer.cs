namespace Sim.Workloads.Graph;

/// <summary>Spatial geometry of a convolution, for im2col. NCHW; 1-D convolutions have height 1.</summary>
public sealed record ConvGeometry(int InputChannels, int InputHeight, int InputWidth, int KernelHeight, int KernelWidth,
    int StrideHeight, int StrideWidth, int PadTop, int PadLeft, int PadBottom, int PadRight, int DilationHeight, int DilationWidth,
    int OutputHeight, int OutputWidth);

/// <summary>
/// A layer that multiplies matrices, for one sample: Groups independent GEMMs, each M×K activations (im2col rows: output pixels) by K×N
/// weights.
/// M = output pixels, N = output channels of a group, K = kernel height · kernel width · input channels of a group, ordered as the ONNX
/// weight: channel, ky, kx.
/// </summary>
/// <param name="Name">Unique layer name (the node's).</param>
/// <param name="OpType">Conv, Gemm, MatMul, QLinearConv, QLinearMatMul, ConvInteger, MatMulInteger, QGemm, MatMulNBits.</param>
/// <param name="InputElements">Distinct input elements of one sample (before im2col).</param>
/// <param name="Conv">Geometry when the layer is a convolution, else null.</param>
public sealed record GemmLayer(string Name, string OpType, int Groups, int M, int N, int K, long InputElements, ConvGeometry? Conv = null)
{
    /// <summary>Multiply-accumulates of one sample.</summary>
    public long Macs => (long)Groups * M * N * K;

    /// <summary>Weight elements.</summary>
    public long WeightElements => (long)Groups * N * K;

    /// <summary>Output elements of one sample.</summary>
    public long OutputElements => (long)Groups * M * N;
}

/// <summary>Work of one sample that the vector unit does: elementwise, pooling, normalisation, activation nodes.</summary>
public sealed record VectorLayer(string Name, string OpType, long Operations, long InputElements, long OutputElements);
