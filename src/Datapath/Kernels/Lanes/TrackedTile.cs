using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sim.Datapath.Kernels.Lanes;

/// <summary>The inner loop of kernels that watch every step: 4 rows × one vector, each chain with its own overflow mask.</summary>
internal static class TrackedTile
{
    /// <summary>Rows of a block.</summary>
    public const int Rows = 4;

    /// <summary>As <see cref="LaneTile.Sum"/> with [k][4] and [k][one vector]; ORs overflowed lanes into <paramref name="events"/>, [4][one
    /// vector].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Sum<T, TReduction>(ref T a, ref T b, int k, TReduction step, ref T c, ref T events)
        where T : unmanaged
        where TReduction : struct, ITrackedReduction<T>
    {
        nuint n = (nuint)Vector512<T>.Count;
        Vector512<T> c0 = default, c1 = default, c2 = default, c3 = default;
        Vector512<T> e0 = Vector512.LoadUnsafe(ref events), e1 = Vector512.LoadUnsafe(ref events, n);
        Vector512<T> e2 = Vector512.LoadUnsafe(ref events, 2 * n), e3 = Vector512.LoadUnsafe(ref events, 3 * n);
        for (; k > 0; k--)
        {
            Vector512<T> x = Vector512.LoadUnsafe(ref b);
            c0 = step.Step(c0, Vector512.Create(a), x, ref e0);
            c1 = step.Step(c1, Vector512.Create(Unsafe.Add(ref a, 1)), x, ref e1);
            c2 = step.Step(c2, Vector512.Create(Unsafe.Add(ref a, 2)), x, ref e2);
            c3 = step.Step(c3, Vector512.Create(Unsafe.Add(ref a, 3)), x, ref e3);
            a = ref Unsafe.Add(ref a, Rows);
            b = ref Unsafe.Add(ref b, Vector512<T>.Count);
        }
        c0.StoreUnsafe(ref c);
        c1.StoreUnsafe(ref c, n);
        c2.StoreUnsafe(ref c, 2 * n);
        c3.StoreUnsafe(ref c, 3 * n);
        e0.StoreUnsafe(ref events);
        e1.StoreUnsafe(ref events, n);
        e2.StoreUnsafe(ref events, 2 * n);
        e3.StoreUnsafe(ref events, 3 * n);
    }

    /// <summary>Adds a finished chunk to the running total, all [4][one vector].</summary>
    public static void Combine<T, TReduction>(Span<T> total, ReadOnlySpan<T> chunk, TReduction step, Span<T> events)
        where T : unmanaged
        where TReduction : struct, ITrackedReduction<T>
    {
        for (int i = 0; i < total.Length; i += Vector512<T>.Count)
        {
            Vector512<T> overflowed = Vector512.Create<T>(events[i..]);
            step.Combine(Vector512.Create<T>(total[i..]), Vector512.Create(chunk[i..]), ref overflowed).CopyTo(total[i..]);
            overflowed.CopyTo(events[i..]);
        }
    }
}
