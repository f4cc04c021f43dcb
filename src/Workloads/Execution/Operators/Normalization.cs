using Sim.Workloads.Graph;

namespace Sim.Workloads.Execution.Operators;

/// <summary>BatchNormalization (inference), InstanceNormalization, LayerNormalization, Softmax, LogSoftmax.</summary>
internal static class Normalization
{
    internal static Tensor[] Batch(OperatorCall call)
    {
        Tensor x = call.Input(0);
        RequireInference(call);
        if (x.Shape.Length < 2) throw call.Fail($"input {Shapes.Text(x.Shape)} has no channels");
        float[] values = call.Floats(x, "input"), result = new float[values.Length];
        int channels = x.Shape[1], size = x.Count / Math.Max(1, x.Shape[0] * channels);
        float[] scale = Channel(call, 1, channels), bias = Channel(call, 2, channels), mean = Channel(call, 3, channels),
            variance = Channel(call, 4, channels);
        float epsilon = call.Real("epsilon", 1e-5f);
        for (int plane = 0; plane < x.Shape[0] * channels; plane++)
        {
            int c = plane % channels;
            float factor = (float)(scale[c] / Math.Sqrt((double)variance[c] + epsilon));
            for (int i = plane * size; i < (plane + 1) * size; i++) result[i] = (values[i] - mean[c]) * factor + bias[c];
        }
        return [Casting.Rounded(x.Type, x.Shape, result)];
    }

    private static void RequireInference(OperatorCall call)
    {
        if (!call.Flag("spatial", true)) throw call.Fail("spatial = 0 is not supported");
        if (call.Flag("training_mode", false)) throw call.Fail("training_mode = 1 is not supported; only inference is");
        if (call.Int("stash_type", 1) != 1) throw call.Fail("stash_type must be 1 (float32)");
    }

    internal static Tensor[] Instance(OperatorCall call)
    {
        Tensor x = call.Input(0);
        if (x.Shape.Length < 3) throw call.Fail($"input {Shapes.Text(x.Shape)} has no spatial dimensions");
        float[] values = call.Floats(x, "input"), result = new float[values.Length];
        int channels = x.Shape[1], size = x.Count / Math.Max(1, x.Shape[0] * channels);
        float[] scale = Channel(call, 1, channels), bias = Channel(call, 2, channels);
        for (int plane = 0; plane < x.Shape[0] * channels; plane++)
            Standardize(values.AsSpan(plane * size, size), result.AsSpan(plane * size, size), call.Real("epsilon", 1e-5f),
                _ => scale[plane % channels], _ => bias[plane % channels]);
        return [Casting.Rounded(x.Type, x.Shape, result)];
    }

    internal static Tensor[] Layer(OperatorCall call)
    {
        Tensor x = call.Input(0);
        RequireInference(call);
        float[] values = call.Floats(x, "input"), result = new float[values.Length];
        int axis = call.Axis(call.Int("axis", -1), x.Shape.Length), size = Shapes.Count(x.Shape.AsSpan(axis));
        float[] scale = Spread(call, 1, x.Shape[axis..])!;
        float[]? bias = call.Optional(2) is null ? null : Spread(call, 2, x.Shape[axis..]);
        int rows = size == 0 ? 0 : values.Length / size;
        float[] means = new float[rows], factors = new float[rows];
        for (int r = 0; r < rows; r++)
            (means[r], factors[r]) = Standardize(values.AsSpan(r * size, size), result.AsSpan(r * size, size), call.Real("epsilon", 1e-5f),
                i => scale[i], i => bias is null ? 0 : bias[i]);
        int[] statistics = [.. x.Shape.Select((d, i) => i < axis ? d : 1)];
        Tensor y = Casting.Rounded(x.Type, x.Shape, result);
        return call.OutputCount == 1 ? [y] : [y, Tensor.OfFloats(means, statistics), Tensor.OfFloats(factors, statistics)];
    }

    internal static Tensor[] Softmax(OperatorCall call) => Softmax(call, call.Opset < 13 ? 1 : -1);

    /// <summary>Softmax where the default axis is another.</summary>
    internal static Tensor[] Softmax(OperatorCall call, int defaultAxis) =>
        Exponential(call, defaultAxis, (e, sum, _, _) => (float)(e / sum));

    internal static Tensor[] LogSoftmax(OperatorCall call) =>
        Exponential(call, call.Opset < 13 ? 1 : -1, (_, sum, x, max) => (float)((double)x - max - Math.Log(sum)));

    // Before opset 13 every dimension from the axis on is one row; since then a row is the axis alone.
    private static Tensor[] Exponential(OperatorCall call, int defaultAxis, Func<double, double, float, float, float> finish)
    {
        Tensor x = call.Input(0);
        float[] values = call.Floats(x, "input"), result = new float[values.Length];
        if (values.Length == 0) return [x];
        bool flatten = call.Opset < 13;
        int axis = call.Axis(call.Int("axis", defaultAxis), Math.Max(1, x.Shape.Length));
        int[] shape = x.Shape.Length == 0 ? [1] : x.Shape;
        int length = flatten ? Shapes.Count(shape.AsSpan(axis)) : shape[axis], step = flatten ? 1 : Shapes.Count(shape.AsSpan(axis + 1));
        var e = new double[length];
        for (int row = 0; row < values.Length / length; row++)
        {
            int start = row / step * length * step + row % step;
            float max = float.NegativeInfinity;
            for (int i = 0; i < length; i++) max = MathF.Max(max, values[start + i * step]);
            double sum = 0;
            for (int i = 0; i < length; i++) sum += e[i] = Math.Exp((double)values[start + i * step] - max);
            for (int i = 0; i < length; i++) result[start + i * step] = finish(e[i], sum, values[start + i * step], max);
        }
        return [Casting.Rounded(x.Type, x.Shape, result)];
    }

    private static (float Mean, float Factor) Standardize(ReadOnlySpan<float> from, Span<float> to, float epsilon, Func<int, float> scale,
        Func<int, float> bias)
    {
        double mean = 0, variance = 0;
        foreach (float v in from) mean += v;
        mean /= from.Length;
        foreach (float v in from) variance += (v - mean) * (v - mean);
        double factor = 1 / Math.Sqrt(variance / from.Length + epsilon);
        for (int i = 0; i < from.Length; i++) to[i] = (float)((from[i] - mean) * factor * scale(i) + bias(i));
        return ((float)mean, (float)factor);
    }

    private static float[] Channel(OperatorCall call, int index, int channels)
    {
        Tensor t = call.Input(index);
        return t.Shape.Length == 1 && t.Count == channels ? call.Floats(t, $"input {index}")
            : throw call.Fail($"input {index} must have shape [{channels}], found {Shapes.Text(t.Shape)}");
    }

    private static float[] Spread(OperatorCall call, int index, int[] shape)
    {
        Tensor t = call.Input(index);
        int[]? wide = Shapes.Broadcast(t.Shape, shape);
        return wide is not null && wide.SequenceEqual(shape) ? Broadcasting.Expand(call.Floats(t, $"input {index}"), t.Shape, shape)
            : throw call.Fail($"input {index} {Shapes.Text(t.Shape)} does not broadcast to {Shapes.Text(shape)}");
    }

    internal static StaticValue[] LayerShape(ShapeCall call)
    {
        int[] x = call.In(0).Shape;
        RequireInference(call);
        call.RequireFloats(call.In(0).Type, "input");
        int axis = call.Axis(call.Int("axis", -1), x.Length);
        int[] rows = x[axis..], statistics = [.. x.Select((d, i) => i < axis ? d : 1)];
        for (int i = 1; i < 3; i++)
            if (call.InOrNull(i) is { } t && Shapes.Broadcast(t.Shape, rows)?.AsSpan().SequenceEqual(rows) != true)
                throw call.Fail($"input {i} {Shapes.Text(t.Shape)} does not broadcast to {Shapes.Text(rows)}");
        return [new StaticValue(call.In(0).Type, x), new StaticValue(ElementType.Float32, statistics),
            new StaticValue(ElementType.Float32, statistics)];
    }

    /// <summary>A normalization of each channel, with <paramref name="vectors"/> inputs of one element a channel.</summary>
    internal static ShapeRule ChannelShape(int vectors) => call =>
    {
        int[] x = call.In(0).Shape;
        RequireInference(call);
        call.RequireFloats(call.In(0).Type, "input");
        if (x.Length < (vectors == 4 ? 2
            : 3)) throw call.Fail($"input {Shapes.Text(x)} has no {(vectors == 4 ? "channels" : "spatial dimensions")}");
        for (int i = 1; i <= vectors; i++)
            if (!call.In(i).Shape.AsSpan()
                .SequenceEqual([x[1]])) throw call.Fail($"input {i} must have shape [{x[1]}], found {Shapes.Text(call.In(i).Shape)}");
        return ShapeRules.Same(call);
    };
}
