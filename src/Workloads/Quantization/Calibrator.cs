namespace Sim.Workloads.Quantization;

/// <summary>Scale and zero point of one tensor or channel: value = scale · (code's value - zero point).</summary>
public readonly record struct QuantizationParameters(float Scale, int ZeroPoint)
{
    /// <summary>Scale 1, no zero point.</summary>
    public static QuantizationParameters Unit => new(1, 0);
}

/// <summary>
/// Finds scales. With limit L, the magnitude to cover: scale = L / (<see cref="FormatRange.Peak"/> of the format), a double quotient
/// rounded once to float32.
/// Data that is all zero, or whose limit is, gets scale 1. Equal values in any order give equal scales, except MeanSquaredError, whose sum
/// runs in data order.
/// </summary>
public static class Calibrator
{
    /// <summary>Clipping points tried by MeanSquaredError: the largest magnitude times 1/64, 2/64, … 64/64; of equal errors the larger
    /// limit.</summary>
    public const int SearchSteps = 64;

    /// <summary>Symmetric: a scale and no zero point. The limit is put on <paramref name="peak"/>, by default that of the format.</summary>
    public static QuantizationParameters Symmetric(CalibrationRule rule, ElementEncoder encoder, ReadOnlySpan<float> values,
        bool scaleWideFormats = false, double? peak = null)
    {
        ArgumentNullException.ThrowIfNull(rule);
        ArgumentNullException.ThrowIfNull(encoder);
        if (rule.Method == CalibrationMethod.None || (encoder.Range.IsWide && !scaleWideFormats)) return QuantizationParameters.Unit;
        float limit = rule.Method switch
        {
            CalibrationMethod.AbsMax => Largest(values),
            CalibrationMethod.Percentile => Percentile(values, rule.Percentile),
            _ => LeastError(encoder, values, peak ?? encoder.Range.Peak),
        };
        return new(ScaleFor(limit, peak ?? encoder.Range.Peak), 0);
    }

    /// <summary>
    /// Asymmetric: the range [min, max] of the data, widened to hold 0, over all codes of an integer format; zero point = round(lowest -
    /// min / scale).
    /// Percentile takes the nearest ranks of p and 100 - p of the signed values; MeanSquaredError shrinks both ends by the same tried
    /// factor.
    /// </summary>
    public static QuantizationParameters Asymmetric(CalibrationRule rule, ElementEncoder encoder, ReadOnlySpan<float> values)
    {
        ArgumentNullException.ThrowIfNull(rule);
        ArgumentNullException.ThrowIfNull(encoder);
        if (!encoder.Range.IsInteger) throw new ArgumentException($"asymmetric quantization needs an integer format, not {encoder.Format.Name}", nameof(encoder));
        if (rule.Method == CalibrationMethod.None) return QuantizationParameters.Unit;
        (float low, float high) = rule.Method == CalibrationMethod.Percentile ? SignedPercentiles(values, rule.Percentile)
            : Extremes(values);
        if (rule.Method != CalibrationMethod.MeanSquaredError) return ForRange(encoder.Range, low, high);
        QuantizationParameters best = ForRange(encoder.Range, low, high);
        double bestError = SquaredError(encoder, values, best);
        for (int step = SearchSteps - 1; step >= 1; step--)
        {
            QuantizationParameters candidate = ForRange(encoder.Range, low * step / SearchSteps, high * step / SearchSteps);
            double error = SquaredError(encoder, values, candidate);
            if (error < bestError) (best, bestError) = (candidate, error);
        }
        return best;
    }

    /// <summary>Σ (value - scale · (decoded - zero point))² in double, in data order.</summary>
    public static double SquaredError(ElementEncoder encoder, ReadOnlySpan<float> values, QuantizationParameters parameters)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        uint[] codes = new uint[values.Length];
        encoder.Encode(values, parameters.Scale, parameters.ZeroPoint, codes);
        double sum = 0;
        for (int i = 0; i < codes.Length; i++)
        {
            double error = values[i] - (double)parameters.Scale * (encoder.Decode(codes[i]) - parameters.ZeroPoint);
            sum += error * error;
        }
        return sum;
    }

    /// <summary>The value of rank ceil(p / 100 · n), counted from 1, among the magnitudes in ascending order.</summary>
    public static float Percentile(ReadOnlySpan<float> values, double percentile)
    {
        if (values.IsEmpty) return 0;
        float[] magnitudes = new float[values.Length];
        for (int i = 0; i < magnitudes.Length; i++) magnitudes[i] = MathF.Abs(values[i]);
        Array.Sort(magnitudes);
        return magnitudes[Rank(percentile, magnitudes.Length)];
    }

    private static (float Low, float High) SignedPercentiles(ReadOnlySpan<float> values, double percentile)
    {
        if (values.IsEmpty) return (0, 0);
        float[] sorted = values.ToArray();
        Array.Sort(sorted);
        int rank = Rank(percentile, sorted.Length);
        return (Math.Min(0, sorted[sorted.Length - 1 - rank]), Math.Max(0, sorted[rank]));
    }

    private static int Rank(double percentile, int count) => Math.Clamp((int)Math.Ceiling(percentile / 100 * count) - 1, 0, count - 1);

    private static float Largest(ReadOnlySpan<float> values)
    {
        float largest = 0;
        foreach (float v in values) largest = MathF.Max(largest, MathF.Abs(v));
        return largest;
    }

    private static (float Low, float High) Extremes(ReadOnlySpan<float> values)
    {
        float low = 0, high = 0;
        foreach (float v in values) (low, high) = (MathF.Min(low, v), MathF.Max(high, v));
        return (low, high);
    }

    private static float LeastError(ElementEncoder encoder, ReadOnlySpan<float> values, double peak)
    {
        float largest = Largest(values), best = largest;
        double bestError = double.PositiveInfinity;
        for (int step = SearchSteps; step >= 1; step--)
        {
            float limit = largest * step / SearchSteps;
            double error = SquaredError(encoder, values, new(ScaleFor(limit, peak), 0));
            if (error < bestError) (best, bestError) = (limit, error);
        }
        return best;
    }

    private static float ScaleFor(double limit, double highest)
    {
        if (!double.IsFinite(limit)) throw new ArgumentException("cannot calibrate on values that are infinite or NaN", nameof(limit));
        float scale = (float)(limit / highest);
        return scale > 0 ? scale : 1;
    }

    private static QuantizationParameters ForRange(in FormatRange range, double low, double high)
    {
        if (!double.IsFinite(low) || !double.IsFinite(high)) throw new ArgumentException("cannot calibrate on values that are infinite or NaN", nameof(high));
        float scale = (float)((high - low) / (range.Highest - range.Lowest));
        if (!(scale > 0)) return QuantizationParameters.Unit;
        double zero = Math.Round(range.Lowest - low / scale, MidpointRounding.ToEven);
        return new(scale, (int)Math.Clamp(zero, range.Lowest, range.Highest));
    }
}
