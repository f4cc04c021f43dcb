using Sim.Workloads.Graph;
using Sim.Workloads.Quantization;

namespace Sim.Workloads.Integers;

/// <summary>The value of the graph that feeds a layer.</summary>
/// <param name="Value">Name of the value.</param>
/// <param name="Scale">null: the value holds the stored integers. Else it holds float32 numbers and stored = clamp(round-half-even(value /
/// Scale) + ZeroPoint, type); NaN: not known without calibration data.</param>
/// <param name="Type">What the stored integers' type holds.</param>
public sealed record LayerInput(string Value, float? Scale, int ZeroPoint, Interval Type)
{
    /// <summary>Whether the stored integers can be computed from the value.</summary>
    public bool IsKnown => Scale is not { } scale || !float.IsNaN(scale);

    /// <summary>The stored integers of a tensor of the value.</summary>
    public long[] Stored(Tensor value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (Scale is not { } scale) return value.Integers;
        if (!IsKnown) throw new InvalidOperationException($"the scale of '{Value}' is not known");
        return Array.ConvertAll(value.Floats, v => Requantization.Quantized(v / scale, ZeroPoint, (long)Type.Low, (long)Type.High));
    }
}
