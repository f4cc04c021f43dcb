using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sim.Datapath.Kernels.Lanes;

/// <summary>
/// The inner loop of every untracked kernel: an 8 × 2-vector block of outputs in registers, k ascending. Sixteen independent chains hide
/// the latency of a rounded step; a tail of rows or lanes is padded with zeros by the packing instead of having a loop of its own.
/// </summary>
internal static class LaneTile
{
    /// <summary>Rows of a block.</summary>
    public const int Rows = 8;

    /// <summary>Lanes of a block: two vectors.</summary>
    public static int Width<T>()
        where T : unmanaged => 2 * Vector512<T>.Count;

    /// <summary>
    /// Sums <paramref name="k"/> products. <paramref name="a"/> is [k][Rows], <paramref name="b"/> is [k][Width], <paramref name="c"/> is
    /// [Rows][Width].
    /// </summary>
    public static void Sum<T, TReduction>(ref T a, ref T b, int k, TReduction step, ref T c)
        where T : unmanaged
        where TReduction : struct, IReduction<T> => Sum(ref a, ref b, k, step, step, default(Unwatched<T>), ref Unsafe.NullRef<T>(), ref c);

    /// <summary>
    /// As the other <c>Sum</c>, with two forms of the same step that load different units of the processor, one for each vector of a row,
    /// and a watch over the accumulators after every step, whose result it returns.
    /// </summary>
    /// <param name="a">[k][Rows].</param>
    /// <param name="b">[k][Width].</param>
    /// <param name="k">Products.</param>
    /// <param name="left">Step of the first vector.</param>
    /// <param name="right">Step of the second.</param>
    /// <param name="watch">What is looked for.</param>
    /// <param name="from">Sums to go on from, [Rows][Width], which may be <paramref name="c"/>; a null reference for zeros.</param>
    /// <param name="c">[Rows][Width].</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Vector512<T> Sum<T, TLeft, TRight,
        TWatch>(ref T a, ref T b, int k, TLeft left, TRight right, TWatch watch, ref T from, ref T c)
        where T : unmanaged
        where TLeft : struct, IReduction<T>
        where TRight : struct, IReduction<T>
        where TWatch : struct, IWatch<T>
    {
        int lanes = Vector512<T>.Count;
        nuint n = (nuint)lanes;
        Vector512<T> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default, c30 = default, c31 = default;
        Vector512<T> c40 = default, c41 = default, c50 = default, c51 = default, c60 = default, c61 = default, c70 = default, c71 = default;
        Vector512<T> s0 = Vector512<T>.AllBitsSet, s1 = s0;
        if (!Unsafe.IsNullRef(ref from))
        {
            c00 = Vector512.LoadUnsafe(ref from);
            c01 = Vector512.LoadUnsafe(ref from, n);
            c10 = Vector512.LoadUnsafe(ref from, 2 * n);
            c11 = Vector512.LoadUnsafe(ref from, 3 * n);
            c20 = Vector512.LoadUnsafe(ref from, 4 * n);
            c21 = Vector512.LoadUnsafe(ref from, 5 * n);
            c30 = Vector512.LoadUnsafe(ref from, 6 * n);
            c31 = Vector512.LoadUnsafe(ref from, 7 * n);
            c40 = Vector512.LoadUnsafe(ref from, 8 * n);
            c41 = Vector512.LoadUnsafe(ref from, 9 * n);
            c50 = Vector512.LoadUnsafe(ref from, 10 * n);
            c51 = Vector512.LoadUnsafe(ref from, 11 * n);
            c60 = Vector512.LoadUnsafe(ref from, 12 * n);
            c61 = Vector512.LoadUnsafe(ref from, 13 * n);
            c70 = Vector512.LoadUnsafe(ref from, 14 * n);
            c71 = Vector512.LoadUnsafe(ref from, 15 * n);
        }
        for (; k > 0; k--)
        {
            Vector512<T> b0 = Vector512.LoadUnsafe(ref b), b1 = Vector512.LoadUnsafe(ref b, n);
            Vector512<T> x = Vector512.Create(a);
            c00 = left.Step(c00, x, b0);
            c01 = right.Step(c01, x, b1);
            s0 = watch.See(s0, c00, c01);
            x = Vector512.Create(Unsafe.Add(ref a, 1));
            c10 = left.Step(c10, x, b0);
            c11 = right.Step(c11, x, b1);
            s1 = watch.See(s1, c10, c11);
            x = Vector512.Create(Unsafe.Add(ref a, 2));
            c20 = left.Step(c20, x, b0);
            c21 = right.Step(c21, x, b1);
            s0 = watch.See(s0, c20, c21);
            x = Vector512.Create(Unsafe.Add(ref a, 3));
            c30 = left.Step(c30, x, b0);
            c31 = right.Step(c31, x, b1);
            s1 = watch.See(s1, c30, c31);
            x = Vector512.Create(Unsafe.Add(ref a, 4));
            c40 = left.Step(c40, x, b0);
            c41 = right.Step(c41, x, b1);
            s0 = watch.See(s0, c40, c41);
            x = Vector512.Create(Unsafe.Add(ref a, 5));
            c50 = left.Step(c50, x, b0);
            c51 = right.Step(c51, x, b1);
            s1 = watch.See(s1, c50, c51);
            x = Vector512.Create(Unsafe.Add(ref a, 6));
            c60 = left.Step(c60, x, b0);
            c61 = right.Step(c61, x, b1);
            s0 = watch.See(s0, c60, c61);
            x = Vector512.Create(Unsafe.Add(ref a, 7));
            c70 = left.Step(c70, x, b0);
            c71 = right.Step(c71, x, b1);
            s1 = watch.See(s1, c70, c71);
            a = ref Unsafe.Add(ref a, Rows);
            b = ref Unsafe.Add(ref b, 2 * lanes);
        }
        c00.StoreUnsafe(ref c);
        c01.StoreUnsafe(ref c, n);
        c10.StoreUnsafe(ref c, 2 * n);
        c11.StoreUnsafe(ref c, 3 * n);
        c20.StoreUnsafe(ref c, 4 * n);
        c21.StoreUnsafe(ref c, 5 * n);
        c30.StoreUnsafe(ref c, 6 * n);
        c31.StoreUnsafe(ref c, 7 * n);
        c40.StoreUnsafe(ref c, 8 * n);
        c41.StoreUnsafe(ref c, 9 * n);
        c50.StoreUnsafe(ref c, 10 * n);
        c51.StoreUnsafe(ref c, 11 * n);
        c60.StoreUnsafe(ref c, 12 * n);
        c61.StoreUnsafe(ref c, 13 * n);
        c70.StoreUnsafe(ref c, 14 * n);
        c71.StoreUnsafe(ref c, 15 * n);
        return s0 & s1;
    }

    /// <summary>Adds a finished chunk to the running total, both [Rows][Width].</summary>
    public static void Combine<T, TReduction>(Span<T> total, ReadOnlySpan<T> chunk, TReduction step)
        where T : unmanaged
        where TReduction : struct, IReduction<T>
    {
        for (int i = 0; i < total.Length; i += Vector512<T>.Count)
            step.Combine(Vector512.Create<T>(total[i..]), Vector512.Create(chunk[i..])).CopyTo(total[i..]);
    }
}
