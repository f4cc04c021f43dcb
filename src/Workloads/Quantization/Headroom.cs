using Sim.Datapath.Specs;

namespace Sim.Workloads.Quantization;

/// <summary>
/// Room for sums. Putting the largest magnitudes on the largest codes of float-like operands makes their products leave a narrow accumulator at once
/// (448 · 448 in e4m3 is three times the largest fp16), although a smaller power-of-two peak costs such operands nothing but range at the small end.
/// With A the accumulator's largest finite and K products, the peaks satisfy K · peak(activation) · peak(weight) ≤ A, so that no sum of calibrated values
/// overflows. Formats with equal steps keep their whole range, and so does everything that fits as it is.
/// </summary>
public static class Headroom
{
    /// <summary>The values that calibration puts the limits of activations and weights on; null where the largest finite stays.</summary>
    public static (double? Activation, double? Weight) Peaks(in FormatRange activation, in FormatRange weight, AccumulatorSpec accumulator, int k)
    {
        double room = Largest(accumulator) / Math.Max(1, k);
        if (activation.Highest * weight.Highest <= room || (activation.IsUniform && weight.IsUniform)) return (null, null);
        double w = weight.IsUniform ? weight.Highest : Math.Min(weight.Highest, PowerBelow(activation.IsUniform ? room / activation.Highest : Math.Sqrt(room)));
        double a = activation.IsUniform ? activation.Highest : Math.Min(activation.Highest, PowerBelow(room / w));
        return (Usable(a, activation), Usable(w, weight));
    }

    private static double PowerBelow(double value) => Math.ScaleB(1, (int)Math.Floor(Math.Log2(value)));

    // Less than sixteen smallest steps below the peak is no number format any more: then nothing is gained by making room.
    private static double? Usable(double peak, in FormatRange range) => peak == range.Highest || peak < 16 * range.SmallestPositive ? null : peak;

    /// <summary>Largest finite value of a register; infinite for integers, which wrap or saturate.</summary>
    public static double Largest(AccumulatorSpec accumulator) => accumulator switch
    {
        FloatAccumulator { Product: { } product } f => Math.Min(FormatRange.Of(f.Format).Highest, FormatRange.Of(product).Highest),
        FloatAccumulator f => FormatRange.Of(f.Format).Highest,
        ExactAccumulator e => FormatRange.Of(e.Output).Highest,
        FixedAccumulator q => Math.ScaleB(1, q.Bits - 1 - q.Fraction) - Math.ScaleB(1, -q.Fraction),
        MultiComponentAccumulator m => Math.Min(FormatRange.Of(m.Format).Highest, FormatRange.Of(m.Output).Highest),
        { ResultFormat: { } format } => FormatRange.Of(format).Highest,
        _ => double.PositiveInfinity,
    };
}
