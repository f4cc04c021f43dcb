using Sim.Workloads.Graph;

namespace Sim.Workloads.Integers.Reading;

/// <summary>Clip of integers: QCDQ states narrow integers by it in a wider container, so it narrows what the data type holds as well as the
/// box.</summary>
internal static class Clips
{
    /// <summary>Whether the integers after the clip are known: its ends are constants and whole numbers of the scale.</summary>
    internal static bool Read(GraphReading reading, Node node)
    {
        Known value = reading.Value(node, 0)!;
        (Stored q, float scale, long zero) = value switch
        {
            Dequantized d => (d.Integers, d.Scales[0], d.Zeros[0]),
            _ => ((Stored)value, 1f, 0L),
        };
        bool isReal = value is Dequantized;
        if (q.Step != 1 || float.IsNaN(scale) || End(reading, node, 1, "min", isReal, scale, zero, q.Type.Low) is not { } low
            || End(reading, node, 2, "max", isReal, scale, zero, q.Type.High) is not { } high) return false;
        // ONNX: min(max(x, low), high), so that the upper end wins where the ends cross.
        Interval Cut(Interval b) => new(Int128.Min(Int128.Max(b.Low, low), high), Int128.Min(Int128.Max(b.High, low), high));
        LayerSource? source = q.Source is { } made
            ? made with { Low = (long)Cut(new(made.Low, made.Low)).Low, High = (long)Cut(new(made.High, made.High)).High } : null;
        Stored clipped = q with { Type = Cut(q.Type), Box = [.. q.Box.Select(Cut)], Source = source, Constant = q.Constant is { } t
            ? Tensor.OfIntegers(t.Type, Array.ConvertAll(t.Integers, v => (long)Cut(new(v, v)).Low), t.Shape) : null };
        reading.Set(node, value is Dequantized whole ? whole with { Integers = clipped } : clipped);
        return true;
    }

    // An end as a stored integer; the data type's own where the node states none; null when it is computed or between two integers.
    private static Int128? End(GraphReading reading, Node node, int index, string attribute, bool isReal, float scale, long zero,
        Int128 absent)
    {
        if (node.Attributes.GetValueOrDefault(attribute)?.Real is { } stated) return Whole(stated, scale, zero);
        if (!reading.Has(node, index)) return absent;
        if (reading.Constant(node, index) is not { Count: 1 } t) return null;
        if (!t.Type.IsReal()) return t.Integers[0];
        return isReal && t.Type == ElementType.Float32 ? Whole(t.Floats[0], scale, zero) : null;
    }

    private static Int128? Whole(float end, float scale, long zero)
    {
        if (float.IsInfinity(end)) return end < 0 ? long.MinValue : long.MaxValue;
        double units = (double)end / scale;
        return Math.Abs(units) < 1L << 53 && (units == Math.Round(units) || (float)Math.Round(units) * scale == end)
            ? (Int128)Math.Round(units) + zero : null;
    }
}
