using Sim.Workloads.Graph;

namespace Sim.Workloads.Integers.Reading;

/// <summary>An operand of a sum as integers: value = (integer − Zero) · scale, element i belonging to channel (i / Inner) mod
/// Box.Length.</summary>
/// <param name="Box">What the integers can be, zero point not subtracted: one range, or one a channel.</param>
/// <param name="Scales">One, or one a channel.</param>
/// <param name="Slack">What float32 rounding can have moved the executor's values away from that.</param>
/// <param name="IsSum">Whether it is the sum of a matrix product that nothing requantized.</param>
internal sealed record Summand(Interval[] Box, int Inner, long Zero, float[] Scales, double Slack, bool IsSum)
{
    /// <summary>Distance of neighbouring integers of the box.</summary>
    internal int Step { get; init; } = 1;

    /// <summary>The integers, zero point subtracted, when they are constant.</summary>
    internal Tensor? Constant { get; init; }

    /// <summary>The least range that holds every channel's.</summary>
    internal Interval Hull => Box.Aggregate((a, b) => a.Hull(b));

    /// <summary>The box of a channel, zero point subtracted.</summary>
    internal Interval At(int channel) => Box[Box.Length == 1 ? 0 : channel].Plus(-Zero);

    /// <summary>Whether the channels of the box are dimension 1 of a tensor of this shape, so that what is summed within a channel stays in
    /// it.</summary>
    internal bool IsByChannel(int[] shape) => Box.Length > 1 && IsByChannel(shape, Box.Length, Inner);

    /// <summary>Whether dimension 1 of a shape has so many channels of so many elements each.</summary>
    internal static bool IsByChannel(int[] shape, int channels, int inner) =>
        shape.Length > 1 && shape[1] == channels && Shapes.Count(shape.AsSpan(2)) == inner;

    /// <summary>The operand of a node; null, with the reason, when its values are no integers of a known scale.</summary>
    internal static Summand? Of(GraphReading reading, Node node, int index, out string why)
    {
        string name = node.Inputs[index];
        why = $"sums '{name}', which no quantizer makes integers";
        switch (reading.Value(node, index))
        {
            case Stored { Coded: not null } or Dequantized { Integers.Coded: not null }:
                return null;
            case Stored { Constant: { } t } s:
                return new(s.Box, s.Inner, 0, [1], 0, false) { Constant = t };
            case Stored s:
                return new(s.Box, s.Inner, 0, [1], 0, false) { Step = s.Step };
            case Dequantized { Scales: [var scale], Zeros: [var zero], Integers: { } q } d:
                if (float.IsNaN(scale))
                {
                    why = $"sums '{name}', whose scale is not known without calibration data";
                    return null;
                }
                if (q.Constant is null) return new(q.Box, q.Inner, zero, [scale], d.Slack, false) { Step = q.Step };
                long[] integers = Array.ConvertAll(q.Constant.Integers, v => v - zero);
                if (integers.Length == 0) return null;
                return new([new(integers.Min(), integers.Max())], 1, 0, [scale], 0, false)
                    { Constant = Tensor.OfIntegers(ElementType.Int64, integers, q.Constant.Shape) };
            case Dequantized:
                why = $"sums '{name}', whose scale differs within the tensor";
                return null;
            case Sums sums:
                return OfSums(reading, sums, name, ref why);
            default:
                return null;
        }
    }

    // The integers of a matrix product's sums, clipped where the clip is a whole number of them.
    private static Summand? OfSums(GraphReading reading, Sums sums, string name, ref string why)
    {
        IntegerLayer layer = reading.Layers[sums.Layer];
        float[] scales = sums.Scales.Distinct().Count() == 1 ? [sums.Scales[0]] : sums.Scales;
        Interval[] box = RowSums.Of(layer);
        for (int row = 0; row < box.Length; row++)
        {
            float scale = scales[scales.Length == 1 ? 0 : row];
            if (Clip(sums.ClipLow, scale) is not { } low || Clip(sums.ClipHigh, scale) is not { } high)
            {
                why = $"sums '{name}', which is clipped between two integers of its scale";
                return null;
            }
            box[row] = new(Int128.Clamp(box[row].Low, low, high), Int128.Clamp(box[row].High, low, high));
        }
        if (!Boxes.IsByChannel(layer.Shape))
        {
            box = [box.Aggregate((a, b) => a.Hull(b))];
            if (scales.Length > 1)
            {
                why = $"sums '{name}', whose scale differs within the tensor";
                return null;
            }
        }
        double most = box.Select((b, c) => (double)Int128.Max(Int128.Abs(b.Low), Int128.Abs(b.High)) * scales[scales.Length == 1 ? 0 : c])
            .Max();
        return new(box, sums.Inner(layer), 0, scales, most * Math.ScaleB(1, -22), true);
    }

    private static Int128? Clip(float end, float scale)
    {
        if (float.IsInfinity(end)) return end < 0 ? Int128.MinValue : Int128.MaxValue;
        double units = (double)end / scale;
        return units == Math.Round(units) && Math.Abs(units) < 1L << 62 ? (Int128)units : null;
    }
}
