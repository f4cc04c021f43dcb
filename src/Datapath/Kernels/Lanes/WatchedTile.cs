using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sim.Datapath.Kernels.Lanes;

/// <summary>
/// Float lanes rounded to p bits after every step as <see cref="RoundedReduction{T}"/> does, with a watch for accumulators below 2 that are not 0:
/// of the pattern less one, zero (all ones, borrowed) and numbers of at least 2 keep bit 30. One operation and an AND shared by two chains.
/// </summary>
internal static class WatchedTile
{
    /// <summary>
    /// Sums <paramref name="k"/> products: <paramref name="a"/> is [k][8], <paramref name="b"/> is [k][32],
    /// <paramref name="scale"/> is 2^(24-p), <paramref name="less"/> is 1 (an argument, because a constant is made anew at every use),
    /// <paramref name="c"/> is [8][32]. Bit 30 of what it returns is set when no accumulator was below 2 but 0.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static uint Sum(ref float a, ref float b, int k, float scale, uint less, ref float c)
    {
        Vector512<float> factor = Vector512.Create(scale);
        Vector512<uint> one = Vector512.Create(less);
        Vector512<float> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default, c30 = default, c31 = default;
        Vector512<float> c40 = default, c41 = default, c50 = default, c51 = default, c60 = default, c61 = default, c70 = default, c71 = default;
        Vector512<uint> s0 = Vector512<uint>.AllBitsSet, s1 = s0;
        for (; k > 0; k--)
        {
            Vector512<float> b0 = Vector512.LoadUnsafe(ref b), b1 = Vector512.LoadUnsafe(ref b, 16), x = Vector512.Create(a);
            c00 = Step(c00, x, b0, factor);
            c01 = Step(c01, x, b1, factor);
            s0 = Watch(s0, one, c00, c01);
            x = Vector512.Create(Unsafe.Add(ref a, 1));
            c10 = Step(c10, x, b0, factor);
            c11 = Step(c11, x, b1, factor);
            s1 = Watch(s1, one, c10, c11);
            x = Vector512.Create(Unsafe.Add(ref a, 2));
            c20 = Step(c20, x, b0, factor);
            c21 = Step(c21, x, b1, factor);
            s0 = Watch(s0, one, c20, c21);
            x = Vector512.Create(Unsafe.Add(ref a, 3));
            c30 = Step(c30, x, b0, factor);
            c31 = Step(c31, x, b1, factor);
            s1 = Watch(s1, one, c30, c31);
            x = Vector512.Create(Unsafe.Add(ref a, 4));
            c40 = Step(c40, x, b0, factor);
            c41 = Step(c41, x, b1, factor);
            s0 = Watch(s0, one, c40, c41);
            x = Vector512.Create(Unsafe.Add(ref a, 5));
            c50 = Step(c50, x, b0, factor);
            c51 = Step(c51, x, b1, factor);
            s1 = Watch(s1, one, c50, c51);
            x = Vector512.Create(Unsafe.Add(ref a, 6));
            c60 = Step(c60, x, b0, factor);
            c61 = Step(c61, x, b1, factor);
            s0 = Watch(s0, one, c60, c61);
            x = Vector512.Create(Unsafe.Add(ref a, 7));
            c70 = Step(c70, x, b0, factor);
            c71 = Step(c71, x, b1, factor);
            s1 = Watch(s1, one, c70, c71);
            a = ref Unsafe.Add(ref a, LaneTile.Rows);
            b = ref Unsafe.Add(ref b, 32);
        }
        c00.StoreUnsafe(ref c);
        c01.StoreUnsafe(ref c, 16);
        c10.StoreUnsafe(ref c, 32);
        c11.StoreUnsafe(ref c, 48);
        c20.StoreUnsafe(ref c, 64);
        c21.StoreUnsafe(ref c, 80);
        c30.StoreUnsafe(ref c, 96);
        c31.StoreUnsafe(ref c, 112);
        c40.StoreUnsafe(ref c, 128);
        c41.StoreUnsafe(ref c, 144);
        c50.StoreUnsafe(ref c, 160);
        c51.StoreUnsafe(ref c, 176);
        c60.StoreUnsafe(ref c, 192);
        c61.StoreUnsafe(ref c, 208);
        c70.StoreUnsafe(ref c, 224);
        c71.StoreUnsafe(ref c, 240);
        uint seen = uint.MaxValue;
        for (int lane = 0; lane < 16; lane++) seen &= (s0 & s1)[lane];
        return seen;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Step(Vector512<float> acc, Vector512<float> a, Vector512<float> b, Vector512<float> factor)
    {
        Vector512<float> sum = Vector512.FusedMultiplyAdd(a, b, acc), scaled = sum * factor;
        return scaled - (scaled - sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Watch(Vector512<uint> seen, Vector512<uint> one, Vector512<float> x, Vector512<float> y) =>
        seen & (x.AsUInt32() - one) & (y.AsUInt32() - one);
}
