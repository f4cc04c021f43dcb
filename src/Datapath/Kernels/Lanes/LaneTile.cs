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
    /// Sums <paramref name="k"/> products. <paramref name="a"/> is [k][Rows], <paramref name="b"/> is [k][Width], <paramref name="c"/> is [Rows][Width].
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Sum<T, TReduction>(ref T a, ref T b, int k, TReduction step, ref T c)
        where T : unmanaged
        where TReduction : struct, IReduction<T>
    {
        int lanes = Vector512<T>.Count;
        Vector512<T> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default, c30 = default, c31 = default;
        Vector512<T> c40 = default, c41 = default, c50 = default, c51 = default, c60 = default, c61 = default, c70 = default, c71 = default;
        for (; k > 0; k--)
        {
            Vector512<T> b0 = Vector512.LoadUnsafe(ref b), b1 = Vector512.LoadUnsafe(ref b, (nuint)lanes);
            Vector512<T> x = Vector512.Create(a);
            c00 = step.Step(c00, x, b0);
            c01 = step.Step(c01, x, b1);
            x = Vector512.Create(Unsafe.Add(ref a, 1));
            c10 = step.Step(c10, x, b0);
            c11 = step.Step(c11, x, b1);
            x = Vector512.Create(Unsafe.Add(ref a, 2));
            c20 = step.Step(c20, x, b0);
            c21 = step.Step(c21, x, b1);
            x = Vector512.Create(Unsafe.Add(ref a, 3));
            c30 = step.Step(c30, x, b0);
            c31 = step.Step(c31, x, b1);
            x = Vector512.Create(Unsafe.Add(ref a, 4));
            c40 = step.Step(c40, x, b0);
            c41 = step.Step(c41, x, b1);
            x = Vector512.Create(Unsafe.Add(ref a, 5));
            c50 = step.Step(c50, x, b0);
            c51 = step.Step(c51, x, b1);
            x = Vector512.Create(Unsafe.Add(ref a, 6));
            c60 = step.Step(c60, x, b0);
            c61 = step.Step(c61, x, b1);
            x = Vector512.Create(Unsafe.Add(ref a, 7));
            c70 = step.Step(c70, x, b0);
            c71 = step.Step(c71, x, b1);
            a = ref Unsafe.Add(ref a, Rows);
            b = ref Unsafe.Add(ref b, 2 * lanes);
        }
        nuint n = (nuint)lanes;
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
