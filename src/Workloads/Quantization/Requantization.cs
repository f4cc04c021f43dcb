namespace Sim.Workloads.Quantization;

/// <summary>From exact sums and float32 values to stored integers, as the executor does it. Every function rises with its first argument
/// (float32 rounding is monotone), so the image of an interval lies between the images of its ends.</summary>
public static class Requantization
{
    /// <summary>round-half-even((float)sum · multiplier) + zero, saturated to [low, high]; both roundings to float32.</summary>
    public static long Of(long sum, float multiplier, long zero, long low, long high) => Quantized(sum * multiplier, zero, low, high);

    /// <summary>The multiplier from sums to stored outputs: inputScale · weightScale / outputScale, each step rounded to float32.</summary>
    public static float Multiplier(float inputScale, float weightScale, float outputScale) => inputScale * weightScale / outputScale;

    /// <summary>round-half-even(value) + zero, saturated. A NaN has no integer; ONNX leaves it open and hardware gives the least
    /// value.</summary>
    public static long Quantized(float value, long zero, long low, long high) =>
        float.IsNaN(value) ? low : (long)Math.Clamp(Math.Round((double)value, MidpointRounding.ToEven) + zero, low, high);
}
