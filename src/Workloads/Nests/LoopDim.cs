namespace Sim.Workloads.Nests;

/// <summary>
/// The eight loops of a matrix layer, in convolution letters. A GEMM B×M×N×K is the layer with P = M (rows), M = N (columns), C = K and
/// B on N when all batches share the weights, on G when each has its own.
/// </summary>
public enum LoopDim
{
    /// <summary>Samples; indexes activations and outputs.</summary>
    N,

    /// <summary>Groups (or batches with weights of their own); indexes all three operands.</summary>
    G,

    /// <summary>Output channels of a group; indexes weights and outputs.</summary>
    M,

    /// <summary>Input channels of a group; summed over.</summary>
    C,

    /// <summary>Output rows; with R it indexes the input row p·stride + r·dilation.</summary>
    P,

    /// <summary>Output columns; with S it indexes the input column.</summary>
    Q,

    /// <summary>Filter rows; summed over.</summary>
    R,

    /// <summary>Filter columns; summed over.</summary>
    S,
}
