using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Sim.Datapath.Kernels.Encoding;

/// <summary>The patterns of the largest magnitudes of blocks. Sixteen blocks at a time are turned while they are reduced: three operations
/// a block, not a chain of eight.</summary>
internal static class BlockPeaks
{
    private const int Together = 16;

    /// <summary>One pattern a block of <paramref name="size"/> numbers, the last perhaps short; returns the largest of all, at least that
    /// of Inf when there is Inf or NaN.</summary>
    public static uint Find(ReadOnlySpan<float> values, int size, Span<uint> peaks)
    {
        int b = 0;
        uint largest = 0;
        if (Avx512F.IsSupported && size % 16 == 0)
        {
            Vector512<uint> all = Vector512<uint>.Zero;
            for (; b <= values.Length / size - Together; b += Together)
            {
                Vector512<uint> found = Sixteen(ref Unsafe.AsRef(in MemoryMarshal.GetReference(values[(b * size)..])), (nuint)size);
                found.CopyTo(peaks[b..]);
                all = Vector512.Max(all, found);
            }
            for (int lane = 0; lane < Together && b != 0; lane++) largest = Math.Max(largest, all[lane]);
        }
        for (; b < peaks.Length; b++)
        {
            peaks[b] = LaneMagnitude.Largest(values.Slice(b * size, Math.Min(size, values.Length - b * size)));
            largest = Math.Max(largest, peaks[b]);
        }
        return largest;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Sixteen(ref float values, nuint size)
    {
        Vector512<uint> a = Four(ref values, 0, size), b = Four(ref values, 4 * size, size), c = Four(ref values, 8 * size, size),
            d = Four(ref values, 12 * size, size);
        return Fold(Fold(a, b), Fold(c, d));
    }

    // Four blocks: each part of 128 bits has the four maxima over that part of their lanes.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Four(ref float values, nuint first, nuint size)
    {
        Vector512<uint> a = One(ref values, first, size), b = One(ref values, first + size, size),
            c = One(ref values, first + 2 * size, size), d = One(ref values, first + 3 * size, size);
        Vector512<ulong> ab = Vector512.Max(Avx512F.UnpackLow(a, b), Avx512F.UnpackHigh(a, b)).AsUInt64();
        Vector512<ulong> cd = Vector512.Max(Avx512F.UnpackLow(c, d), Avx512F.UnpackHigh(c, d)).AsUInt64();
        return Vector512.Max(Avx512F.UnpackLow(ab, cd).AsUInt32(), Avx512F.UnpackHigh(ab, cd).AsUInt32());
    }

    // Neighbouring parts of 128 bits, those of a before those of b.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Fold(Vector512<uint> a, Vector512<uint> b) =>
        Vector512.Max(Avx512F.Shuffle4x128(a, b, 0x88), Avx512F.Shuffle4x128(a, b, 0xDD));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> One(ref float values, nuint first, nuint size)
    {
        Vector512<uint> mask = Vector512.Create(0x7FFF_FFFFu), largest = Vector512.LoadUnsafe(ref values, first).AsUInt32() & mask;
        for (nuint i = 16; i < size; i += 16) largest = Vector512.Max(largest, Vector512.LoadUnsafe(ref values, first + i)
            .AsUInt32() & mask);
        return largest;
    }
}
