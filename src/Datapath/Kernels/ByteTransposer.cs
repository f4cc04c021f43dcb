using System.Runtime.CompilerServices;

namespace Sim.Datapath.Kernels;

/// <summary>Rows of bytes to [step][row], eight by eight in 64-bit words.</summary>
internal static class ByteTransposer
{
    /// <summary><paramref name="from"/> is [<paramref name="rows"/>][<paramref name="steps"/>], <paramref name="to"/> becomes
    /// [steps][rows]; the caller checked lengths.</summary>
    public static void Transpose(ref byte from, int steps, int rows, ref byte to)
    {
        int across = rows / 8 * 8, down = steps / 8 * 8;
        for (int r = 0; r < across; r += 8)
            for (int s = 0; s < down; s += 8) Eight(ref Unsafe.Add(ref from, r * steps + s), steps, ref Unsafe.Add(ref to, s * rows + r),
                rows);
        for (int r = 0; r < rows; r++)
            for (int s = r < across ? down : 0; s < steps; s++) Unsafe.Add(ref to, s * rows + r) = Unsafe.Add(ref from, r * steps + s);
    }

    // Swaps of single bytes, of pairs and of fours across the diagonal.
    private static void Eight(ref byte from, int stride, ref byte to, int across)
    {
        ulong r0 = Row(ref from, 0), r1 = Row(ref from, stride), r2 = Row(ref from, 2 * stride), r3 = Row(ref from, 3 * stride);
        ulong r4 = Row(ref from, 4 * stride), r5 = Row(ref from, 5 * stride), r6 = Row(ref from, 6 * stride),
            r7 = Row(ref from, 7 * stride);
        Swap(ref r0, ref r4, 32, 0x0000_0000_FFFF_FFFF);
        Swap(ref r1, ref r5, 32, 0x0000_0000_FFFF_FFFF);
        Swap(ref r2, ref r6, 32, 0x0000_0000_FFFF_FFFF);
        Swap(ref r3, ref r7, 32, 0x0000_0000_FFFF_FFFF);
        Swap(ref r0, ref r2, 16, 0x0000_FFFF_0000_FFFF);
        Swap(ref r1, ref r3, 16, 0x0000_FFFF_0000_FFFF);
        Swap(ref r4, ref r6, 16, 0x0000_FFFF_0000_FFFF);
        Swap(ref r5, ref r7, 16, 0x0000_FFFF_0000_FFFF);
        Swap(ref r0, ref r1, 8, 0x00FF_00FF_00FF_00FF);
        Swap(ref r2, ref r3, 8, 0x00FF_00FF_00FF_00FF);
        Swap(ref r4, ref r5, 8, 0x00FF_00FF_00FF_00FF);
        Swap(ref r6, ref r7, 8, 0x00FF_00FF_00FF_00FF);
        Unsafe.WriteUnaligned(ref to, r0);
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref to, across), r1);
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref to, 2 * across), r2);
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref to, 3 * across), r3);
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref to, 4 * across), r4);
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref to, 5 * across), r5);
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref to, 6 * across), r6);
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref to, 7 * across), r7);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Row(ref byte from, int offset) => Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref from, offset));

    // The upper parts of one row against the lower parts of the other.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Swap(ref ulong low, ref ulong high, int bits, ulong mask)
    {
        ulong moved = (low >> bits ^ high) & mask;
        high ^= moved;
        low ^= moved << bits;
    }
}
