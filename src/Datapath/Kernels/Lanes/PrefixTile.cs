using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sim.Datapath.Kernels.Lanes;

/// <summary>
/// Integer sums with every prefix watched, two products a lane and step. Sums start at half the register's range instead of 0, so that a
/// prefix lies in a register of P bits exactly when no bit above P is set; the bits of all prefixes are OR-ed.
/// </summary>
internal static class PrefixTile
{
    /// <summary>Rows of a block, half of <see cref="LaneTile.Rows"/>.</summary>
    public const int Rows = LaneTile.Rows / 2;

    /// <summary>
    /// Sums <paramref name="k"/> pairs from <paramref name="start"/> on. <paramref name="a"/> is [k][8], of which the first four rows are
    /// summed,
    /// <paramref name="b"/> is [k][32], <paramref name="c"/> (sums) and <paramref name="seen"/> (bits of all prefixes) are [4][32].
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Sum(ref int a, ref int b, int k, int start, ref int c, ref int seen)
    {
        Vector512<int> c00 = Vector512.Create(start), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
        Vector512<int> s00 = c00, s01 = c00, s10 = c00, s11 = c00, s20 = c00, s21 = c00, s30 = c00, s31 = c00;
        Vector512<int> first = Vector512.Create(0xFFFF);
        for (; k > 0; k--)
        {
            Vector512<int> b0 = Vector512.LoadUnsafe(ref b), b1 = Vector512.LoadUnsafe(ref b, 16);
            // The first of the two products alone, then both.
            Vector512<int> x = Vector512.Create(a), y = x & first;
            Step(ref c00, ref s00, x, y, b0);
            Step(ref c01, ref s01, x, y, b1);
            x = Vector512.Create(Unsafe.Add(ref a, 1));
            y = x & first;
            Step(ref c10, ref s10, x, y, b0);
            Step(ref c11, ref s11, x, y, b1);
            x = Vector512.Create(Unsafe.Add(ref a, 2));
            y = x & first;
            Step(ref c20, ref s20, x, y, b0);
            Step(ref c21, ref s21, x, y, b1);
            x = Vector512.Create(Unsafe.Add(ref a, 3));
            y = x & first;
            Step(ref c30, ref s30, x, y, b0);
            Step(ref c31, ref s31, x, y, b1);
            a = ref Unsafe.Add(ref a, LaneTile.Rows);
            b = ref Unsafe.Add(ref b, 32);
        }
        Store(ref c, c00, c01, c10, c11, c20, c21, c30, c31);
        Store(ref seen, s00, s01, s10, s11, s20, s21, s30, s31);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(ref Vector512<int> sum, ref Vector512<int> seen, Vector512<int> both, Vector512<int> first, Vector512<int> b)
    {
        Vector512<int> half = sum + Pairs.MultiplyAdd(first.AsInt16(), b.AsInt16());
        sum += Pairs.MultiplyAdd(both.AsInt16(), b.AsInt16());
        seen = seen | half | sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(ref int to, Vector512<int> r00, Vector512<int> r01, Vector512<int> r10, Vector512<int> r11,
        Vector512<int> r20,
        Vector512<int> r21, Vector512<int> r30, Vector512<int> r31)
    {
        r00.StoreUnsafe(ref to);
        r01.StoreUnsafe(ref to, 16);
        r10.StoreUnsafe(ref to, 32);
        r11.StoreUnsafe(ref to, 48);
        r20.StoreUnsafe(ref to, 64);
        r21.StoreUnsafe(ref to, 80);
        r30.StoreUnsafe(ref to, 96);
        r31.StoreUnsafe(ref to, 112);
    }
}
