using Sim.Workloads.Graph;

namespace Sim.Workloads.Execution.Operators;

/// <summary>Walks two or three arrays under numpy's broadcasting rule.</summary>
internal static class Broadcasting
{
    /// <summary>The common shape of two inputs; an error that names both when there is none.</summary>
    internal static int[] Shape(OperatorCall call, Tensor a, Tensor b) => Shape(call, a.Shape, b.Shape);

    /// <summary>The common shape of two shapes.</summary>
    internal static int[] Shape(OperatorCall call, int[] a, int[] b)
    {
        int[] shape = Shapes.Broadcast(a, b) ?? throw call.Fail($"shapes {Shapes.Text(a)} and {Shapes.Text(b)} do not broadcast");
        Shapes.Count(shape);
        return shape;
    }

    /// <summary>f(a, b) over the broadcast shape.</summary>
    internal static TResult[] Zip<T, TResult>(T[] a, int[] shapeA, T[] b, int[] shapeB, int[] shape, Func<T, T, TResult> f)
    {
        var result = new TResult[Shapes.Count(shape)];
        if (shapeA.AsSpan().SequenceEqual(shape) && shapeB.AsSpan().SequenceEqual(shape))
        {
            for (int i = 0; i < result.Length; i++) result[i] = f(a[i], b[i]);
            return result;
        }
        int[] stepA = Shapes.BroadcastStrides(shapeA, shape.Length, shape), stepB = Shapes.BroadcastStrides(shapeB, shape.Length, shape);
        if (result.Length == 0) return result;
        int inner = shape[^1], sa = stepA[^1], sb = stepB[^1], outer = result.Length / inner, to = 0;
        var index = new int[shape.Length];
        for (int row = 0; row < outer; row++)
        {
            int ia = 0, ib = 0;
            for (int d = 0; d < index.Length - 1; d++)
            {
                ia += index[d] * stepA[d];
                ib += index[d] * stepB[d];
            }
            for (int i = 0; i < inner; i++, ia += sa, ib += sb) result[to++] = f(a[ia], b[ib]);
            for (int d = index.Length - 2; d >= 0 && ++index[d] == shape[d]; d--) index[d] = 0;
        }
        return result;
    }

    /// <summary>An array repeated to a wider shape.</summary>
    internal static T[] Expand<T>(T[] a, int[] shapeA, int[] shape)
    {
        if (shapeA.AsSpan().SequenceEqual(shape)) return a;
        var one = new T[1];
        return Zip(a, shapeA, one, [], shape, static (x, _) => x);
    }

    /// <summary>The 64-bit patterns of a UInt64 tensor as numbers.</summary>
    internal static ulong[] Unsigned(Tensor t) => Array.ConvertAll(t.Integers, v => unchecked((ulong)v));

    /// <summary>UInt64 numbers as the patterns that a tensor holds.</summary>
    internal static long[] Signed(ulong[] values) => Array.ConvertAll(values, v => unchecked((long)v));
}
