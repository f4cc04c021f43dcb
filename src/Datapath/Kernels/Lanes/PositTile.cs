using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sim.Datapath.Kernels.Lanes;

/// <summary>
/// Posit registers rounded after every step, in binary32 lanes that hold twice a number: 8 rows × one vector of outputs. The largest magnitude that was
/// rounded stays beside each: above the largest posit, a step overflowed.
/// </summary>
/// <typeparam name="TSeparate">Whether products are rounded to the posit before they are added.</typeparam>
/// <typeparam name="TLossy">
/// Whether binary32 may round a sum s = p + acc to a tie: d = p - s and d + acc give the sign of what was lost, which then decides (PositLanesKernel).
/// </typeparam>
internal static class PositTile<TSeparate, TLossy>
    where TSeparate : struct, IChoice
    where TLossy : struct, IChoice
{
    /// <summary>
    /// Sums <paramref name="k"/> products: <paramref name="a"/> is [k][8] and doubled, <paramref name="b"/> is [k][16]; <paramref name="c"/> and
    /// <paramref name="largest"/> are [8][16], the latter read too.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Sum(ref float a, ref float b, int k, in PositLanes posit, ref float c, ref int largest)
    {
        Vector512<int> half = posit.Half, kept = posit.Kept, odd = posit.Odd, shift = Vector512.Create(posit.RegimeShift);
        Vector512<int> lowest = Vector512.Create(posit.Lowest), highest = Vector512.Create(posit.Highest);
        Vector512<float> c0 = default, c1 = default, c2 = default, c3 = default, c4 = default, c5 = default, c6 = default, c7 = default;
        Vector512<int> m0 = Vector512.LoadUnsafe(ref largest), m1 = Vector512.LoadUnsafe(ref largest, 16), m2 = Vector512.LoadUnsafe(ref largest, 32);
        Vector512<int> m3 = Vector512.LoadUnsafe(ref largest, 48), m4 = Vector512.LoadUnsafe(ref largest, 64), m5 = Vector512.LoadUnsafe(ref largest, 80);
        Vector512<int> m6 = Vector512.LoadUnsafe(ref largest, 96), m7 = Vector512.LoadUnsafe(ref largest, 112);
        for (; k > 0; k--)
        {
            Vector512<float> x = Vector512.LoadUnsafe(ref b);
            c0 = Step(c0, Vector512.Create(a), x, half, kept, odd, shift, lowest, highest, ref m0);
            c1 = Step(c1, Vector512.Create(Unsafe.Add(ref a, 1)), x, half, kept, odd, shift, lowest, highest, ref m1);
            c2 = Step(c2, Vector512.Create(Unsafe.Add(ref a, 2)), x, half, kept, odd, shift, lowest, highest, ref m2);
            c3 = Step(c3, Vector512.Create(Unsafe.Add(ref a, 3)), x, half, kept, odd, shift, lowest, highest, ref m3);
            c4 = Step(c4, Vector512.Create(Unsafe.Add(ref a, 4)), x, half, kept, odd, shift, lowest, highest, ref m4);
            c5 = Step(c5, Vector512.Create(Unsafe.Add(ref a, 5)), x, half, kept, odd, shift, lowest, highest, ref m5);
            c6 = Step(c6, Vector512.Create(Unsafe.Add(ref a, 6)), x, half, kept, odd, shift, lowest, highest, ref m6);
            c7 = Step(c7, Vector512.Create(Unsafe.Add(ref a, 7)), x, half, kept, odd, shift, lowest, highest, ref m7);
            a = ref Unsafe.Add(ref a, LaneTile.Rows);
            b = ref Unsafe.Add(ref b, 16);
        }
        Store(ref c, c0, c1, c2, c3, c4, c5, c6, c7);
        Store(ref largest, m0, m1, m2, m3, m4, m5, m6, m7);
    }

    /// <summary>Adds a finished chunk to the running total, all [rows][16]. Both are posits, so neither is a tie that what was lost could decide.</summary>
    public static void Combine(Span<float> total, ReadOnlySpan<float> chunk, in PositLanes posit, Span<int> largest)
    {
        Vector512<int> shift = Vector512.Create(posit.RegimeShift), lowest = Vector512.Create(posit.Lowest), highest = Vector512.Create(posit.Highest);
        for (int i = 0; i < total.Length; i += 16)
        {
            Vector512<int> most = Vector512.Create<int>(largest[i..]);
            Vector512<float> sum = Vector512.Create<float>(total[i..]) + Vector512.Create(chunk[i..]);
            Round<NotChosen>(sum, default, posit.Half, posit.Kept, posit.Odd, shift, lowest, highest, ref most).CopyTo(total[i..]);
            most.CopyTo(largest[i..]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Step(Vector512<float> acc, Vector512<float> a, Vector512<float> b, Vector512<int> half, Vector512<int> kept, Vector512<int> odd,
        Vector512<int> shift, Vector512<int> lowest, Vector512<int> highest, ref Vector512<int> largest)
    {
        if (TSeparate.IsMade)
        {
            Vector512<float> product = Round<NotChosen>(a * b, default, half, kept, odd, shift, lowest, highest, ref largest);
            return Round<NotChosen>(acc + product, default, half, kept, odd, shift, lowest, highest, ref largest);
        }
        Vector512<float> sum = Vector512.FusedMultiplyAdd(a, b, acc), lost = default;
        if (TLossy.IsMade) lost = PositLanes.MultiplySubtract(a, b, sum) + acc;
        return Round<TLossy>(sum, lost, half, kept, odd, shift, lowest, highest, ref largest);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Round<TLost>(Vector512<float> sum, Vector512<float> lost, Vector512<int> half, Vector512<int> kept, Vector512<int> odd,
        Vector512<int> shift, Vector512<int> lowest, Vector512<int> highest, ref Vector512<int> largest)
        where TLost : struct, IChoice
    {
        Vector512<int> magnitude = sum.AsInt32() & Vector512.Create(int.MaxValue);
        largest = Vector512.Max(largest, magnitude);
        Vector512<int> held = Vector512.Min(Vector512.Max(magnitude, lowest), highest), regime = PositLanes.Shift(held, shift);
        // 1 where a tie goes up: the code below is odd, or what was lost has the sign of the sum.
        Vector512<int> up = Vector512.Min((held & PositLanes.Find(odd, regime)).AsUInt32(), Vector512<uint>.One).AsInt32();
        if (TLost.IsMade) up = Vector512.ConditionalSelect(Vector512.Equals(lost, Vector512<float>.Zero).AsInt32(), up, ~(sum ^ lost).AsInt32() >>> 31);
        Vector512<int> rounded = (held + PositLanes.Find(half, regime) + up) & PositLanes.Find(kept, regime);
        rounded |= sum.AsInt32() & Vector512.Create(int.MinValue);
        return Vector512.ConditionalSelect(Vector512.Equals(sum, Vector512<float>.Zero), Vector512<float>.Zero, rounded.AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<T>(ref T to, Vector512<T> r0, Vector512<T> r1, Vector512<T> r2, Vector512<T> r3, Vector512<T> r4, Vector512<T> r5, Vector512<T> r6, Vector512<T> r7)
    {
        r0.StoreUnsafe(ref to);
        r1.StoreUnsafe(ref to, 16);
        r2.StoreUnsafe(ref to, 32);
        r3.StoreUnsafe(ref to, 48);
        r4.StoreUnsafe(ref to, 64);
        r5.StoreUnsafe(ref to, 80);
        r6.StoreUnsafe(ref to, 96);
        r7.StoreUnsafe(ref to, 112);
    }
}
