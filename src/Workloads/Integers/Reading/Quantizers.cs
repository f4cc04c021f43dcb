using Sim.Workloads.Graph;
using Sim.Workloads.Quantization;

namespace Sim.Workloads.Integers.Reading;

/// <summary>QuantizeLinear, DequantizeLinear and what cannot be known: DynamicQuantizeLinear.</summary>
internal static class Quantizers
{
    internal static void Quantize(GraphReading reading, Node node)
    {
        if (reading.Constant(node, 0) is not null) return;
        if (reading.Scales(node, 1, "scale") is not { } scales || reading.Zeros(node, 2, "zero point") is not { } zeros) return;
        if (reading.Type(node.Outputs[0]).IsReal()) return;
        Interval type = Boxes.Of(reading.Type(node.Outputs[0]));
        // A quotient of fewer bits is not the one that ranges are computed with.
        if (scales.Length > 1 || zeros.Length > 1 || Narrow(node, "precision")) reading.Set(node, new Stored(null, type, [type]));
        else reading.Set(node, From(reading, reading.Value(node, 0), scales[0], zeros[0], type));
    }

    /// <summary>A value quantized with one scale and zero point, rounding halves to even.</summary>
    internal static Stored From(GraphReading reading, Known? value, float scale, long zero, Interval type)
    {
        if (value is Dequantized { Integers.Constant: null, Scales: [var s], Zeros: [var z], Integers: { } q } && s == scale && z == zero
            && type.Contains(q.Type)) return q with { Type = type };
        long Quantized(float v) => Requantization.Quantized(v, zero, (long)type.Low, (long)type.High);
        if (value is Sums sums)
        {
            IntegerLayer layer = reading.Layers[sums.Layer];
            var source = new LayerSource(sums.Layer, [.. sums.Scales.Select(m => m / scale)], (int)zero, Quantized(sums.ClipLow / scale),
                Quantized(sums.ClipHigh / scale));
            reading.Outputs.TryAdd(source.Layer, source);
            LayerSource? link = sums.Pooled > 0 ? null : source;
            if (reading.Options.Boxes == BoxRule.DataType) return new(null, type, [type], sums.Inner(layer), link);
            if (Boxes.IsByChannel(layer.Shape)) return new(null, type, Boxes.Requantized(layer, source), sums.Inner(layer), link);
        }
        if (reading.Options.Boxes == BoxRule.DataType) return new(null, type, [type]);
        return Ranges.Of(reading, value) is { } range
            ? new(null, type, Ranges.Quantized(range, v => Quantized(v / scale)), range.Inner)
            : new(null, type, [type]);
    }

    internal static void Dequantize(GraphReading reading, Node node)
    {
        if (reading.Type(node.Inputs[0]).IsCoded())
        {
            if (reading.Options.NumbersOfFloats) Coded(reading, node);
            return;
        }
        if (Narrow(node, "output_dtype"))
        {
            reading.Error(node, "INT001",
                "its output_dtype rounds what the integers stand for, so that no scale relates them; allowed is FLOAT");
            return;
        }
        if (Scales(reading, node) is not { } scales || reading.Zeros(node, 2, "zero point") is not { } zeros) return;
        switch (reading.Value(node, 0))
        {
            case Sums sums when scales.Length == 1 && zeros is [0]:
                reading.Set(node, sums with { Scales = [.. sums.Scales.Select(s => s * scales[0])] });
                break;
            case Stored { Constant: { } constant } q when scales.Length > 1 || zeros.Length > 1:
                reading.Set(node, Positive(new Dequantized(q, Spread(reading, node, constant), SpreadZeros(reading, node, constant))));
                break;
            case Stored q:
                reading.Set(node, Positive(new Dequantized(q, scales, zeros)));
                break;
        }
    }

    // Whether an attribute names a type of fewer bits than float32.
    private static bool Narrow(Node node, string attribute) =>
        node.Attributes.GetValueOrDefault(attribute)?.Integer is { } code && code != 0 && code != ElementType.Float32.OnnxCode()
            && code != ElementType.Float64.OnnxCode();

    // Float numbers have no zero points.
    private static void Coded(GraphReading reading, Node node)
    {
        if (reading.Scales(node, 1, "scale") is not { } scales) return;
        ElementType type = reading.Type(node.Inputs[0]);
        Tensor? constant = reading.Constant(node, 0) is { } t ? Tensor.OfFloats(t.Floats, t.Shape) : null;
        Repeated<float> spread = scales.Length > 1 && constant is not null ? Spread(reading, node, constant) : scales;
        reading.Set(node, new Dequantized(new(constant, default(Interval), [default(Interval)]) { Coded = type }, spread, [0]));
    }

    // ONNX asks DequantizeLinear for no positive scale; only constants are known to stand for other integers with one.
    private static float[]? Scales(GraphReading reading, Node node)
    {
        bool ofConstant = reading.Value(node, 0) is Stored { Constant: not null };
        if (ofConstant && reading.Constant(node, 1) is { Type: ElementType.Float32 } t && t.Floats.All(float.IsFinite)) return t.Floats;
        return reading.Scales(node, 1, "scale");
    }

    // With scale 0 every integer stands for 0; with a negative one each stands for its negative.
    private static Dequantized Positive(Dequantized d)
    {
        if (d.Scales.All(s => s > 0)) return d;
        Tensor constant = d.Integers.Constant!;
        long[] values = [.. constant.Integers];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (values[i] - d.Zeros.At(i)) * Math.Sign(d.Scales.At(i));
        }
        Interval range = values.Length == 0 ? default(Interval) : new(values.Min(), values.Max());
        return new(new(Tensor.OfIntegers(ElementType.Int64, values, constant.Shape), range, [range]),
            new([.. d.Scales.Select(s => s == 0 ? 1 : Math.Abs(s))], d.Scales.Inner), [0]);
    }

    internal static void Dynamic(GraphReading reading, Node node) =>
        reading.Error(node, "INT002",
            "chooses scale and zero point at run time, so that the range of its values is unknown; allowed is QuantizeLinear with constants");

    // Of one scale for each index of an axis, how many neighbours share it; null: blocks, or another arrangement.
    private static int? AlongAxis(Node node, Tensor scales, Tensor q)
    {
        if (scales.Shape.Length != 1 || (node.Attributes.GetValueOrDefault("block_size")?.Integer ?? 0) != 0) return null;
        long axis = node.Attributes.GetValueOrDefault("axis")?.Integer ?? 1;
        if (axis < 0) axis += q.Shape.Length;
        return axis >= 0 && axis < q.Shape.Length && q.Shape[axis] == scales.Count ? Shapes.Count(q.Shape.AsSpan((int)axis + 1)) : null;
    }

    // Else the operator itself says which scale an element has: of ones without zero points it makes the scales.
    private static Repeated<float> Spread(GraphReading reading, Node node, Tensor q) =>
        reading.Constant(node, 1) is { } s && AlongAxis(node, s, q) is { } inner
        ? new Repeated<float>(s.ToFloats(), inner)
        : reading.Apply(node with { Inputs = node.Inputs[..2] }, Filled(q.Type.IsReal() ? ElementType.Int8 : q.Type, q.Shape, 1),
            reading.Constant(node, 1)).Floats;

    private static Repeated<long> SpreadZeros(GraphReading reading, Node node, Tensor q)
    {
        if (!reading.Has(node, 2)) return [0];
        if (reading.Constant(node, 2) is { } z && !z.Type.IsReal() && AlongAxis(node, z, q) is { } inner) return new(z.Integers, inner);
        Tensor scale = reading.Constant(node, 1)!, ones = Tensor.OfFloats([.. Enumerable.Repeat(1f, scale.Count)], scale.Shape);
        return Array.ConvertAll(reading.Apply(node, Filled(q.Type, q.Shape, 0), ones, reading.Constant(node, 2)).Floats, v => -(long)v);
    }

    private static Tensor Filled(ElementType type, int[] shape, long value) =>
        new(type, shape, TensorStorage.Filled(Tensor.OfIntegers(type, [value]).Data, Shapes.Count(shape)));
}
