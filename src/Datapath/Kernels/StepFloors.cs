using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Sim.Datapath.Kernels.Lanes;

namespace Sim.Datapath.Kernels;

/// <summary>
/// Which steps of a tile can have a product finer than a grid. An element of w significant bits and magnitude at least 2^e is a multiple of
/// 2^(e-w+1); so a product is a multiple of 2^u where the floors of its two elements multiply to at least 2^(u + w - 1 + w' - 1).
/// </summary>
internal static class StepFloors
{
    /// <summary>
    /// For every step of [step][<paramref name="width"/>] (a multiple of 8) the largest power of two that no element but 0 is below,
    /// infinite where all are 0, and never below <paramref name="least"/>, 2^(w-1) times a unit that all elements are multiples of.
    /// </summary>
    public static float[] Of(ReadOnlySpan<float> panel, int width, float least)
    {
        var floors = new float[panel.Length / width];
        for (int step = 0; step < floors.Length; step++)
        {
            ReadOnlySpan<float> elements = panel.Slice(step * width, width);
            // Magnitudes as integers are in order; less one, zero is the largest of all.
            Vector256<uint> low = Vector256<uint>.AllBitsSet;
            for (int i = 0; i < width; i += 8) low =
                Vector256.Min(low, (Vector256.Create(elements[i..]).AsUInt32() << 1) - Vector256<uint>.One);
            Vector128<uint> least4 = Vector128.Min(low.GetLower(), low.GetUpper());
            least4 = Vector128.Min(least4, Vector128.Shuffle(least4, Vector128.Create(2u, 3, 0, 1)));
            uint smallest = Vector128.Min(least4, Vector128.Shuffle(least4, Vector128.Create(1u, 0, 3, 2))).ToScalar();
            floors[step] = smallest == uint.MaxValue
                ? float.PositiveInfinity
                : MathF.Max(BitConverter.UInt32BitsToSingle((smallest >>> 1) + 1 & 0x7F80_0000), least);
        }
        return floors;
    }

    /// <summary>
    /// Sums with <paramref name="coarse"/> where the product of the floors is at least <paramref name="threshold"/> and with
    /// <paramref name="fine"/> at the other steps; false, with nothing done, when those are more than one in sixteen.
    /// </summary>
    public static bool Sum<TCoarse,
        TFine>(ReadOnlySpan<float> a, ReadOnlySpan<float> b, float[] aFloors, float[] bFloors, float threshold, TCoarse coarse, TFine fine,
        Span<float> total)
        where TCoarse : struct, IReduction<float>
        where TFine : struct, IReduction<float>
    {
        int steps = aFloors.Length, count = 0;
        Span<int> fines = stackalloc int[steps / 16 + 1];
        for (int step = 0; step < steps; step++)
        {
            if (aFloors[step] * bFloors[step] >= threshold) continue;
            if (count == fines.Length) return false;
            fines[count++] = step;
        }
        int at = 0;
        foreach (int step in fines[..count])
        {
            Part(a, b, at, step, coarse, at != 0, total);
            Part(a, b, step, step + 1, fine, true, total);
            at = step + 1;
        }
        Part(a, b, at, steps, coarse, at != 0, total);
        return true;
    }

    private static void Part<TStep>(ReadOnlySpan<float> a, ReadOnlySpan<float> b, int first, int end, TStep step, bool resume,
        Span<float> total)
        where TStep : struct, IReduction<float> =>
        LaneTile.Sum(ref Chunks.Element(a, first * LaneTile.Rows), ref Chunks.Element(b, first * LaneTile.Width<float>()), end - first,
            step, step,
            default(Unwatched<float>), ref resume ? ref total[0] : ref Unsafe.NullRef<float>(), ref total[0]);
}
