using Sim.Workloads.Graph;
using Sim.Workloads.Quantization;

namespace Sim.Workloads.Execution.Operators;

/// <summary>QuantizeLinear, DequantizeLinear (per tensor, per axis, in blocks; integers and floats of few bits),
/// DynamicQuantizeLinear.</summary>
internal static class QuantizationOperators
{
    internal static Tensor[] Quantize(OperatorCall call)
    {
        Tensor x = call.Input(0), scale = call.Input(1);
        Tensor? zero = call.Optional(2);
        ElementType type = QuantizedType(call, zero?.Type);
        if (x.Type is ElementType.Float64 or ElementType.Bool
            || x.Type.IsStorageOnly()) throw call.Fail($"{x.Type} cannot be quantized; allowed are Float32, Float16, BFloat16, Int32");
        bool saturate = call.Flag("saturate", true);
        // The division runs in the scale's type unless precision names another; integers divide as float32.
        ElementType precision = call.Type("precision") ?? (Divides(scale.Type) ? scale.Type : ElementType.Float32);
        if (!Divides(precision)) throw call.Fail($"precision {precision} is not one of Float32, Float16, BFloat16, Float64");
        QuantizationScales scales = QuantizationScales.Of(call, x.Shape, scale, zero, Axis(call), divides: true);
        double[] divisors = Array.ConvertAll(scales.Scale, s => Rounded(precision, s));
        if (divisors.Any(d => d == 0 || double.IsInfinity(d))) throw call.Fail($"a scale becomes 0 or Inf in {precision}");
        (long low, long high) = type.IsCoded() ? (0, 0) : type.Range();
        var codes = type.IsCoded() ? new byte[x.Count] : [];
        var integers = type.IsCoded() ? [] : new long[x.Count];
        for (int i = 0; i < x.Count; i++)
        {
            int c = scales.Channel(i);
            double quotient = Rounded(precision, Rounded(precision, x.Real(i)) / divisors[c]);
            if (type.IsCoded()) codes[i] = Casting.Code(type, zero is null ? quotient : Rounded(precision, quotient + scales.Zero(c)),
                saturate);
            // A NaN has no integer; ONNX leaves it open and hardware gives the least value.
            else integers[i] = double.IsNaN(quotient) ? low
                : (long)Math.Clamp(Math.Round(quotient, MidpointRounding.ToEven) + scales.Zero(c), low, high);
        }
        return [type.IsCoded() ? new Tensor(type, x.Shape, codes) : new Tensor(type, x.Shape, integers)];
    }

    internal static Tensor[] Dequantize(OperatorCall call)
    {
        Tensor x = call.Input(0), scale = call.Input(1);
        Tensor? zero = call.Optional(2);
        if (x.Type is ElementType.Float32 or ElementType.Float64 or ElementType.Float16 or ElementType.BFloat16 or ElementType.Bool
            or ElementType.UInt32 or ElementType.Int64 or ElementType.UInt64)
            throw call.Fail($"{x.Type} is no quantized type");
        if (zero is not null && zero.Type
            != x.Type) throw call.Fail($"the zero point's type {zero.Type} differs from the input's {x.Type}");
        ElementType type = RealType(call, scale.Type);
        QuantizationScales scales = QuantizationScales.Of(call, x.Shape, scale, zero, Axis(call), divides: false);
        var result = new float[x.Count];
        // The output's type is that of the multiplication: both factors and the product are rounded to it.
        float[] factors = Array.ConvertAll(scales.Scale, s => ElementCodes.Round(type, s));
        for (int i = 0; i < result.Length; i++)
        {
            int c = scales.Channel(i);
            result[i] = ElementCodes.Round(type, (double)ElementCodes.Round(type, x.Real(i) - scales.Zero(c)) * factors[c]);
        }
        return [new Tensor(type, x.Shape, result)];
    }

    internal static Tensor[] Dynamic(OperatorCall call)
    {
        Tensor x = call.Input(0);
        if (x.Type != ElementType.Float32) throw call.Fail($"takes Float32, found {x.Type}");
        float[] values = x.Floats;
        float low = 0, high = 0;
        foreach (float v in values) (low, high) = (MathF.Min(low, v), MathF.Max(high, v));
        float scale = (high - low) / 255;
        if (scale == 0) scale = 1;
        // A NaN among the values makes scale and quotients NaN; cast to an unsigned integer they are 0.
        long zero = (long)Math.Clamp(Whole(-low / scale), 0, 255);
        long[] result = Array.ConvertAll(values, v => (long)Math.Clamp(Whole(v / scale) + zero, 0, 255));
        return [new Tensor(ElementType.UInt8, x.Shape, result), Tensor.OfFloats([scale]), Tensor.OfIntegers(ElementType.UInt8, [zero])];
    }

    private static double Whole(float value) => float.IsNaN(value) ? 0 : Math.Round((double)value, MidpointRounding.ToEven);

    // Operator sets before 13 have no axis; com.microsoft has one only where it is stated.
    private static long? Axis(OperatorCall call) =>
        call.Node.Domain.Length == 0 ? call.Opset < 13 ? null : call.Int("axis", 1) : call.Has("axis") ? call.Int("axis", 1) : null;

    private static ElementType RealType(OperatorCall call, ElementType scale)
    {
        ElementType type = call.Type("output_dtype") ?? (Divides(scale) ? scale : ElementType.Float32);
        return type is ElementType.Float32 or ElementType.Float16 or ElementType.BFloat16 ? type
            : throw call.Fail($"the output type {type} is not one of Float32, Float16, BFloat16");
    }

    private static bool Divides(ElementType type) =>
        type is ElementType.Float32 or ElementType.Float16 or ElementType.BFloat16 or ElementType.Float64;

    private static double Rounded(ElementType type, double value) => type == ElementType.Float64 ? value : ElementCodes.Round(type, value);

    private static ElementType QuantizedType(OperatorCall call, ElementType? zero)
    {
        ElementType? stated = call.Type("output_dtype");
        if (stated is not null && zero is not null
            && stated != zero) throw call.Fail($"output_dtype {stated.Value} differs from the zero point's type {zero.Value}");
        ElementType type = zero ?? stated ?? ElementType.UInt8;
        bool allowed = type is ElementType.Int8 or ElementType.UInt8 or ElementType.Int16 or ElementType.UInt16 or ElementType.Int32
            || type.IsStorageOnly() && type != ElementType.Float8E8M0;
        return allowed ? type : throw call.Fail($"the output type {type} is not one of Int8, UInt8, Int16, UInt16, Int32, Int4, UInt4, Int2, UInt2, Float8 (four kinds), Float4E2M1");
    }

    internal static StaticValue[] QuantizeShape(ShapeCall call)
    {
        call.Flag("saturate", true);
        if (call.Type("precision") is { } precision
            && !Divides(precision)) throw call.Fail($"precision {precision} is not one of Float32, Float16, BFloat16, Float64");
        JudgeScales(call, divides: true);
        return [new StaticValue(QuantizedType(call, call.InOrNull(2)?.Type), call.In(0).Shape)];
    }

    internal static StaticValue[] DequantizeShape(ShapeCall call)
    {
        JudgeScales(call, divides: false);
        return [new StaticValue(RealType(call, call.In(1).Type), call.In(0).Shape)];
    }

    private static void JudgeScales(ShapeCall call, bool divides)
    {
        StaticValue? zero = call.InOrNull(2);
        if (call.In(1).Known is { } scale && (zero is null || zero.Known is not null)) _ = QuantizationScales.Of(call, call.In(0).Shape,
            scale, zero?.Known, Axis(call), divides);
    }

    internal static StaticValue[] DynamicShape(ShapeCall call) => call.In(0).Type == ElementType.Float32
        ? [new StaticValue(ElementType.UInt8, call.In(0).Shape), new StaticValue(ElementType.Float32, []),
            new StaticValue(ElementType.UInt8, [])]
        : throw call.Fail($"takes Float32, found {call.In(0).Type}");
}
