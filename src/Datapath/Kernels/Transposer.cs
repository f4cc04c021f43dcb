using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Sim.Datapath.Kernels;

/// <summary>Rows of lane elements to [step][row], in registers where there are 256-bit shuffles.</summary>
internal static class Transposer
{
    /// <summary><paramref name="block"/> is [<paramref name="rows"/>][<paramref name="steps"/>], <paramref name="panel"/> becomes
    /// [steps][rows].</summary>
    public static void Transpose<T>(ReadOnlySpan<T> block, int steps, int rows, Span<T> panel)
        where T : unmanaged
    {
        // The one check of both lengths: the loops below index without checks, which would cost as much as the copy.
        block = block[..checked(rows * steps)];
        panel = panel[..block.Length];
        if (block.IsEmpty) return;
        ref T from = ref MemoryMarshal.GetReference(block), to = ref MemoryMarshal.GetReference(panel);
        if (Unsafe.SizeOf<T>() == 1)
        {
            ByteTransposer.Transpose(ref Unsafe.As<T, byte>(ref from), steps, rows, ref Unsafe.As<T, byte>(ref to));
            return;
        }
        int tile = Avx2.IsSupported ? 32 / Unsafe.SizeOf<T>() : 0;
        int whole = tile != 0 && rows % tile == 0 ? steps / tile * tile : 0;
        for (int s = 0; s < whole; s += tile)
        {
            for (int r = 0; r < rows; r += tile)
            {
                ref T corner = ref Unsafe.Add(ref from, r * steps + s), turned = ref Unsafe.Add(ref to, s * rows + r);
                if (Unsafe.SizeOf<T>() == 4) Eight(ref Unsafe.As<T, int>(ref corner), steps, ref Unsafe.As<T, int>(ref turned), rows);
                else Four(ref Unsafe.As<T, long>(ref corner), steps, ref Unsafe.As<T, long>(ref turned), rows);
            }
        }
        for (int r = 0; r < rows; r++)
            for (int s = whole; s < steps; s++) Unsafe.Add(ref to, s * rows + r) = Unsafe.Add(ref from, r * steps + s);
    }

    // 8 × 8 elements of 32 bits: pairs, pairs of pairs, halves.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Eight(ref int from, int stride, ref int to, int across)
    {
        Vector256<int> r0 = Row(ref from, 0), r1 = Row(ref from, stride), r2 = Row(ref from, 2 * stride), r3 = Row(ref from, 3 * stride);
        Vector256<int> r4 = Row(ref from, 4 * stride), r5 = Row(ref from, 5 * stride), r6 = Row(ref from, 6 * stride),
            r7 = Row(ref from, 7 * stride);
        Vector256<long> a0 = Avx2.UnpackLow(r0, r1).AsInt64(), a1 = Avx2.UnpackHigh(r0, r1).AsInt64();
        Vector256<long> a2 = Avx2.UnpackLow(r2, r3).AsInt64(), a3 = Avx2.UnpackHigh(r2, r3).AsInt64();
        Vector256<long> a4 = Avx2.UnpackLow(r4, r5).AsInt64(), a5 = Avx2.UnpackHigh(r4, r5).AsInt64();
        Vector256<long> a6 = Avx2.UnpackLow(r6, r7).AsInt64(), a7 = Avx2.UnpackHigh(r6, r7).AsInt64();
        Halves(Avx2.UnpackLow(a0, a2), Avx2.UnpackLow(a4, a6), ref to, 0, across);
        Halves(Avx2.UnpackHigh(a0, a2), Avx2.UnpackHigh(a4, a6), ref to, across, across);
        Halves(Avx2.UnpackLow(a1, a3), Avx2.UnpackLow(a5, a7), ref to, 2 * across, across);
        Halves(Avx2.UnpackHigh(a1, a3), Avx2.UnpackHigh(a5, a7), ref to, 3 * across, across);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Halves(Vector256<long> low, Vector256<long> high, ref int to, int at, int across)
    {
        Avx2.Permute2x128(low, high, 0x20).AsInt32().StoreUnsafe(ref Unsafe.Add(ref to, at));
        Avx2.Permute2x128(low, high, 0x31).AsInt32().StoreUnsafe(ref Unsafe.Add(ref to, at + 4 * across));
    }

    // 4 × 4 elements of 64 bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Four(ref long from, int stride, ref long to, int across)
    {
        Vector256<long> r0 = Row(ref from, 0), r1 = Row(ref from, stride), r2 = Row(ref from, 2 * stride), r3 = Row(ref from, 3 * stride);
        Vector256<long> a0 = Avx2.UnpackLow(r0, r1), a1 = Avx2.UnpackHigh(r0, r1), a2 = Avx2.UnpackLow(r2, r3),
            a3 = Avx2.UnpackHigh(r2, r3);
        Avx2.Permute2x128(a0, a2, 0x20).StoreUnsafe(ref to);
        Avx2.Permute2x128(a1, a3, 0x20).StoreUnsafe(ref Unsafe.Add(ref to, across));
        Avx2.Permute2x128(a0, a2, 0x31).StoreUnsafe(ref Unsafe.Add(ref to, 2 * across));
        Avx2.Permute2x128(a1, a3, 0x31).StoreUnsafe(ref Unsafe.Add(ref to, 3 * across));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<T> Row<T>(ref T from, int offset) => Vector256.LoadUnsafe(ref Unsafe.Add(ref from, offset));
}
