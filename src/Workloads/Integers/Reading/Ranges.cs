using Sim.Workloads.Graph;

namespace Sim.Workloads.Integers.Reading;

/// <summary>Float32 ranges of values, rounded as the executor rounds: every step rises with its argument, so the ends go through it
/// alone.</summary>
internal static class Ranges
{
    /// <summary>The range of a value; null when nothing is known.</summary>
    internal static Reals? Of(GraphReading reading, Known? known) => known switch
    {
        Reals r => r,
        Dequantized { Scales.Length: 1, Zeros.Length: 1 } d =>
            new([.. d.Integers.Box.Select(b => Real(d, b.Low, -d.Slack))], [.. d.Integers.Box.Select(b => Real(d, b.High, d.Slack))],
            d.Integers.Inner),
        Sums s => OfSums(reading.Layers[s.Layer], s),
        _ => null,
    };

    /// <summary>The range of a node's input; a constant has one as well.</summary>
    internal static Reals? Of(GraphReading reading, Node node, int index)
    {
        if (reading.Constant(node, index) is not { } t) return Of(reading, reading.Value(node, index));
        if (t.Type != ElementType.Float32 || t.Count == 0) return null;
        return new([t.Floats.Min()], [t.Floats.Max()]);
    }

    /// <summary>The stored integers that quantization makes of a range; one channel for each of the range's.</summary>
    internal static Interval[] Quantized(Reals range, Func<float, long> quantize) =>
        [.. range.Low.Zip(range.High, (a, b) => new Interval(quantize(a), quantize(b)))];

    // With slack outwards, to the next float32 as well.
    private static float Real(Dequantized d, Int128 integer, double slack)
    {
        float value = (long)(integer - d.Zeros[0]) * d.Scales[0];
        return slack == 0 ? value : slack < 0 ? MathF.BitDecrement((float)(value + slack)) : MathF.BitIncrement((float)(value + slack));
    }

    private static Reals OfSums(IntegerLayer layer, Sums sums)
    {
        float[] low = new float[layer.Rows], high = new float[layer.Rows];
        Interval[] all = RowSums.Of(layer);
        for (int row = 0; row < all.Length; row++)
        {
            float scale = sums.Scales[sums.Scales.Length == 1 ? 0 : row];
            low[row] = Math.Clamp((long)all[row].Low * scale, sums.ClipLow, sums.ClipHigh);
            high[row] = Math.Clamp((long)all[row].High * scale, sums.ClipLow, sums.ClipHigh);
        }
        var range = new Reals(low, high, sums.Inner(layer));
        return layer.Shape.Conv is null && layer.Shape.Groups > 1 ? range.Merged : range;
    }
}
