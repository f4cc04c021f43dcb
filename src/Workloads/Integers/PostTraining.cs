using Sim.Workloads.Graph;
using Sim.Workloads.Quantization;

namespace Sim.Workloads.Integers;

/// <summary>
/// Post-training quantization of the float operands of Conv, Gemm and MatMul, as `sim run` does it: weights in signed integers of
/// <paramref name="WeightBits"/>, activations in integers of <paramref name="ActivationBits"/>, unsigned where the graph shows that they
/// are never negative (after Relu, Softmax, …). Operands that the graph itself quantizes keep their integers.
/// </summary>
/// <param name="WeightBits">M, 2 to 16.</param>
/// <param name="ActivationBits">N, 2 to 16.</param>
public sealed record PostTraining(int WeightBits, int ActivationBits)
{
    /// <summary>How scales are found; the default is per channel, symmetric, largest magnitudes. Batch normalization is folded first when
    /// it says so.</summary>
    public Recipe Recipe { get; init; } = Recipe.Default;

    /// <summary>
    /// Samples along the first dimension. null: scales of activations stay unknown, so that layers are not linked and boxes are those of
    /// the data types; a layer with a bias then is an error unless <see cref="LeaveOutBias"/>.
    /// </summary>
    public Tensor? Calibration { get; init; }

    /// <summary>Activations that are never negative on the calibration data are unsigned as well; negative ones then clip to 0.</summary>
    public bool UnsignedByData { get; init; }

    /// <summary>The bias is added in float32 after the accumulator.</summary>
    public bool LeaveOutBias { get; init; }
}
