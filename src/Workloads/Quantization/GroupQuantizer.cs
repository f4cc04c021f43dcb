using Sim.Datapath.Formats;

namespace Sim.Workloads.Quantization;

/// <summary>
/// Quantizes rows of weights in groups. For each format in the order of the list: a scale is round(largest magnitude / largest magnitude of
/// the format) in the scale's format, to nearest even, held to its finite positive numbers (two scales: one of the positive, one of the
/// negative weights and numbers; 1 where there are none). A code is the format's number nearest to weight / scale, a float32 division; the
/// number it stands for is scale · number, exactly. The format with the least sum of squared errors, in binary64 in the order of the
/// weights, is the group's; of equals the first.
/// </summary>
public sealed class GroupQuantizer
{
    private readonly WeightGroups _groups;
    private readonly ElementEncoder[] _encoders;
    private readonly (double Positive, double Negative)[] _peaks;

    /// <exception cref="ArgumentException">The groups mean nothing.</exception>
    public GroupQuantizer(WeightGroups groups)
    {
        ArgumentNullException.ThrowIfNull(groups);
        if (groups.Refuses() is { } reason) throw new ArgumentException(reason, nameof(groups));
        _groups = groups;
        _encoders = [.. groups.Formats.Select(f => new ElementEncoder(f))];
        _peaks = [.. groups.Formats.Select(f => (f.Maximum.ToDouble(), -f.Minimum.ToDouble()))];
    }

    /// <summary>Quantizes one row.</summary>
    /// <param name="row">Finite weights.</param>
    /// <param name="codes">One a weight.</param>
    /// <param name="stored">One a group.</param>
    /// <param name="values">The numbers that the codes stand for, exactly.</param>
    /// <returns>Weights that lie beyond the numbers of their group.</returns>
    public long Quantize(ReadOnlySpan<float> row, Span<uint> codes, Span<StoredGroup> stored, Span<double> values)
    {
        long clipped = 0;
        for (int start = 0, group = 0; start < row.Length; start += _groups.Size, group++)
        {
            int count = Math.Min(_groups.Size, row.Length - start);
            stored[group] = Choose(row.Slice(start, count), codes.Slice(start, count), values.Slice(start, count), out long beyond);
            clipped += beyond;
        }
        return clipped;
    }

    private StoredGroup Choose(ReadOnlySpan<float> weights, Span<uint> codes, Span<double> values, out long clipped)
    {
        var (tried, numbers, best) = (new uint[weights.Length], new double[weights.Length], double.PositiveInfinity);
        StoredGroup chosen = default;
        clipped = 0;
        for (int f = 0; f < _encoders.Length; f++)
        {
            (uint positive, uint negative) = Scales(weights, _peaks[f]);
            long beyond = Encode(weights, f, positive, negative, tried, numbers);
            double error = 0;
            for (int i = 0; i < weights.Length; i++) error += (weights[i] - numbers[i]) * (weights[i] - numbers[i]);
            if (!(error < best)) continue;
            (best, clipped, chosen) = (error, beyond, new StoredGroup((byte)f, positive, negative));
            tried.CopyTo(codes);
            numbers.CopyTo(values);
        }
        return chosen;
    }

    private long Encode(ReadOnlySpan<float> weights, int format, uint positive, uint negative, Span<uint> codes, Span<double> numbers)
    {
        double scale = Value(positive), negativeScale = Value(negative);
        ElementEncoder encoder = _encoders[format];
        long clipped;
        if (!_groups.TwoScales) clipped = encoder.Encode(weights, (float)scale, 0, codes);
        else
        {
            // Each sign by itself, zeros in place of the other.
            float[] above = new float[weights.Length], below = new float[weights.Length];
            for (int i = 0; i < weights.Length; i++) (above[i], below[i]) = (MathF.Max(weights[i], 0), MathF.Min(weights[i], 0));
            var negatives = new uint[weights.Length];
            clipped = encoder.Encode(above, (float)scale, 0, codes) + encoder.Encode(below, (float)negativeScale, 0, negatives);
            for (int i = 0; i < weights.Length; i++)
                if (weights[i] < 0) codes[i] = negatives[i];
        }
        for (int i = 0; i < weights.Length; i++)
        {
            double number = encoder.Decode(codes[i]);
            numbers[i] = number * (number < 0 ? negativeScale : scale);
        }
        return clipped;
    }

    private (uint Positive, uint Negative) Scales(ReadOnlySpan<float> weights, (double Positive, double Negative) peak)
    {
        float highest = 0, lowest = 0;
        foreach (float weight in weights) (highest, lowest) = (MathF.Max(highest, weight), MathF.Min(lowest, weight));
        if (_groups.TwoScales) return (ScaleOf(highest, peak.Positive), ScaleOf(-lowest, peak.Negative));
        uint both = ScaleOf(MathF.Max(highest, -lowest), Math.Max(peak.Positive, peak.Negative));
        return (both, both);
    }

    private uint ScaleOf(float largest, double peak)
    {
        var rounding = new Rounding(RoundingMode.NearestEven, OverflowPolicy.SaturateInfinity);
        if (largest == 0 || peak <= 0) return _groups.Scale.Encode(Exact.FromDouble(1), rounding, out _);
        RoundingFlags flags = RoundingFlags.None;
        Exact quotient = Datapath.Arithmetic.ExactArithmetic.Divide(Exact.FromDouble(largest), Exact.FromDouble(peak), ref flags);
        uint code = _groups.Scale.Encode(quotient, rounding, out _);
        return _groups.Scale.Decode(code).Class == NumberClass.Finite ? code
            : _groups.Scale.Encode(_groups.Scale.SmallestPositive, rounding, out _);
    }

    private double Value(uint scale) => _groups.Scale.Decode(scale).ToDouble();
}
