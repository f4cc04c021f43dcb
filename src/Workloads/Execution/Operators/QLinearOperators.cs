using Sim.Workloads.Graph;
using Sim.Workloads.Quantization;

namespace Sim.Workloads.Execution.Operators;

/// <summary>
/// The QLinear* operators of com.microsoft on 8-bit tensors with one scale and zero point each: dequantize, compute in float32, divide by
/// the output's scale, round half to even, add the zero point, saturate (ContribOperators.md of microsoft/onnxruntime).
/// </summary>
internal static class QLinearOperators
{
    internal const string Domain = "com.microsoft";

    internal static Tensor[] Add(OperatorCall call) => Binary(call, static (a, b) => a + b);

    internal static Tensor[] Mul(OperatorCall call) => Binary(call, static (a, b) => a * b);

    internal static Tensor[] Sigmoid(OperatorCall call) => Table(call, x => (float)Activations.Sigmoid(x));

    internal static Tensor[] LeakyRelu(OperatorCall call)
    {
        float alpha = call.Real("alpha", 0.01f);
        return Table(call, x => x < 0 ? alpha * x : x);
    }

    /// <summary>opset says which Softmax is meant: before 13 every dimension from the axis on is one row.</summary>
    internal static Tensor[] Softmax(OperatorCall call)
    {
        if (!call.Has("opset")) throw call.Fail("attribute 'opset' is missing");
        QuantizedValues x = QuantizedValues.Of(call, 0);
        Tensor real = Tensor.OfFloats(x.Values(), x.Codes.Shape);
        var node = call.Node with { Attributes = call.Node.Attributes.Remove("opset") };
        Tensor[] result = Normalization.Softmax(new OperatorCall(node, call.Small(call.Int("opset", 0), "opset"), [real]), defaultAxis: -1);
        return [Quantizer.Of(call, 3, x.Codes.Type).Apply(result[0].Floats, x.Codes.Shape)];
    }

    internal static Tensor[] Concat(OperatorCall call)
    {
        if ((call.InputCount - 2) % 3 != 0
            || call.InputCount < 5) throw call.Fail("needs the output's scale and zero point, then a tensor, a scale and a zero point for each part");
        Quantizer quantizer = Quantizer.Of(call, 0, call.Input(1).Type);
        var parts = new List<Tensor>();
        for (int i = 2; i < call.InputCount; i += 3)
        {
            QuantizedValues part = QuantizedValues.Of(call, i);
            if (part.Codes.Type != quantizer.Type) throw call.Fail($"part {(i - 2) / 3} is {part.Codes.Type}, the output {quantizer.Type}");
            parts.Add(part.Scale == quantizer.Scale && part.Zero == quantizer.Zero ? part.Codes
                : quantizer.Apply(part.Values(), part.Codes.Shape));
        }
        return Movement.Concat(new OperatorCall(call.Node, call.Opset, [.. parts]));
    }

    internal static Tensor[] AveragePool(OperatorCall call)
    {
        QuantizedValues x = QuantizedValues.Of(call, 0);
        Tensor real = Tensor.OfFloats(x.Values(), x.Codes.Shape);
        bool last = call.Flag("channels_last", false);
        Tensor y = Pooling.AveragePool(new OperatorCall(call.Node, call.Opset, [last ? ChannelsFirst(call, real) : real]), single: true)[0];
        if (last) y = Movement.Permuted(y, [0, .. Enumerable.Range(2, y.Shape.Length - 2), 1]);
        return [Quantizer.Of(call, 3, x.Codes.Type).ApplyShifted(y.Floats, y.Shape)];
    }

    /// <summary>The sum of a plane is an exact integer; scale and count are one float32 factor.</summary>
    internal static Tensor[] GlobalAveragePool(OperatorCall call)
    {
        QuantizedValues x = QuantizedValues.Of(call, 0);
        bool last = call.Flag("channels_last", false);
        Tensor codes = last ? ChannelsFirst(call, x.Codes) : x.Codes;
        if (codes.Shape.Length < 3 || codes.Count
            == 0) throw call.Fail($"input {Shapes.Text(x.Codes.Shape)} has no spatial dimensions or is empty");
        Quantizer quantizer = Quantizer.Of(call, 3, codes.Type);
        int planes = codes.Shape[0] * codes.Shape[1], size = codes.Count / planes;
        float factor = x.Scale / (quantizer.Scale * size);
        (long low, long high) = codes.Type.Range();
        var result = new long[planes];
        for (int p = 0; p < planes; p++)
        {
            long sum = -(long)size * x.Zero;
            for (int i = 0; i < size; i++) sum += codes.Integer(p * size + i);
            result[p] = Requantization.Of(sum, factor, quantizer.Zero, low, high);
        }
        int[] ones = [.. Enumerable.Repeat(1, codes.Shape.Length - 2)];
        return [new Tensor(codes.Type, last ? [codes.Shape[0], .. ones, codes.Shape[1]] : [codes.Shape[0], codes.Shape[1], .. ones],
            result)];
    }

    internal static StaticValue[] BinaryShape(ShapeCall call) => call.In(0).Type == call.In(3).Type
        ? call.Like(Broadcasting.Shape(call, call.In(0).Shape, call.In(3).Shape))
            : throw call.Fail($"operands are {call.In(0).Type} and {call.In(3).Type}; both must be the same");

    internal static StaticValue[] ConcatShape(ShapeCall call)
    {
        int parts = (call.InputCount - 2) / 3;
        var names = Enumerable.Range(0, parts).Select(i => call.Node.Inputs[2 + 3 * i]);
        return Movement.ConcatShape(new ShapeCall(call.Node with { Inputs = [.. names] }, call.Opset,
            [.. Enumerable.Range(0, parts).Select(i => call.In(2 + 3 * i))]));
    }

    internal static StaticValue[] PoolShape(ShapeCall call) => OnChannelsFirst(call, Pooling.Shape);

    internal static StaticValue[] GlobalShape(ShapeCall call) => OnChannelsFirst(call, c => c.In(0).Shape.Length >= 3
        ? c.Like([c.In(0).Shape[0], c.In(0).Shape[1], .. Enumerable.Repeat(1, c.In(0).Shape.Length - 2)])
            : throw call.Fail($"input {Shapes.Text(c.In(0).Shape)} has no spatial dimensions"));

    private static StaticValue[] OnChannelsFirst(ShapeCall call, ShapeRule rule)
    {
        StaticValue x = call.In(0);
        bool last = call.Flag("channels_last", false);
        if (x.Shape.Length < 3) throw call.Fail($"input {Shapes.Text(x.Shape)} has no spatial dimensions");
        int[] first = last ? [x.Shape[0], x.Shape[^1], .. x.Shape[1..^1]] : x.Shape;
        int[] y = rule(new ShapeCall(call.Node with { Inputs = [call.Node.Inputs[0]] }, call.Opset,
            [new StaticValue(x.Type, first)]))[0].Shape;
        return call.Like(last ? [y[0], .. y[2..], y[1]] : y);
    }

    private static Tensor ChannelsFirst(OperatorCall call, Tensor x)
    {
        int rank = x.Shape.Length;
        return rank < 3 ? throw call.Fail($"input {Shapes.Text(x.Shape)} has no spatial dimensions")
            : Movement.Permuted(x, [0, rank - 1, .. Enumerable.Range(1, rank - 2)]);
    }

    private static Tensor[] Binary(OperatorCall call, Func<float, float, float> f)
    {
        QuantizedValues a = QuantizedValues.Of(call, 0), b = QuantizedValues.Of(call, 3);
        if (a.Codes.Type != b.Codes.Type) throw call.Fail($"operands are {a.Codes.Type} and {b.Codes.Type}; both must be the same");
        int[] shape = Broadcasting.Shape(call, a.Codes, b.Codes);
        return [Quantizer.Of(call, 6, a.Codes.Type)
            .Apply(Broadcasting.Zip(a.Values(), a.Codes.Shape, b.Values(), b.Codes.Shape, shape, f), shape)];
    }

    private static Tensor[] Table(OperatorCall call, Func<float, float> f)
    {
        QuantizedValues x = QuantizedValues.Of(call, 0);
        return [Quantizer.Of(call, 3, x.Codes.Type).Apply(Array.ConvertAll(x.Values(), v => f(v)), x.Codes.Shape)];
    }
}

/// <summary>An 8-bit tensor with its scale and zero point, at inputs i, i + 1 and (where it is given) i + 2.</summary>
internal sealed record QuantizedValues(Tensor Codes, float Scale, int Zero)
{
    internal static QuantizedValues Of(OperatorCall call, int index)
    {
        Tensor codes = call.Input(index);
        if (codes.Type is not (ElementType.Int8
            or ElementType.UInt8)) throw call.Fail($"input {index} must be Int8 or UInt8, found {codes.Type}");
        (float scale, int zero) = Parameters(call, index + 1, codes.Type);
        return new QuantizedValues(codes, scale, zero);
    }

    internal static (float Scale, int Zero) Parameters(OperatorCall call, int index, ElementType type)
    {
        Tensor scale = call.Input(index);
        Tensor? zero = call.Optional(index + 1);
        if (scale.Count != 1 || zero is { Count: not 1 }) throw call.Fail($"inputs {index} and {index + 1} must be scalars");
        if (zero is not null && zero.Type
            != type) throw call.Fail($"the zero point at input {index + 1} must be {type}, found {zero.Type}");
        float value = call.Floats(scale, $"input {index}")[0];
        return float.IsFinite(value) ? (value, zero is null ? 0 : (int)zero.Integer(0)) : throw call.Fail("every scale must be finite");
    }

    internal float[] Values()
    {
        var integers = new int[Codes.Count];
        Codes.CopyIntegers(0, integers);
        return Array.ConvertAll(integers, c => (c - Zero) * Scale);
    }
}

/// <summary>From float32 to 8-bit codes.</summary>
internal sealed record Quantizer(ElementType Type, float Scale, int Zero)
{
    internal static Quantizer Of(OperatorCall call, int index, ElementType type)
    {
        (float scale, int zero) = QuantizedValues.Parameters(call, index, type);
        if (type is not (ElementType.Int8 or ElementType.UInt8)) throw call.Fail($"the output must be Int8 or UInt8, found {type}");
        return scale != 0 ? new Quantizer(type, scale, zero) : throw call.Fail("the output's scale is 0");
    }

    /// <summary>As onnxruntime's pooling has it: the zero point is added in float32, before the rounding.</summary>
    internal Tensor ApplyShifted(float[] values, int[] shape)
    {
        (long low, long high) = Type.Range();
        return new Tensor(Type, shape, Array.ConvertAll(values, v => Requantization.Quantized(v / Scale + Zero, 0, low, high)));
    }

    internal Tensor Apply(float[] values, int[] shape)
    {
        (long low, long high) = Type.Range();
        return new Tensor(Type, shape, Array.ConvertAll(values, v => Requantization.Quantized(v / Scale, Zero, low, high)));
    }
}
