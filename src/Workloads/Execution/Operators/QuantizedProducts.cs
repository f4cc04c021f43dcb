using System.Runtime.Intrinsics;
using Sim.Workloads.Graph;
using Sim.Workloads.Quantization;

namespace Sim.Workloads.Execution.Operators;

/// <summary>
/// QLinearConv, QLinearMatMul, ConvInteger, MatMulInteger. Sums are exact integers; a sum beyond int32 is an error, because ONNX defines none. Requantization is
/// round-half-even(float(sum) · (x_scale · w_scale / y_scale)) + y_zero, in float32, saturated.
/// </summary>
internal static class QuantizedProducts
{
    // 255·255 · this many terms stay below 2^31.
    private const int ExactTerms = 33_000;

    internal static Tensor[] Conv(OperatorCall call)
    {
        Tensor x = call.Input(0), w = call.Input(3);
        ConvPlan plan = ConvPlan.Of(call, x.Shape, w.Shape);
        Requantizer requantize = Requantizer.Of(call, 1, 4, 6, plan.Groups * plan.GroupOutputs);
        long[] bias = call.Optional(8) is { } b ? call.Integers(b, 8) : new long[plan.Groups * plan.GroupOutputs];
        if (bias.Length != plan.Groups * plan.GroupOutputs) throw call.Fail($"{bias.Length} biases do not fit {plan.Groups * plan.GroupOutputs} output channels");
        long[] sums = Sums(call, plan, Centred(call, x, 2), CentredChannels(call, w, 5), bias);
        for (int i = 0; i < sums.Length; i++) sums[i] = requantize.Apply(sums[i], i / plan.Pixels % bias.Length);
        return [new Tensor(requantize.Type, plan.OutputShape, sums)];
    }

    internal static Tensor[] ConvInteger(OperatorCall call)
    {
        Tensor x = call.Input(0), w = call.Input(1);
        ConvPlan plan = ConvPlan.Of(call, x.Shape, w.Shape);
        long[] sums = Sums(call, plan, Centred(call, x, 2), CentredChannels(call, w, 3), new long[plan.Groups * plan.GroupOutputs]);
        return [new Tensor(ElementType.Int32, plan.OutputShape, sums)];
    }

    internal static Tensor[] MatMul(OperatorCall call)
    {
        Tensor a = call.Input(0), b = call.Input(3);
        MatMulPlan plan = MatMulPlan.Of(call, a.Shape, b.Shape);
        Requantizer requantize = Requantizer.Of(call, 1, 4, 6, plan.N);
        long[] sums = Products(call, plan, Centred(call, a, 2), Centred(call, b, 5));
        for (int i = 0; i < sums.Length; i++) sums[i] = requantize.Apply(sums[i], i % plan.N);
        return [new Tensor(requantize.Type, plan.OutputShape, sums)];
    }

    internal static Tensor[] MatMulInteger(OperatorCall call)
    {
        Tensor a = call.Input(0), b = call.Input(1);
        MatMulPlan plan = MatMulPlan.Of(call, a.Shape, b.Shape);
        return [new Tensor(ElementType.Int32, plan.OutputShape, Products(call, plan, Centred(call, a, 2, rows: true), Centred(call, b, 3)))];
    }

    private static long[] Sums(OperatorCall call, ConvPlan plan, int[] x, int[] w, long[] bias)
    {
        int pixels = plan.Pixels, k = plan.K, sampleSize = x.Length / Math.Max(1, plan.Samples);
        var result = new long[Shapes.Count(plan.OutputShape)];
        Parallel.For(0, plan.Samples * plan.Groups, task =>
        {
            int sample = task / plan.Groups, group = task % plan.Groups;
            var columns = new int[k * pixels];
            Im2Col.Columns(x.AsSpan(sample * sampleSize, sampleSize), plan.Geometry, group * plan.GroupInputs, plan.GroupInputs, 0, columns);
            var partial = new int[pixels];
            for (int o = group * plan.GroupOutputs; o < (group + 1) * plan.GroupOutputs; o++)
            {
                Span<long> row = result.AsSpan((sample * bias.Length + o) * pixels, pixels);
                row.Fill(bias[o]);
                for (int first = 0; first < k; first += ExactTerms)
                {
                    Array.Clear(partial);
                    for (int i = first; i < Math.Min(k, first + ExactTerms); i++) AddScaled(partial, columns.AsSpan(i * pixels, pixels), w[o * k + i]);
                    for (int p = 0; p < pixels; p++) row[p] += partial[p];
                }
            }
        });
        return Within32(call, result);
    }

    // row += weight · column; the caller bounds the sums.
    private static void AddScaled(Span<int> row, ReadOnlySpan<int> column, int weight)
    {
        int p = 0;
        if (row.Length >= Vector512<int>.Count)
        {
            Vector512<int> factor = Vector512.Create(weight);
            for (; p <= row.Length - Vector512<int>.Count; p += Vector512<int>.Count)
                (Vector512.Create<int>(row[p..]) + factor * Vector512.Create(column[p..])).CopyTo(row[p..]);
        }
        for (; p < row.Length; p++) row[p] += weight * column[p];
    }

    private static long[] Products(OperatorCall call, MatMulPlan plan, int[] a, int[] b)
    {
        int m = plan.M, n = plan.N, k = plan.K;
        var result = new long[Shapes.Count(plan.OutputShape)];
        for (int batch = 0; batch < plan.Batches; batch++)
            for (int i = 0; i < m; i++)
                for (int l = 0; l < k; l++)
                {
                    long left = a[(plan.LeftBatch(batch) * m + i) * k + l];
                    int right = (plan.RightBatch(batch) * k + l) * n, to = (batch * m + i) * n;
                    for (int j = 0; j < n; j++) result[to + j] += left * b[right + j];
                }
        return Within32(call, result);
    }

    private static long[] Within32(OperatorCall call, long[] sums) =>
        Array.TrueForAll(sums, s => s is >= int.MinValue and <= int.MaxValue) ? sums : throw call.Fail("a sum exceeds the int32 accumulator that ONNX prescribes");

    // Values minus their zero point: one for the tensor, or one a column (a row for the left operand of MatMulInteger).
    private static int[] Centred(OperatorCall call, Tensor x, int zeroIndex, bool rows = false)
    {
        long[] values = EightBit(call, x);
        long[] zeros = call.Optional(zeroIndex) is { } z ? call.Integers(z, zeroIndex) : [0];
        int columns = x.Shape[^1], count = zeros.Length;
        int along = count == 1 ? 1 : rows ? x.Shape.Length > 1 ? x.Shape[^2] : 1 : columns;
        if (count != 1 && count != along) throw call.Fail($"{count} zero points do not fit input {Shapes.Text(x.Shape)}");
        var result = new int[values.Length];
        for (int i = 0; i < result.Length; i++) result[i] = (int)(values[i] - zeros[count == 1 ? 0 : (rows ? i / columns : i) % along]);
        return result;
    }

    // Weights [O, I, …] minus the zero point of their output channel.
    private static int[] CentredChannels(OperatorCall call, Tensor w, int zeroIndex)
    {
        long[] values = EightBit(call, w);
        long[] zeros = call.Optional(zeroIndex) is { } z ? call.Integers(z, zeroIndex) : [0];
        if (zeros.Length != 1 && zeros.Length != w.Shape[0]) throw call.Fail($"{zeros.Length} zero points do not fit {w.Shape[0]} output channels");
        int per = w.Count / Math.Max(1, w.Shape[0]);
        var result = new int[values.Length];
        for (int i = 0; i < result.Length; i++) result[i] = (int)(values[i] - zeros[zeros.Length == 1 ? 0 : i / per]);
        return result;
    }

    private static long[] EightBit(OperatorCall call, Tensor t) =>
        t.Type is ElementType.Int8 or ElementType.UInt8 ? t.Integers : throw call.Fail($"operands must be Int8 or UInt8, found {t.Type}");

    internal static StaticValue[] ConvShape(ShapeCall call) => [new StaticValue(call.In(7).Type, Plan(call, 0, 3).OutputShape)];

    internal static StaticValue[] ConvIntegerShape(ShapeCall call) => [new StaticValue(ElementType.Int32, Plan(call, 0, 1).OutputShape)];

    internal static StaticValue[] MatMulShape(ShapeCall call) => [new StaticValue(call.In(7).Type, Product(call, 0, 3).OutputShape)];

    internal static StaticValue[] MatMulIntegerShape(ShapeCall call) => [new StaticValue(ElementType.Int32, Product(call, 0, 1).OutputShape)];

    private static ConvPlan Plan(ShapeCall call, int x, int w)
    {
        RequireEightBits(call, x, w);
        return ConvPlan.Of(call, call.In(x).Shape, call.In(w).Shape);
    }

    private static MatMulPlan Product(ShapeCall call, int a, int b)
    {
        RequireEightBits(call, a, b);
        return MatMulPlan.Of(call, call.In(a).Shape, call.In(b).Shape);
    }

    private static void RequireEightBits(ShapeCall call, params int[] operands)
    {
        foreach (int i in operands)
            if (call.In(i).Type is not (ElementType.Int8 or ElementType.UInt8)) throw call.Fail($"operands must be Int8 or UInt8, found {call.In(i).Type}");
    }
}

/// <summary>Brings exact sums to the output's scale.</summary>
internal sealed record Requantizer(ElementType Type, float[] Multiplier, long Zero)
{
    internal static Requantizer Of(OperatorCall call, int inputScale, int weightScale, int outputScale, int channels)
    {
        Tensor xs = call.Input(inputScale), ws = call.Input(weightScale), ys = call.Input(outputScale), zero = call.Input(outputScale + 1);
        if (xs.Count != 1 || ys.Count != 1 || zero.Count != 1) throw call.Fail("input and output scales and the output's zero point must be scalars");
        if (ws.Count != 1 && ws.Count != channels) throw call.Fail($"{ws.Count} weight scales do not fit {channels} output channels");
        if (zero.Type is not (ElementType.Int8 or ElementType.UInt8)) throw call.Fail($"the output must be Int8 or UInt8, found {zero.Type}");
        float x = call.Floats(xs, "x_scale")[0], y = call.Floats(ys, "y_scale")[0];
        float[] multiplier = Array.ConvertAll(call.Floats(ws, "w_scale"), w => Requantization.Multiplier(x, w, y));
        return multiplier.All(m => m > 0 && float.IsFinite(m)) ? new Requantizer(zero.Type, multiplier, zero.Integer(0)) : throw call.Fail("every scale must be greater than 0 and finite");
    }

    internal long Apply(long sum, int channel)
    {
        (long low, long high) = Type.Range();
        return Requantization.Of(sum, Multiplier[Multiplier.Length == 1 ? 0 : channel], Zero, low, high);
    }
}
