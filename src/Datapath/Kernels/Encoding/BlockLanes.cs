using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Sim.Datapath.Formats;

namespace Sim.Datapath.Kernels.Encoding;

/// <summary>
/// Blocks to codes in lanes, equal to <see cref="BlockFormat.Encode"/>: the largest magnitudes of a group of blocks, their scales, all
/// numbers divided by them, and one call of the element's quantizer for the group. Dividing by a power of two is exact. Else the quotient
/// is held with 44 significant bits and a sticky one: a value of 24 bits and a boundary of p + 1 bits times a scale of w + 24 bits that
/// differ do so by more than 2^-(p + w + 26) of their size, so for p + w up to 17 the quotient ends on the right side of every boundary,
/// and on it only when it is it.
/// </summary>
internal sealed class BlockLanes
{
    private const int Group = 1024, MostBits = 17, Far = 100;

    private readonly BlockFormat _format;
    private readonly Quantizer _elements;
    private readonly Quantizer? _scales;
    private readonly PowerScales? _powers;
    private readonly double[] _scaleValues = [];
    private readonly uint _nanScale;
    private Tensor? _tensor;

    private BlockLanes(BlockFormat format, Quantizer elements)
    {
        (_format, _elements) = (format, elements);
        _nanScale = format.Scale.Encode(Exact.NaN with { Negative = false }, default, out _);
        if (format.Scale is ExponentFormat scale)
        {
            _powers = new(format, scale);
            return;
        }
        _scales = Quantizer.For(format.Scale,
            new(format.Rule == ScaleRule.NearestUp ? RoundingMode.Up : RoundingMode.NearestEven, OverflowPolicy.SaturateInfinity));
        _scaleValues = [.. Enumerable.Range(0, 1 << format.Scale.Bits).Select(code => format.Scale.Decode((uint)code).ToDouble())];
    }

    /// <summary>The lanes of a format; null when they could differ from its own encoding.</summary>
    public static BlockLanes? For(BlockFormat format, Rounding rounding)
    {
        rounding = rounding with { Overflow = OverflowPolicy.SaturateInfinity };
        if (rounding.Mode is not (RoundingMode.NearestEven or RoundingMode.NearestAway) || format.Base is not null) return null;
        if (format.Scale is ExponentFormat power ? format.TwoLevel || !PowerScales.Takes(format, power) : !Takes(format)) return null;
        // Quotients beyond what a binary32 lane holds are taken for 0 or 2^100.
        foreach (bool negative in new[] { false, true })
        {
            if (format.Element.Encode(Exact.Finite(negative, -Far, 1), rounding, out _) != format.Element.Encode(Exact.Zero(negative),
                rounding, out _)) return null;
            if (format.Element.Encode(Exact.Finite(negative, Far, 1), rounding, out _)
                != format.Element.Encode(Exact.Finite(negative, 1000, 1), rounding, out _)) return null;
        }
        if (!format.Symmetric || format.Element is not FixedFormat { IsSigned: true } integer) return new(format,
            Quantizer.For(format.Element, rounding));
        return rounding.Mode == RoundingMode.NearestEven && FixedQuantizer.Takes(integer)
            ? new(format, new FixedQuantizer(integer, rounding, symmetric: true)) : null;
    }

    /// <summary>A row of blocks, the last perhaps short; the tensor's largest magnitude is finite where it is used.</summary>
    public void EncodeRow(ReadOnlySpan<float> values, float tensorAmax, Span<uint> scales, Span<uint> codes, ref BlockEvents events)
    {
        int size = _format.Size == 0 ? Math.Max(1, values.Length) : _format.Size, group = Math.Max(1, Group / size) * size;
        for (int start = 0; start < values.Length; start += group)
        {
            int count = Math.Min(group, values.Length - start);
            EncodeGroup(values.Slice(start, count), size, tensorAmax, scales[(start / size)..], codes.Slice(start, count), ref events);
        }
    }

    /// <summary>The codes of finite numbers of one block under the scale of a code; returns how many clipped.</summary>
    [SkipLocalsInit]
    public long EncodeUnder(uint scale, ReadOnlySpan<float> values, float tensorAmax, Span<uint> codes)
    {
        double factor = _powers?.Factor(scale) ?? TensorOf(tensorAmax).Factors[scale];
        bool isFloat = _powers is not null || _format.Arithmetic == ScaleArithmetic.Binary32;
        Span<float> scaled = stackalloc float[Group];
        long clipped = 0;
        for (int start = 0; start < values.Length; start += Group)
        {
            int count = Math.Min(Group, values.Length - start);
            if (isFloat) LaneMagnitude.Multiply(values.Slice(start, count), (float)factor, scaled[..count]);
            else LaneMagnitude.MultiplyToOdd(values.Slice(start, count), factor, scaled[..count]);
            clipped += _elements.Encode(scaled[..count], 1, 0, codes.Slice(start, count));
        }
        return clipped;
    }

    // 20 KiB that are written before they are read.
    [SkipLocalsInit]
    private void EncodeGroup(ReadOnlySpan<float> values, int size, float tensorAmax, Span<uint> scales, Span<uint> codes,
        ref BlockEvents events)
    {
        int blocks = (values.Length + size - 1) / size;
        Span<uint> peaks = stackalloc uint[Group];
        Span<double> factors = stackalloc double[Group];
        Span<float> scaled = stackalloc float[Group];
        peaks = peaks[..blocks];
        scales = scales[..blocks];
        bool finite = BlockPeaks.Find(values, size, peaks) < EncoderSteps.Infinity;
        Scales(peaks, tensorAmax, scales, factors);
        events.Blocks += blocks;
        bool isFloat = _powers is not null || _format.Arithmetic == ScaleArithmetic.Binary32;
        if (finite && size % 16 == 0 && values.Length == blocks * size && values.Length <= Group)
        {
            if (isFloat) LaneMagnitude.MultiplyBlocks(values, size, factors, scaled);
            else LaneMagnitude.MultiplyBlocksToOdd(values, size, factors, scaled);
            events.SaturatedElements += _elements.Encode(scaled[..values.Length], 1, 0, codes);
            return;
        }
        // A group is one block larger than the buffer, or blocks that fit it.
        for (int start = 0; start < values.Length; start += Group)
        {
            int end = Math.Min(start + Group, values.Length);
            for (int b = start / size, from = start; from < end; b++)
            {
                int to = Math.Min((b + 1) * size, end);
                Span<float> target = scaled[(from - start)..(to - start)];
                if (peaks[b] >= EncoderSteps.Infinity) target.Clear();
                else if (isFloat) LaneMagnitude.Multiply(values[from..to], (float)factors[b], target);
                else LaneMagnitude.MultiplyToOdd(values[from..to], factors[b], target);
                from = to;
            }
            events.SaturatedElements += _elements.Encode(scaled[..(end - start)], 1, 0, codes[start..end]);
        }
        for (int b = 0; b < blocks; b++)
        {
            if (peaks[b] < EncoderSteps.Infinity) continue;
            events.NaNBlocks++;
            scales[b] = _nanScale;
            codes[(b * size)..Math.Min((b + 1) * size, codes.Length)].Clear();
        }
    }

    // Scale codes and what the numbers of each block are multiplied by.
    [SkipLocalsInit]
    private void Scales(ReadOnlySpan<uint> peaks, float tensorAmax, Span<uint> scales, Span<double> factors)
    {
        if (_powers is not null)
        {
            _powers.Codes(peaks, scales);
            for (int b = 0; b < peaks.Length; b++) factors[b] = _powers.Factor(scales[b]);
            return;
        }
        Tensor tensor = TensorOf(tensorAmax);
        Span<float> ratios = stackalloc float[Group];
        if (_format.Arithmetic == ScaleArithmetic.Binary32) LaneMagnitude.Multiply(MemoryMarshal.Cast<uint, float>(peaks), tensor.Factor,
            ratios);
        else LaneMagnitude.DivideToOdd(MemoryMarshal.Cast<uint, float>(peaks), tensor.Divisor, ratios);
        // Blocks with Inf or NaN get their scales later.
        _scales!.Encode(ratios[..peaks.Length], 1, 0, scales);
        double[] known = tensor.Factors;
        for (int b = 0; b < peaks.Length; b++) factors[b] = known[scales[b]];
    }

    private Tensor TensorOf(float amax)
    {
        Tensor? known = _tensor;
        if (known is not null && known.Amax.Equals(amax)) return known;
        double scale = _format.TensorScale(amax);
        float encode = _format.Arithmetic == ScaleArithmetic.Binary32 ? Binary32Order.Encode(_format, amax) : 1;
        return _tensor = new(amax, _format.Peak.ToDouble() * scale, Binary32Order.ScaleFactor(_format, encode),
            [.. _scaleValues.Select(value => Factor(value, scale, encode))]);
    }

    // A scale that underflowed to zero makes every element zero.
    private double Factor(double value, double scale, float encode) => _format.Arithmetic == ScaleArithmetic.Binary32
        ? Binary32Order.ElementFactor((float)value, encode)
        : value * scale is not 0 and var divisor ? 1 / divisor : 0;

    private static bool Takes(BlockFormat format) =>
        format.Scale.Bits <= 8 && Width(format.Scale) + Math.Max(Width(format.Element), Width(format.Element, format.Peak)) <= MostBits;

    // Significant bits of the boundaries between numbers are one more than those of the numbers; codebooks place boundaries where they
    // like.
    private static int Width(INumberFormat format, Exact? one = null) =>
        format is CodebookFormat ? MostBits : one is { } number ? number.Length - (int)UInt128.TrailingZeroCount(number.Significand)
            : OperandRange.Of(format)?.Width ?? MostBits;

    // What a tensor's largest magnitude gives: what block peaks are divided by, or multiplied by in the binary32 order, and the factors of
    // elements by scale code.
    private sealed record Tensor(float Amax, double Divisor, float Factor, double[] Factors);
}
