using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sim.Datapath.Kernels.Lanes;

/// <summary>
/// Exact sums of products wider than a double: each is split at a grid 2^h without error. t = C + a·b, rounded once, has the part on the
/// grid in its low bits (C = 1.5·2^(h+52) fixes the exponent), and those are added as integers; a·b - (t - C) is the rest, exact, below
/// 2^(h-1) in magnitude.
/// Five operations for a vector of outputs and one product.
/// </summary>
internal static class SplitTile
{
    /// <summary>Rows of a block: two accumulators an output leave room for half of <see cref="LaneTile.Rows"/>.</summary>
    public const int Rows = LaneTile.Rows / 2;

    /// <summary>C of a grid.</summary>
    public static double Magic(int grid) => Math.ScaleB(1.5, grid + 52);

    /// <summary>
    /// Sums <paramref name="k"/> products below 2^(h+51): <paramref name="a"/> is [k][8], of which the first four rows are summed,
    /// <paramref name="b"/> is [k][16]; <paramref name="high"/> (units of 2^h) and <paramref name="low"/> are [4][16]. The caller has
    /// proved that the low parts add up exactly.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Sum(ref double a, ref double b, int k, double grid, ref long high, ref double low)
    {
        Vector512<double> magic = Vector512.Create(grid);
        Vector512<long> start = Vector512.Create(unchecked(-k * BitConverter.DoubleToInt64Bits(grid)));
        Vector512<long> h00 = start, h01 = start, h10 = start, h11 = start, h20 = start, h21 = start, h30 = start, h31 = start;
        Vector512<double> l00 = default, l01 = default, l10 = default, l11 = default, l20 = default, l21 = default, l30 = default,
            l31 = default;
        for (; k > 0; k--)
        {
            Vector512<double> b0 = Vector512.LoadUnsafe(ref b), b1 = Vector512.LoadUnsafe(ref b, 8), x = Vector512.Create(a);
            Step(ref h00, ref l00, x, b0, magic);
            Step(ref h01, ref l01, x, b1, magic);
            x = Vector512.Create(Unsafe.Add(ref a, 1));
            Step(ref h10, ref l10, x, b0, magic);
            Step(ref h11, ref l11, x, b1, magic);
            x = Vector512.Create(Unsafe.Add(ref a, 2));
            Step(ref h20, ref l20, x, b0, magic);
            Step(ref h21, ref l21, x, b1, magic);
            x = Vector512.Create(Unsafe.Add(ref a, 3));
            Step(ref h30, ref l30, x, b0, magic);
            Step(ref h31, ref l31, x, b1, magic);
            a = ref Unsafe.Add(ref a, LaneTile.Rows);
            b = ref Unsafe.Add(ref b, 16);
        }
        Store(ref high, h00, h01, h10, h11, h20, h21, h30, h31);
        Store(ref low, l00, l01, l10, l11, l20, l21, l30, l31);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(ref Vector512<long> high, ref Vector512<double> low, Vector512<double> a, Vector512<double> b,
        Vector512<double> magic)
    {
        Vector512<double> placed = Vector512.FusedMultiplyAdd(a, b, magic);
        high += placed.AsInt64();
        low += Vector512.FusedMultiplyAdd(a, b, magic - placed);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<T>(ref T to, Vector512<T> r00, Vector512<T> r01, Vector512<T> r10, Vector512<T> r11, Vector512<T> r20,
        Vector512<T> r21,
        Vector512<T> r30, Vector512<T> r31)
    {
        r00.StoreUnsafe(ref to);
        r01.StoreUnsafe(ref to, 8);
        r10.StoreUnsafe(ref to, 16);
        r11.StoreUnsafe(ref to, 24);
        r20.StoreUnsafe(ref to, 32);
        r21.StoreUnsafe(ref to, 40);
        r30.StoreUnsafe(ref to, 48);
        r31.StoreUnsafe(ref to, 56);
    }
}
