using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sim.Datapath.Kernels.Lanes;

/// <summary>
/// Multipliers that add the bits of floats, into fp32 sums: acc ← acc + z·pattern(max(x + y, 0)) with the sign of the column. A row has x
/// and z, a signed power of two, or 0 where it is zero; a column has y, which no x makes positive where it is zero, and its sign bit. Four
/// operations for sixteen products.
/// </summary>
internal static class FieldTile
{
    /// <summary>Sums <paramref name="k"/> products. <paramref name="a"/> is [k][x, z][8], <paramref name="b"/> is [k][y, sign][32],
    /// <paramref name="c"/> is [8][32].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Sum(ref int a, ref int b, int k, ref float c)
    {
        Vector512<float> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default, c30 = default,
            c31 = default;
        Vector512<float> c40 = default, c41 = default, c50 = default, c51 = default, c60 = default, c61 = default, c70 = default,
            c71 = default;
        for (; k > 0; k--)
        {
            Vector512<int> y0 = Vector512.LoadUnsafe(ref b), y1 = Vector512.LoadUnsafe(ref b, 16), s0 = Vector512.LoadUnsafe(ref b, 32),
                s1 = Vector512.LoadUnsafe(ref b, 48);
            Step(ref a, 0, y0, y1, s0, s1, ref c00, ref c01);
            Step(ref a, 1, y0, y1, s0, s1, ref c10, ref c11);
            Step(ref a, 2, y0, y1, s0, s1, ref c20, ref c21);
            Step(ref a, 3, y0, y1, s0, s1, ref c30, ref c31);
            Step(ref a, 4, y0, y1, s0, s1, ref c40, ref c41);
            Step(ref a, 5, y0, y1, s0, s1, ref c50, ref c51);
            Step(ref a, 6, y0, y1, s0, s1, ref c60, ref c61);
            Step(ref a, 7, y0, y1, s0, s1, ref c70, ref c71);
            a = ref Unsafe.Add(ref a, 2 * LaneTile.Rows);
            b = ref Unsafe.Add(ref b, 64);
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
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(ref int a, int row, Vector512<int> y0, Vector512<int> y1, Vector512<int> s0, Vector512<int> s1,
        ref Vector512<float> c0, ref Vector512<float> c1)
    {
        Vector512<int> x = Vector512.Create(Unsafe.Add(ref a, row));
        Vector512<float> z = Vector512.Create(Unsafe.Add(ref a, LaneTile.Rows + row)).AsSingle();
        c0 = Vector512.FusedMultiplyAdd((Vector512.Max(x + y0, Vector512<int>.Zero) | s0).AsSingle(), z, c0);
        c1 = Vector512.FusedMultiplyAdd((Vector512.Max(x + y1, Vector512<int>.Zero) | s1).AsSingle(), z, c1);
    }
}
