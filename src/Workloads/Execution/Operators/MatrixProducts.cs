using Sim.Workloads.Graph;

namespace Sim.Workloads.Execution.Operators;

/// <summary>Gemm and MatMul (numpy rules: vectors, broadcast batches).</summary>
internal static class MatrixProducts
{
    internal static Tensor[] Gemm(OperatorCall call)
    {
        Tensor a = call.Input(0), b = call.Input(1);
        bool transA = call.Flag("transA", false), transB = call.Flag("transB", false);
        (int m, int n, int k) = Sizes(call, a.Shape, b.Shape);
        float[] left = call.Floats(a, "A"), right = call.Floats(b, "B"), product = new float[Shapes.Count([m, n])];
        if (transA) left = Transposed(left, k, m);
        if (transB) right = Transposed(right, n, k);
        float alpha = call.Real("alpha", 1), beta = call.Real("beta", 1);
        float[]? addend = call.Optional(2) is { } c ? Addend(call, c, m, n) : null;
        bool preload = addend is not null && alpha == 1 && beta == 1;
        if (preload) addend!.CopyTo(product, 0);
        FloatGemm.AccumulateParallel(left, 0, right, 0, product, 0, m, n, k);
        if (!preload)
            for (int i = 0; i < product.Length; i++) product[i] = alpha * product[i] + (addend is null ? 0 : beta * addend[i]);
        return [Casting.Rounded(a.Type, [m, n], product)];
    }

    internal static StaticValue[] GemmShape(ShapeCall call)
    {
        call.RequireFloats(call.In(0).Type, "A");
        call.RequireFloats(call.In(1).Type, "B");
        (int m, int n, _) = Sizes(call, call.In(0).Shape, call.In(1).Shape);
        if (call.InOrNull(2) is { } c && Shapes.Broadcast(c.Shape, [m, n])?.AsSpan().SequenceEqual([m, n]) != true)
            throw call.Fail($"C {Shapes.Text(c.Shape)} does not broadcast to [{m},{n}]");
        return call.Like([m, n]);
    }

    private static (int M, int N, int K) Sizes(OperatorCall call, int[] a, int[] b)
    {
        if (a.Length != 2 || b.Length != 2) throw call.Fail($"A {Shapes.Text(a)} and B {Shapes.Text(b)} must be matrices");
        bool transA = call.Flag("transA", false), transB = call.Flag("transB", false);
        int k = a[transA ? 0 : 1], kb = b[transB ? 1 : 0];
        return k == kb ? (a[transA ? 1 : 0], b[transB ? 0 : 1], k)
            : throw call.Fail($"A {Shapes.Text(a)} and B {Shapes.Text(b)} have inner dimensions {k} and {kb}");
    }

    internal static StaticValue[] MatMulShape(ShapeCall call)
    {
        call.RequireFloats(call.In(0).Type, "A");
        call.RequireFloats(call.In(1).Type, "B");
        return call.Like(MatMulPlan.Of(call, call.In(0).Shape, call.In(1).Shape).OutputShape);
    }

    internal static Tensor[] MatMul(OperatorCall call)
    {
        Tensor a = call.Input(0), b = call.Input(1);
        MatMulPlan plan = MatMulPlan.Of(call, a.Shape, b.Shape);
        float[] left = call.Floats(a, "A"), right = call.Floats(b, "B"), product = new float[Shapes.Count(plan.OutputShape)];
        int m = plan.M, n = plan.N, k = plan.K;
        if (plan.Batches == 1) FloatGemm.AccumulateParallel(left, 0, right, 0, product, 0, m, n, k);
        else if (b.Shape.Length == 2) FloatGemm.AccumulateParallel(left, 0, right, 0, product, 0, plan.Batches * m, n, k);
        else
            Parallel.For(0, plan.Batches,
                i => FloatGemm.Accumulate(left.AsSpan(plan.LeftBatch(i) * m * k), right.AsSpan(plan.RightBatch(i) * k * n),
                product.AsSpan(i * m * n), m, n, k));
        return [Casting.Rounded(a.Type, plan.OutputShape, product)];
    }

    internal static T[] Transposed<T>(T[] source, int rows, int columns)
    {
        var result = new T[source.Length];
        for (int r = 0; r < rows; r++)
            for (int c = 0; c < columns; c++) result[c * rows + r] = source[r * columns + c];
        return result;
    }

    private static float[] Addend(OperatorCall call, Tensor c, int m, int n)
    {
        int[]? shape = Shapes.Broadcast(c.Shape, [m, n]);
        if (shape is null || !shape.SequenceEqual([m, n])) throw call.Fail($"C {Shapes.Text(c.Shape)} does not broadcast to [{m},{n}]");
        float[] values = call.Floats(c, "C"), full = new float[m * n];
        int[] strides = Shapes.BroadcastStrides(c.Shape, 2, shape);
        for (int i = 0; i < m; i++)
            for (int j = 0; j < n; j++) full[i * n + j] = values[i * strides[0] + j * strides[1]];
        return full;
    }
}

/// <summary>Shapes of a matrix product with broadcast batch dimensions, shared by MatMul, MatMulInteger and QLinearMatMul.</summary>
internal sealed record MatMulPlan(int Batches, int M, int N, int K, int[] OutputShape, int[] BatchShape, int[] LeftStrides,
    int[] RightStrides)
{
    internal static MatMulPlan Of(OperatorCall call, int[] a, int[] b)
    {
        if (a.Length == 0 || b.Length == 0) throw call.Fail("scalars cannot be multiplied as matrices");
        int m = a.Length == 1 ? 1 : a[^2], k = a[^1], kb = b.Length == 1 ? b[0] : b[^2], n = b.Length == 1 ? 1 : b[^1];
        int[] leftBatch = a.Length > 2 ? a[..^2] : [], rightBatch = b.Length > 2 ? b[..^2] : [];
        int[]? batch = Shapes.Broadcast(leftBatch, rightBatch);
        if (k != kb || batch is null) throw call.Fail($"A {Shapes.Text(a)} and B {Shapes.Text(b)} do not fit for a matrix product");
        List<int> output = [.. batch];
        if (a.Length > 1) output.Add(m);
        if (b.Length > 1) output.Add(n);
        return new MatMulPlan(Shapes.Count(batch), m, n, k, [.. output], batch,
            Shapes.BroadcastStrides(leftBatch, batch.Length, batch), Shapes.BroadcastStrides(rightBatch, batch.Length, batch));
    }

    internal int LeftBatch(int i) => Offset(i, LeftStrides);

    internal int RightBatch(int i) => Offset(i, RightStrides);

    private int Offset(int i, int[] strides)
    {
        int offset = 0;
        for (int d = BatchShape.Length - 1; d >= 0; d--)
        {
            offset += i % BatchShape[d] * strides[d];
            i /= BatchShape[d];
        }
        return offset;
    }
}
