using Sim.Datapath.Formats;

namespace Sim.Workloads.Quantization;

/// <summary>What a format can hold, found by encoding and decoding alone, so that every format family has it.</summary>
/// <param name="Lowest">Lowest finite value, 0 for an unsigned format.</param>
/// <param name="Highest">Largest finite value.</param>
/// <param name="SmallestPositive">Smallest positive value.</param>
/// <param name="TopStep">Distance from <paramref name="Highest"/> to the next lower value.</param>
/// <param name="IsInteger">Whether the codes are exactly the 2^Bits integers from Lowest to Highest.</param>
public readonly record struct FormatRange(double Lowest, double Highest, double SmallestPositive, double TopStep, bool IsInteger)
{
    // The widest 8-bit floats reach 2^31.8 from largest to smallest, int32 2^31; binary16 reaches 2^40.
    private const double WideRatio = 8589934592.0;

    /// <summary>Whether values need no scale: steps that never widen relative to the value, and a largest finite of at least 2^33 times the
    /// smallest positive (fp16, bf16, tf32, fp32).</summary>
    public bool IsWide => !IsTapered && Highest / SmallestPositive >= WideRatio;

    /// <summary>Whether large and small numbers have fewer significant bits than those around 1 (posits, HiFloat8).</summary>
    public bool IsTapered { get; private init; }

    /// <summary>
    /// What calibration puts a limit on: the largest finite, or of tapered formats the upper end of the most precise numbers (useed =
    /// 2^2^ES of posits, 16 of HiFloat8), beyond which every binade has fewer bits.
    /// </summary>
    public double Peak { get; private init; }

    /// <summary>Whether all steps are equal (integers, fixed point): then unused range costs precision.</summary>
    public bool IsUniform => TopStep == SmallestPositive;

    /// <summary>The range of a format.</summary>
    public static FormatRange Of(INumberFormat format)
    {
        ArgumentNullException.ThrowIfNull(format);
        double highest = RoundTrip(format, 1e300, RoundingMode.NearestEven);
        double lowest = RoundTrip(format, -1e300, RoundingMode.NearestEven);
        double smallest = RoundTrip(format, 1e-300, RoundingMode.Up);
        double below = RoundTrip(format, Math.BitDecrement(highest), RoundingMode.ToZero);
        bool integer = smallest == 1 && highest - below == 1 && highest - lowest == Math.ScaleB(1, format.Bits) - 1;
        return new FormatRange(lowest, highest, smallest, highest - below, integer)
            { IsTapered = format.Shape.IsTapered, Peak = format.Shape.IsTapered ? PrecisePeak(format, highest) : highest };
    }

    // The largest power of two below which the relative step is the least of all binades.
    private static double PrecisePeak(INumberFormat format, double highest)
    {
        double best = highest, least = double.PositiveInfinity;
        for (double end = Math.ScaleB(1, Math.ILogB(highest)); end >= 1; end /= 2)
        {
            double step = (end - RoundTrip(format, Math.BitDecrement(end), RoundingMode.ToZero)) / end;
            if (step < least) (best, least) = (end, step);
        }
        return best;
    }

    private static double RoundTrip(INumberFormat format, double value, RoundingMode mode) =>
        format.Decode(format.Encode(Exact.FromDouble(value), new Rounding(mode, OverflowPolicy.Saturate), out _)).ToDouble();
}
