using Sim.Datapath.Formats;
using Sim.Datapath.Specs;

namespace Sim.Workloads.Quantization;

/// <summary>
/// Room for sums. Putting the largest magnitudes on the largest codes of float-like operands makes their products leave a narrow
/// accumulator at once (448 · 448 in e4m3 is three times the largest fp16), although a smaller power-of-two peak costs such operands
/// nothing but range at the small end.
/// With A the accumulator's largest finite and K products, the peaks satisfy K · peak(activation) · peak(weight) ≤ A, so that no sum of
/// calibrated values overflows. Formats with equal steps keep their whole range, but for fixed-point registers, which take part of it while
/// 7 bits below the peak are left; everything that fits stays as it is.
/// </summary>
public static class Headroom
{
    // Fewer steps than 8-bit integers have below their peak are no price for room.
    private const int UniformSteps = 128;

    /// <summary>The values that calibration puts the limits of activations and weights on; null where the format's own peak
    /// stays.</summary>
    /// <param name="largestProduct">What peaks may multiply to before the multiplier gives no number.</param>
    public static (double? Activation, double? Weight) Peaks(in FormatRange activation, in FormatRange weight, AccumulatorSpec accumulator,
        int k, double largestProduct = double.PositiveInfinity)
    {
        double room = Math.Min(Math.Min(Largest(accumulator) / Math.Max(1, k), largestProduct),
            Precise(accumulator) / Math.Sqrt(Math.Max(1, k)));
        bool keep = activation.IsUniform && weight.IsUniform && accumulator is not FixedAccumulator;
        if (activation.Peak * weight.Peak <= room || keep) return (null, null);
        bool both = activation.IsUniform && weight.IsUniform;
        double w = Held(weight, activation.IsUniform && !both ? room / activation.Peak : Math.Sqrt(room), both);
        double a = Held(activation, room / w, both);
        return (Usable(a, activation), Usable(w, weight));
    }

    // Sums in a tapered format lose bits long before they overflow; K products of either sign reach about √K of their peak.
    private static double Precise(AccumulatorSpec accumulator) => accumulator switch
    {
        FloatAccumulator f => Tapered(f.Format),
        ExactAccumulator e => Tapered(e.Output),
        { ResultFormat: { } format } => Tapered(format),
        _ => double.PositiveInfinity,
    };

    private static double Tapered(INumberFormat format) =>
        FormatRange.Of(format) is { IsTapered: true } range ? range.Peak : double.PositiveInfinity;

    // Formats with equal steps give up range only for a fixed-point register, and no more than leaves them the steps of 8 bits.
    private static double Held(in FormatRange range, double value, bool uniform)
    {
        if (range.IsUniform && !uniform) return range.Peak;
        double peak = PowerBelow(value);
        return Math.Min(range.Peak, uniform ? Math.Max(peak, UniformSteps * range.SmallestPositive) : peak);
    }

    private static double PowerBelow(double value) => Math.ScaleB(1, (int)Math.Floor(Math.Log2(value)));

    // Less than sixteen smallest steps below the peak is no number format any more: then nothing is gained by making room.
    private static double? Usable(double peak, in FormatRange range) =>
        peak == range.Peak || peak < 16 * range.SmallestPositive ? null : peak;

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
