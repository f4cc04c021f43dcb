using Sim.Workloads.Graph;

namespace Sim.Workloads.Execution.Operators;

/// <summary>MaxPool, AveragePool and their global forms, over any number of spatial dimensions.</summary>
internal static class Pooling
{
    internal static Tensor[] MaxPool(OperatorCall call)
    {
        Tensor x = call.Input(0);
        if (x.Type == ElementType.Float64) throw call.Fail("Float64 is not supported");
        WindowAttributes win = Window(call, x.Shape);
        int[] shape = [x.Shape[0], x.Shape[1], .. win.Output];
        bool column = call.Flag("storage_order", false);
        var indices = new long[Shapes.Count(shape)];
        bool real = x.Type.IsReal();
        float[] floats = real ? x.Floats : [];
        long[] integers = real ? [] : x.Integers;
        Walk(x.Shape, win, (output, plane, window, inside) =>
        {
            int best = -1;
            for (int i = 0; i < inside; i++)
            {
                int at = plane + window[i];
                if (best < 0 || (real ? floats[at] > floats[best] || float.IsNaN(floats[at]) : integers[at] > integers[best])) best = at;
            }
            indices[output] = best >= 0 ? best : throw call.Fail("a window covers no input element");
        });
        Array data = real ? Array.ConvertAll(indices, i => floats[i]) : Array.ConvertAll(indices, i => integers[i]);
        if (call.OutputCount < 2) return [new Tensor(x.Type, shape, data)];
        if (column) indices = Array.ConvertAll(indices, i => ColumnMajor(i, x.Shape));
        return [new Tensor(x.Type, shape, data), Tensor.OfIntegers(ElementType.Int64, indices, shape)];
    }

    internal static Tensor[] AveragePool(OperatorCall call) => AveragePool(call, single: false);

    /// <summary>Sums run in double, or in float32 where an operator of integers asks for that of onnxruntime: there a low bit decides a
    /// tie.</summary>
    internal static Tensor[] AveragePool(OperatorCall call, bool single)
    {
        Tensor x = call.Input(0);
        float[] values = call.Floats(x, "input");
        WindowAttributes win = Window(call, x.Shape);
        int[] shape = [x.Shape[0], x.Shape[1], .. win.Output];
        bool countPadding = call.Flag("count_include_pad", false);
        var result = new float[Shapes.Count(shape)];
        int[] padded = countPadding ? PaddedCounts(x.Shape, win) : [];
        int perPlane = Math.Max(1, padded.Length);
        Walk(x.Shape, win, (output, plane, window, inside) =>
        {
            double sum = 0;
            for (int i = 0; i < inside; i++) sum = single ? (float)sum + values[plane + window[i]] : sum + values[plane + window[i]];
            int divisor = countPadding ? padded[output % perPlane] : inside;
            result[output] = divisor > 0 ? (float)(sum / divisor) : throw call.Fail("a window covers no input element");
        });
        return [Casting.Rounded(x.Type, shape, result)];
    }

    internal static Tensor[] GlobalAveragePool(OperatorCall call) => Global(call, values =>
    {
        double sum = 0;
        foreach (float v in values) sum += v;
        return (float)(sum / values.Length);
    });

    internal static Tensor[] GlobalMaxPool(OperatorCall call) => Global(call, values =>
    {
        float max = values[0];
        foreach (float v in values) max = MathF.Max(max, v);
        return max;
    });

    private delegate float PlaneFunction(ReadOnlySpan<float> values);

    private static Tensor[] Global(OperatorCall call, PlaneFunction f)
    {
        Tensor x = call.Input(0);
        if (x.Shape.Length < 3) throw call.Fail($"input {Shapes.Text(x.Shape)} has no spatial dimensions");
        float[] values = call.Floats(x, "input");
        int planes = x.Shape[0] * x.Shape[1], size = values.Length / Math.Max(1, planes);
        if (size == 0) throw call.Fail($"input {Shapes.Text(x.Shape)} is empty");
        var result = new float[planes];
        for (int p = 0; p < planes; p++) result[p] = f(values.AsSpan(p * size, size));
        int[] shape = [x.Shape[0], x.Shape[1], .. Enumerable.Repeat(1, x.Shape.Length - 2)];
        return [Casting.Rounded(x.Type, shape, result)];
    }

    internal static StaticValue[] Shape(ShapeCall call)
    {
        int[] x = call.In(0).Shape;
        StaticValue[] result = call.Like([x[0], x[1], .. Window(call, x).Output]);
        return call.OutputCount < 2 ? result : [result[0], new StaticValue(ElementType.Int64, result[0].Shape)];
    }

    internal static StaticValue[] GlobalShape(ShapeCall call)
    {
        int[] x = call.In(0).Shape;
        if (x.Length < 3) throw call.Fail($"input {Shapes.Text(x)} has no spatial dimensions");
        return call.Like([x[0], x[1], .. Enumerable.Repeat(1, x.Length - 2)]);
    }

    private static WindowAttributes Window(OperatorCall call, int[] x)
    {
        if (x.Length < 3) throw call.Fail($"input {Shapes.Text(x)} has no spatial dimensions");
        return WindowAttributes.Of(call, x, call.Ints("kernel_shape") ?? throw call.Fail("attribute 'kernel_shape' is missing"));
    }

    private delegate void Visit(int output, int plane, int[] window, int inside);

    // For every output: the offsets, within the input plane, of the window's elements that lie inside the input, in row-major order.
    private static void Walk(int[] shape, WindowAttributes win, Visit visit)
    {
        int[] spatial = shape[2..], strides = Shapes.Strides(spatial), position = new int[spatial.Length];
        int planes = shape[0] * shape[1], planeSize = Shapes.Count(spatial), outputs = Shapes.Count(win.Output);
        var window = new int[Shapes.Count(win.Kernel)];
        for (int o = 0; o < outputs; o++)
        {
            int inside = 0;
            var k = new int[spatial.Length];
            for (int e = 0; e < window.Length; e++)
            {
                int offset = 0;
                bool within = true;
                for (int d = 0; d < k.Length; d++)
                {
                    int at = position[d] * win.Strides[d] - win.PadBegin[d] + k[d] * win.Dilations[d];
                    within &= at >= 0 && at < spatial[d];
                    offset += within ? at * strides[d] : 0;
                }
                if (within) window[inside++] = offset;
                for (int d = k.Length - 1; d >= 0 && ++k[d] == win.Kernel[d]; d--) k[d] = 0;
            }
            for (int p = 0; p < planes; p++) visit(p * outputs + o, p * planeSize, window, inside);
            for (int d = position.Length - 1; d >= 0 && ++position[d] == win.Output[d]; d--) position[d] = 0;
        }
    }

    // With count_include_pad the divisor counts elements of the padded input, but none beyond it (ceil_mode can reach further).
    private static int[] PaddedCounts(int[] shape, WindowAttributes win)
    {
        var counts = new int[Shapes.Count(win.Output)];
        Array.Fill(counts, 1);
        int[] strides = Shapes.Strides(win.Output);
        for (int o = 0; o < counts.Length; o++)
        {
            for (int d = 0; d < win.Output.Length; d++)
            {
                int start = o / strides[d] % win.Output[d] * win.Strides[d], room = shape[d + 2] + win.PadBegin[d] + win.PadEnd[d] - start;
                counts[o] *= Math.Min(win.Kernel[d], (room + win.Dilations[d] - 1) / win.Dilations[d]);
            }
        }
        return counts;
    }

    // storage_order = 1 counts the index within a plane column by column.
    private static long ColumnMajor(long index, int[] shape)
    {
        int[] spatial = shape[2..];
        long plane = Shapes.Count(spatial), within = index % plane, result = 0, step = 1;
        int[] strides = Shapes.Strides(spatial);
        for (int d = 0; d < spatial.Length; d++)
        {
            result += within / strides[d] % spatial[d] * step;
            step *= spatial[d];
        }
        return index / plane * plane + result;
    }
}
