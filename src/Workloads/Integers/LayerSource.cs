using Sim.Workloads.Quantization;

namespace Sim.Workloads.Integers;

/// <summary>
/// An input that an earlier layer makes: stored input = clamp(round-half-even((float)sum · Multipliers[channel]) + ZeroPoint, Low, High),
/// the sum with its bias.
/// Both tensors are laid out channel, y, x; between layers that are no convolutions the K inputs of a row of the matrix are the outputs of
/// the same row.
/// Multipliers: float32, one, or one an output channel of that layer.
/// </summary>
/// <param name="Layer">Index of the earlier layer in the network.</param>
/// <param name="Low">Least stored value; a Relu in between is part of it.</param>
public sealed record LayerSource(int Layer, float[] Multipliers, int ZeroPoint, long Low, long High)
{
    /// <summary>The stored input that a sum of a channel becomes, by the executor's rounding; it rises with the sum.</summary>
    public long Stored(Int128 sum, int channel) =>
        Requantization.Of((long)Int128.Clamp(sum, long.MinValue, long.MaxValue), Multipliers[Multipliers.Length == 1 ? 0 : channel],
            ZeroPoint, Low, High);
}
