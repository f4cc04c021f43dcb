namespace Sim.Verification.Layers;

/// <summary>
/// An input that an earlier layer makes: stored input = clamp(round-half-even((float)sum · Multipliers[channel]) + ZeroPoint, Low, High), the sum with its bias,
/// both tensors laid out channel, y, x. Multipliers: float32, one, or one an output channel of that layer.
/// </summary>
/// <param name="Layer">Index of the earlier layer in the network.</param>
/// <param name="Low">Least stored value; a Relu in between is part of it.</param>
public sealed record LayerSource(int Layer, float[] Multipliers, int ZeroPoint, long Low, long High);
