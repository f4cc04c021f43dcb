using System.Runtime.Intrinsics;
using Sim.Workloads.Graph;
using Sim.Workloads.Quantization;

namespace Sim.Workloads.Execution.Operators;

/// <summary>
/// QLinearConv, QLinearMatMul, ConvInteger, MatMulInteger, QGemm. Sums are int32 and wrap, as ONNX lets them. Requantization is
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
        int channels = plan.Groups * plan.GroupOutputs;
        Requantizer requantize = Requantizer.Of(call, 1, 4, 6, channels);
        int[] bias = call.Optional(8) is { } b ? Bias(call, b, channels) : new int[channels];
        int[] sums = Sums(plan, Centred(call, x, 2, Along.Nothing), Centred(call, w, 5, Along.Channels), bias);
        return [requantize.Apply(sums, plan.OutputShape, i => i / plan.Pixels % channels)];
    }

    internal static Tensor[] ConvInteger(OperatorCall call)
    {
        Tensor x = call.Input(0), w = call.Input(1);
        ConvPlan plan = ConvPlan.Of(call, x.Shape, w.Shape);
        return [new Tensor(ElementType.Int32, plan.OutputShape,
            Sums(plan, Centred(call, x, 2, Along.Nothing), Centred(call, w, 3, Along.Channels), new int[plan.Groups * plan.GroupOutputs]))];
    }

    internal static Tensor[] MatMul(OperatorCall call)
    {
        Tensor a = call.Input(0), b = call.Input(3);
        MatMulPlan plan = MatMulPlan.Of(call, a.Shape, b.Shape);
        int[] sums = Products(plan, Centred(call, a, 2, Along.Rows), Centred(call, b, 5, Along.Columns));
        return [Requantizer.OfMatrices(call, plan).Apply(sums, plan.OutputShape, i => i)];
    }

    internal static Tensor[] MatMulInteger(OperatorCall call)
    {
        Tensor a = call.Input(0), b = call.Input(1);
        MatMulPlan plan = MatMulPlan.Of(call, a.Shape, b.Shape);
        return [new Tensor(ElementType.Int32, plan.OutputShape,
            Products(plan, Centred(call, a, 2, Along.Rows), Centred(call, b, 3, Along.Columns)))];
    }

    /// <summary>QGemm of com.microsoft: C is int32 at the scale of the sums; without an output scale the result is float32.</summary>
    internal static Tensor[] Gemm(OperatorCall call)
    {
        Tensor a = call.Input(0), b = call.Input(3);
        if (a.Shape.Length != 2 || b.Shape.Length
            != 2) throw call.Fail($"A {Shapes.Text(a.Shape)} and B {Shapes.Text(b.Shape)} must be matrices");
        bool transA = call.Flag("transA", false), transB = call.Flag("transB", false);
        int m = a.Shape[transA ? 1 : 0], n = b.Shape[transB ? 0 : 1];
        int[] left = Centred(call, a, 2, Along.Nothing), right = Centred(call, b, 5, transB ? Along.Channels : Along.Columns);
        if (transA) left = MatrixProducts.Transposed(left, a.Shape[0], m);
        if (transB) right = MatrixProducts.Transposed(right, n, b.Shape[1]);
        int[] sums = Products(MatMulPlan.Of(call, [m, a.Shape[transA ? 0 : 1]], [b.Shape[transB ? 1 : 0], n]), left, right);
        if (call.Optional(6) is { } c)
        {
            if (c.Type != ElementType.Int32 || Shapes.Broadcast(c.Shape, [m, n]) is not { } wide || !wide.SequenceEqual([m, n]))
                throw call.Fail($"C must be Int32 and broadcast to [{m},{n}], found {c.Type} {Shapes.Text(c.Shape)}");
            int[] addend = Broadcasting.Expand(c.Span<int>().ToArray(), c.Shape, [m, n]);
            for (int i = 0; i < sums.Length; i++) sums[i] = unchecked(sums[i] + addend[i]);
        }
        if (call.Optional(7) is not null) return [Requantizer.Of(call, 1, 4, 7, n, call.Real("alpha", 1)).Apply(sums, [m, n], i => i % n)];
        float[] scales = Requantizer.InputScales(call, 1, 4, n, call.Real("alpha", 1)), result = new float[sums.Length];
        for (int i = 0; i < result.Length; i++) result[i] = sums[i] * scales[scales.Length == 1 ? 0 : i % n];
        return [Tensor.OfFloats(result, m, n)];
    }

    private static int[] Bias(OperatorCall call, Tensor b, int channels) =>
        b.Type == ElementType.Int32 && b.Count == channels ? b.Span<int>().ToArray()
            : throw call.Fail($"the bias must be {channels} Int32, found {b.Count} {b.Type}");

    private static int[] Sums(ConvPlan plan, int[] x, int[] w, int[] bias)
    {
        int pixels = plan.Pixels, k = plan.K, sampleSize = x.Length / Math.Max(1, plan.Samples);
        var result = new int[Shapes.Count(plan.OutputShape)];
        Parallel.For(0, plan.Samples * plan.Groups, task =>
        {
            int sample = task / plan.Groups, group = task % plan.Groups;
            var columns = new int[k * pixels];
            Im2Col.Columns(x.AsSpan(sample * sampleSize, sampleSize), plan.Geometry, group * plan.GroupInputs, plan.GroupInputs, 0,
                columns);
            var partial = new int[pixels];
            for (int o = group * plan.GroupOutputs; o < (group + 1) * plan.GroupOutputs; o++)
            {
                Span<int> row = result.AsSpan((sample * bias.Length + o) * pixels, pixels);
                row.Fill(bias[o]);
                for (int first = 0; first < k; first += ExactTerms)
                {
                    Array.Clear(partial);
                    for (int i = first; i < Math.Min(k, first + ExactTerms); i++) AddScaled(partial, columns.AsSpan(i * pixels, pixels),
                        w[o * k + i]);
                    for (int p = 0; p < pixels; p++) row[p] = unchecked(row[p] + partial[p]);
                }
            }
        });
        return result;
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

    private static int[] Products(MatMulPlan plan, int[] a, int[] b)
    {
        int m = plan.M, n = plan.N, k = plan.K;
        var result = new int[Shapes.Count(plan.OutputShape)];
        for (int batch = 0; batch < plan.Batches; batch++)
            for (int i = 0; i < m; i++)
                for (int l = 0; l < k; l++)
                {
                    int left = a[(plan.LeftBatch(batch) * m + i) * k + l];
                    ReadOnlySpan<int> right = b.AsSpan((plan.RightBatch(batch) * k + l) * n, n);
                    Span<int> row = result.AsSpan((batch * m + i) * n, n);
                    unchecked
                    {
                        for (int j = 0; j < row.Length; j++) row[j] += left * right[j];
                    }
                }
        return result;
    }

    // Values minus their zero point: one for the tensor, or one a row, column or first index, or any shape that broadcasts.
    private static int[] Centred(OperatorCall call, Tensor x, int zeroIndex, Along along)
    {
        if (x.Type is not (ElementType.Int8 or ElementType.UInt8)) throw call.Fail($"operands must be Int8 or UInt8, found {x.Type}");
        var result = new int[x.Count];
        x.CopyIntegers(0, result);
        if (call.Optional(zeroIndex) is not { } zero) return result;
        if (zero.Type != x.Type) throw call.Fail($"the zero point of input {zeroIndex} is {zero.Type}, its operand {x.Type}");
        var zeros = new int[zero.Count];
        zero.CopyIntegers(0, zeros);
        int[] shape = Spread.Shape(zero, x.Shape.Length, along);
        if (zeros.Length != 1 && (along == Along.Nothing || Shapes.Broadcast(shape, x.Shape) is not { } wide
            || !wide.SequenceEqual(x.Shape)))
            throw call.Fail($"zero points of shape {Shapes.Text(zero.Shape)} do not fit input {Shapes.Text(x.Shape)}");
        if (zeros.Length > 1) zeros = Broadcasting.Expand(zeros, shape, x.Shape);
        for (int i = 0; i < result.Length; i++) result[i] -= zeros[zeros.Length == 1 ? 0 : i];
        return result;
    }

    internal static StaticValue[] ConvShape(ShapeCall call) => [new StaticValue(call.In(7).Type, Plan(call, 0, 3).OutputShape)];

    internal static StaticValue[] ConvIntegerShape(ShapeCall call) => [new StaticValue(ElementType.Int32, Plan(call, 0, 1).OutputShape)];

    internal static StaticValue[] MatMulShape(ShapeCall call) => [new StaticValue(call.In(7).Type, Product(call, 0, 3).OutputShape)];

    internal static StaticValue[] MatMulIntegerShape(ShapeCall call) =>
        [new StaticValue(ElementType.Int32, Product(call, 0, 1).OutputShape)];

    internal static StaticValue[] GemmShape(ShapeCall call)
    {
        RequireEightBits(call, 0, 3);
        int[] a = call.In(0).Shape, b = call.In(3).Shape;
        if (a.Length != 2 || b.Length != 2) throw call.Fail($"A {Shapes.Text(a)} and B {Shapes.Text(b)} must be matrices");
        bool transA = call.Flag("transA", false), transB = call.Flag("transB", false);
        if (a[transA ? 0 : 1] != b[transB ? 1
            : 0]) throw call.Fail($"A {Shapes.Text(a)} and B {Shapes.Text(b)} do not fit for a matrix product");
        return [new StaticValue(call.InOrNull(7) is null ? ElementType.Float32 : call.In(8).Type, [a[transA ? 1 : 0], b[transB ? 0 : 1]])];
    }

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
            if (call.In(i).Type is not (ElementType.Int8
                or ElementType.UInt8)) throw call.Fail($"operands must be Int8 or UInt8, found {call.In(i).Type}");
    }
}

/// <summary>What a vector of scales or zero points runs along.</summary>
internal enum Along : byte { Nothing, Rows, Columns, Channels }

/// <summary>Shapes of scales and zero points under numpy's broadcasting.</summary>
internal static class Spread
{
    /// <summary>One value counts for all; a vector runs along rows, columns or the first index; more dimensions are taken as they
    /// are.</summary>
    internal static int[] Shape(Tensor t, int rank, Along along) => t.Count == 1 ? [] : t.Shape.Length > 1 ? t.Shape : along switch
    {
        Along.Rows => [t.Count, 1],
        Along.Channels => [t.Count, .. Enumerable.Repeat(1, rank - 1)],
        _ => [t.Count],
    };
}
