using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Sim.Datapath.Kernels.Lanes;

namespace Sim.Datapath.Kernels;

/// <summary>A whole reduction in chunks, over the untracked tile.</summary>
internal static class Chunks
{
    /// <summary>Sums all steps of a tile: chunk by chunk when <paramref name="chunk"/> is not 0.</summary>
    [SkipLocalsInit]
    public static void Sum<T, TReduction>(ReadOnlySpan<T> a, ReadOnlySpan<T> b, int chunk, TReduction reduction, Span<T> total)
        where T : unmanaged
        where TReduction : struct, IReduction<T>
    {
        int steps = a.Length / LaneTile.Rows, width = LaneTile.Width<T>();
        int first = chunk == 0 ? steps : Math.Min(chunk, steps);
        LaneTile.Sum(ref Element(a, 0), ref Element(b, 0), first, reduction, ref total[0]);
        if (first == steps) return;
        Span<T> part = stackalloc T[total.Length];
        for (int start = first; start < steps; start += chunk)
        {
            int length = Math.Min(chunk, steps - start);
            LaneTile.Sum(ref Element(a, start * LaneTile.Rows), ref Element(b, start * width), length, reduction, ref part[0]);
            LaneTile.Combine(total, part, reduction);
        }
    }

    /// <summary>The element at <paramref name="index"/> of a span that the loops only read; the index may be the span's end when nothing is
    /// read.</summary>
    public static ref T Element<T>(ReadOnlySpan<T> span, int index) => ref Unsafe.AsRef(in MemoryMarshal.GetReference(span[index..]));
}

/// <summary>A whole reduction in chunks, over the tracked tile.</summary>
internal static class TrackedChunks
{
    /// <summary>As <see cref="Chunks.Sum"/>; lanes of <paramref name="overflowed"/> are zero on entry and non-zero where a step
    /// overflowed.</summary>
    public static void Sum<T, TReduction>(ReadOnlySpan<T> a, ReadOnlySpan<T> b, int chunk, TReduction reduction, Span<T> total,
        Span<T> overflowed)
        where T : unmanaged
        where TReduction : struct, ITrackedReduction<T>
    {
        int steps = a.Length / TrackedTile.Rows, width = System.Runtime.Intrinsics.Vector512<T>.Count;
        int first = chunk == 0 ? steps : Math.Min(chunk, steps);
        TrackedTile.Sum(ref Chunks.Element(a, 0), ref Chunks.Element(b, 0), first, reduction, ref total[0], ref overflowed[0]);
        if (first == steps) return;
        Span<T> part = stackalloc T[total.Length];
        for (int start = first; start < steps; start += chunk)
        {
            int length = Math.Min(chunk, steps - start);
            ref T lanes = ref Chunks.Element(b, start * width);
            TrackedTile.Sum(ref Chunks.Element(a, start * TrackedTile.Rows), ref lanes, length, reduction, ref part[0], ref overflowed[0]);
            TrackedTile.Combine(total, part, reduction, overflowed);
        }
    }
}
