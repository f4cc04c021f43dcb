using Sim.Workloads.Graph;
using Sim.Workloads.Quantization;

namespace Sim.Workloads.Execution.Operators;

/// <summary>QuantizeLinear, DequantizeLinear (per tensor, per axis, in blocks), DynamicQuantizeLinear.</summary>
internal static class QuantizationOperators
{
    internal static Tensor[] Quantize(OperatorCall call)
    {
        Tensor x = call.Input(0), scale = call.Input(1);
        Tensor? zero = call.Optional(2);
        ElementType type = zero?.Type ?? OutputType(call);
        if (type is not (ElementType.Int8 or ElementType.UInt8 or ElementType.Int16 or ElementType.UInt16 or ElementType.Int32))
            throw call.Fail($"the output type {type} is not one of Int8, UInt8, Int16, UInt16, Int32");
        AxisScale axis = AxisScale.Of(call, x, scale, zero);
        (long low, long high) = type.Range();
        Tensor real = x.Type.IsReal() ? x : Casting.To(ElementType.Float32, x);
        if (real.Type == ElementType.Float64) throw call.Fail("Float64 is not supported");
        float[] values = real.Floats;
        var result = new long[values.Length];
        for (int i = 0; i < result.Length; i++)
        {
            int c = axis.Channel(i);
            result[i] = Requantization.Quantized(values[i] / axis.Scale[c], axis.Zero(c), low, high);
        }
        return [new Tensor(type, x.Shape, result)];
    }

    internal static Tensor[] Dequantize(OperatorCall call)
    {
        Tensor x = call.Input(0), scale = call.Input(1);
        if (x.Type.IsReal()) throw call.Fail($"takes integers, found {x.Type}");
        AxisScale axis = AxisScale.Of(call, x, scale, call.Optional(2));
        if (call.Optional(2) is { } zero && zero.Type != x.Type) throw call.Fail($"the zero point's type {zero.Type} differs from the input's {x.Type}");
        long[] values = x.Integers;
        var result = new float[values.Length];
        for (int i = 0; i < result.Length; i++)
        {
            int c = axis.Channel(i);
            result[i] = (values[i] - axis.Zero(c)) * axis.Scale[c];
        }
        return [Casting.Rounded(scale.Type, x.Shape, result)];
    }

    internal static Tensor[] Dynamic(OperatorCall call)
    {
        Tensor x = call.Input(0);
        float[] values = call.Floats(x, "input");
        float low = 0, high = 0;
        foreach (float v in values) (low, high) = (MathF.Min(low, v), MathF.Max(high, v));
        float scale = (high - low) / 255;
        if (scale == 0) scale = 1;
        long zero = (long)Math.Clamp(MathF.Round(-low / scale, MidpointRounding.ToEven), 0, 255);
        long[] result = Array.ConvertAll(values, v => Requantization.Quantized(v / scale, zero, 0, 255));
        return [new Tensor(ElementType.UInt8, x.Shape, result), Tensor.OfFloats([scale]), Tensor.OfIntegers(ElementType.UInt8, [zero])];
    }

    private static ElementType OutputType(OperatorCall call)
    {
        int code = call.Small(call.Int("output_dtype", 0), "output_dtype");
        if (code == 0) return ElementType.UInt8;
        return ElementTypes.FromOnnx(code) ?? throw call.Fail($"the output type {ElementTypes.OnnxName(code)} is not supported");
    }

    internal static StaticValue[] QuantizeShape(ShapeCall call) => [new StaticValue(call.InOrNull(2)?.Type ?? OutputType(call), call.In(0).Shape)];

    internal static StaticValue[] DequantizeShape(ShapeCall call) => [new StaticValue(call.In(1).Type, call.In(0).Shape)];

    internal static StaticValue[] DynamicShape(ShapeCall call)
    {
        call.RequireFloats(call.In(0).Type, "input");
        return [new StaticValue(ElementType.UInt8, call.In(0).Shape), new StaticValue(ElementType.Float32, []), new StaticValue(ElementType.UInt8, [])];
    }
}

/// <summary>Scales and zero points of a tensor: one for all, one for each index of an axis (Block = 0), or one for each block of Block elements along an axis.</summary>
internal sealed record AxisScale(float[] Scale, long[] Zeros, int Length, int Step, int Block = 0)
{
    /// <summary>Index of the scale of an element.</summary>
    internal int Channel(int element)
    {
        if (Scale.Length == 1) return 0;
        int along = element / Step % Length;
        if (Block == 0) return along;
        int blocks = (Length + Block - 1) / Block, outer = element / Step / Length;
        return (outer * blocks + along / Block) * Step + element % Step;
    }

    internal long Zero(int channel) => Zeros.Length == 1 ? Zeros[0] : Zeros[channel];

    internal static AxisScale Of(OperatorCall call, Tensor x, Tensor scale, Tensor? zero)
    {
        int block = call.Small(call.Int("block_size", 0), "block_size");
        if (block != 0) return Blocked(call, x, scale, zero, block);
        return Of(call, x, scale, zero, scale.Count == 1 && scale.Shape.Length <= 1 ? 0 : call.Axis(call.Int("axis", 1), x.Shape.Length));
    }

    internal static AxisScale Of(OperatorCall call, Tensor x, Tensor scale, Tensor? zero, int axis)
    {
        if (zero is not null && zero.Type.IsReal()) throw call.Fail($"the zero point must be an integer, found {zero.Type}");
        long[] zeros = zero is null ? [0] : zero.Integers;
        if (scale.Shape.Length > 1) throw call.Fail($"a scale of shape {Shapes.Text(scale.Shape)} needs a block_size");
        if (scale.Count != 1 && scale.Count != x.Shape[axis]) throw call.Fail($"{scale.Count} scales do not fit axis {axis} of {Shapes.Text(x.Shape)}");
        if (zeros.Length != scale.Count && zeros.Length != 1) throw call.Fail($"{zeros.Length} zero points do not fit {scale.Count} scales");
        float[] scales = Positive(call, scale);
        return scale.Count == 1 ? new AxisScale(scales, zeros, 1, 1) : new AxisScale(scales, zeros, x.Shape[axis], Shapes.Count(x.Shape.AsSpan(axis + 1)));
    }

    private static AxisScale Blocked(OperatorCall call, Tensor x, Tensor scale, Tensor? zero, int block)
    {
        int axis = call.Axis(call.Int("axis", 1), x.Shape.Length);
        if (block < 0) throw call.Fail($"block_size {block} is negative");
        int[] expected = [.. x.Shape.Select((d, i) => i == axis ? (d + block - 1) / block : d)];
        if (!scale.Shape.SequenceEqual(expected) || zero is not null && !zero.Shape.SequenceEqual(expected))
            throw call.Fail($"blocks of {block} along axis {axis} of {Shapes.Text(x.Shape)} need scales and zero points of shape {Shapes.Text(expected)}, found {Shapes.Text(scale.Shape)}");
        if (zero is not null && zero.Type.IsReal()) throw call.Fail($"the zero point must be an integer, found {zero.Type}");
        return new AxisScale(Positive(call, scale), zero is null ? [0] : zero.Integers, x.Shape[axis], Shapes.Count(x.Shape.AsSpan(axis + 1)), block);
    }

    private static float[] Positive(OperatorCall call, Tensor scale)
    {
        float[] scales = call.Floats(scale, "the scale");
        return scales.All(s => s > 0) ? scales : throw call.Fail("every scale must be greater than 0");
    }
}
