using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sim.Datapath.Kernels.Lanes;

/// <summary>
/// Posit registers rounded after every step, in lanes that hold twice a number: 8 rows × one vector of outputs. The largest magnitude that
/// was rounded stays beside each: above the largest posit, a step overflowed.
/// </summary>
/// <typeparam name="T">Lane element.</typeparam>
/// <typeparam name="TLanes">Rounding of lanes.</typeparam>
/// <typeparam name="TSeparate">Whether products are rounded to the posit before they are added.</typeparam>
/// <typeparam name="TLossy">
/// Whether the lane may round a sum s = p + acc to a tie: d = p - s and d + acc give the sign of what was lost, which then decides
/// (PositLanesKernel).
/// </typeparam>
internal static class PositTile<T, TLanes, TSeparate, TLossy>
    where T : unmanaged
    where TLanes : struct, IPositLanes<T>
    where TSeparate : struct, IChoice
    where TLossy : struct, IChoice
{
    /// <summary>
    /// Sums <paramref name="k"/> products: <paramref name="a"/> is [k][8] and doubled, <paramref name="b"/> one vector of every
    /// [k][<paramref name="stride"/>];
    /// <paramref name="c"/> and <paramref name="largest"/> are [8][one vector], the latter read too.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Sum(ref T a, ref T b, int stride, int k, in TLanes posit, ref T c, ref T largest)
    {
        nuint n = (nuint)Vector512<T>.Count;
        Vector512<T> c0 = default, c1 = default, c2 = default, c3 = default, c4 = default, c5 = default, c6 = default, c7 = default;
        Vector512<T> m0 = Vector512.LoadUnsafe(ref largest), m1 = Vector512.LoadUnsafe(ref largest, n),
            m2 = Vector512.LoadUnsafe(ref largest, 2 * n);
        Vector512<T> m3 = Vector512.LoadUnsafe(ref largest, 3 * n), m4 = Vector512.LoadUnsafe(ref largest, 4 * n),
            m5 = Vector512.LoadUnsafe(ref largest, 5 * n);
        Vector512<T> m6 = Vector512.LoadUnsafe(ref largest, 6 * n), m7 = Vector512.LoadUnsafe(ref largest, 7 * n);
        for (; k > 0; k--)
        {
            Vector512<T> x = Vector512.LoadUnsafe(ref b);
            c0 = Step(c0, Vector512.Create(a), x, posit, ref m0);
            c1 = Step(c1, Vector512.Create(Unsafe.Add(ref a, 1)), x, posit, ref m1);
            c2 = Step(c2, Vector512.Create(Unsafe.Add(ref a, 2)), x, posit, ref m2);
            c3 = Step(c3, Vector512.Create(Unsafe.Add(ref a, 3)), x, posit, ref m3);
            c4 = Step(c4, Vector512.Create(Unsafe.Add(ref a, 4)), x, posit, ref m4);
            c5 = Step(c5, Vector512.Create(Unsafe.Add(ref a, 5)), x, posit, ref m5);
            c6 = Step(c6, Vector512.Create(Unsafe.Add(ref a, 6)), x, posit, ref m6);
            c7 = Step(c7, Vector512.Create(Unsafe.Add(ref a, 7)), x, posit, ref m7);
            a = ref Unsafe.Add(ref a, LaneTile.Rows);
            b = ref Unsafe.Add(ref b, stride);
        }
        Store(ref c, c0, c1, c2, c3, c4, c5, c6, c7);
        Store(ref largest, m0, m1, m2, m3, m4, m5, m6, m7);
    }

    /// <summary>Adds a finished chunk to the running total, all [rows][one vector]. Both are posits, so neither is a tie that what was lost
    /// could decide.</summary>
    public static void Combine(Span<T> total, ReadOnlySpan<T> chunk, in TLanes posit, Span<T> largest)
    {
        for (int i = 0; i < total.Length; i += Vector512<T>.Count)
        {
            Vector512<T> most = Vector512.Create<T>(largest[i..]), sum = Vector512.Create<T>(total[i..]) + Vector512.Create(chunk[i..]);
            posit.Round<NotChosen>(sum, default, ref most).CopyTo(total[i..]);
            most.CopyTo(largest[i..]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<T> Step(Vector512<T> acc, Vector512<T> a, Vector512<T> b, in TLanes posit, ref Vector512<T> largest)
    {
        if (TSeparate.IsMade) return posit.Round<NotChosen>(acc + posit.Round<NotChosen>(a * b, default, ref largest), default,
            ref largest);
        Vector512<T> sum = TLanes.MultiplyAdd(a, b, acc), lost = default;
        if (TLossy.IsMade) lost = TLanes.MultiplySubtract(a, b, sum) + acc;
        return posit.Round<TLossy>(sum, lost, ref largest);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(ref T to, Vector512<T> r0, Vector512<T> r1, Vector512<T> r2, Vector512<T> r3, Vector512<T> r4,
        Vector512<T> r5, Vector512<T> r6, Vector512<T> r7)
    {
        nuint n = (nuint)Vector512<T>.Count;
        r0.StoreUnsafe(ref to);
        r1.StoreUnsafe(ref to, n);
        r2.StoreUnsafe(ref to, 2 * n);
        r3.StoreUnsafe(ref to, 3 * n);
        r4.StoreUnsafe(ref to, 4 * n);
        r5.StoreUnsafe(ref to, 5 * n);
        r6.StoreUnsafe(ref to, 6 * n);
        r7.StoreUnsafe(ref to, 7 * n);
    }
}
