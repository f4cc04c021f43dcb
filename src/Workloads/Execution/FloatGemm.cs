using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Sim.Workloads.Execution;

/// <summary>
/// Float32 matrix product. Every output is one chain of fused multiply-adds in ascending k from its initial value, so its bits depend on
/// neither vector width, tiling nor threads.
/// </summary>
internal static class FloatGemm
{
    private const int PanelColumns = 32;

    private const long ParallelThreshold = 1 << 20;

    /// <summary>C[m×n] += A[m×k]·B[k×n], all row-major and dense; C holds the initial values. Uses the machine's cores for large
    /// products.</summary>
    internal static void AccumulateParallel(float[] a, int aOffset, float[] b, int bOffset, float[] c, int cOffset, int m, int n, int k)
    {
        // Parts of at least 32 rows, so that packing a panel of B is a small share of the work.
        int rows = (long)m * n * k < ParallelThreshold ? m : Math.Max(32, (m + 7) / 8);
        if (rows >= m)
        {
            Accumulate(a.AsSpan(aOffset), b.AsSpan(bOffset), c.AsSpan(cOffset), m, n, k);
            return;
        }
        Parallel.For(0, (m + rows - 1) / rows, part =>
        {
            int from = part * rows, count = Math.Min(rows, m - from);
            Accumulate(a.AsSpan(aOffset + from * k), b.AsSpan(bOffset), c.AsSpan(cOffset + from * n), count, n, k);
        });
    }

    /// <summary>C[m×n] += A[m×k]·B[k×n] on the calling thread.</summary>
    internal static void Accumulate(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> c, int m, int n, int k)
    {
        if (m == 0 || n == 0 || k == 0) return;
        float[] scratch = ArrayPool<float>.Shared.Rent((k + 4) * PanelColumns);
        Span<float> panel = scratch.AsSpan(0, k * PanelColumns), tile = scratch.AsSpan(k * PanelColumns, 4 * PanelColumns);
        for (int column = 0; column < n; column += PanelColumns)
        {
            int width = Math.Min(PanelColumns, n - column);
            Pack(b, panel, column, width, n, k);
            for (int row = 0; row < m; row += 4)
            {
                int height = Math.Min(4, m - row);
                for (int r = 0; r < height; r++) c.Slice((row + r) * n + column, width).CopyTo(tile[(r * PanelColumns)..]);
                if (height == 4) FourRows(a[(row * k)..], panel, tile, k);
                else
                    for (int r = 0; r < height; r++) OneRow(a[((row + r) * k)..], panel, tile[(r * PanelColumns)..], k);
                for (int r = 0; r < height; r++) tile.Slice(r * PanelColumns, width).CopyTo(c[((row + r) * n + column)..]);
            }
        }
        ArrayPool<float>.Shared.Return(scratch);
    }

    private static void Pack(ReadOnlySpan<float> b, Span<float> panel, int column, int width, int n, int k)
    {
        for (int i = 0; i < k; i++)
        {
            Span<float> row = panel.Slice(i * PanelColumns, PanelColumns);
            b.Slice(i * n + column, width).CopyTo(row);
            row[width..].Clear();
        }
    }

    private static void FourRows(ReadOnlySpan<float> a, ReadOnlySpan<float> panel, Span<float> tile, int k)
    {
        ref float t = ref MemoryMarshal.GetReference(tile);
        ref float p = ref MemoryMarshal.GetReference(panel);
        ref float x = ref MemoryMarshal.GetReference(a);
        _ = a[4 * k - 1];
        Vector512<float> c00 = Vector512.LoadUnsafe(ref t, 0), c01 = Vector512.LoadUnsafe(ref t, 16);
        Vector512<float> c10 = Vector512.LoadUnsafe(ref t, 32), c11 = Vector512.LoadUnsafe(ref t, 48);
        Vector512<float> c20 = Vector512.LoadUnsafe(ref t, 64), c21 = Vector512.LoadUnsafe(ref t, 80);
        Vector512<float> c30 = Vector512.LoadUnsafe(ref t, 96), c31 = Vector512.LoadUnsafe(ref t, 112);
        for (nint i = 0; i < k; i++)
        {
            Vector512<float> b0 = Vector512.LoadUnsafe(ref p, (nuint)(i * PanelColumns)),
                b1 = Vector512.LoadUnsafe(ref p, (nuint)(i * PanelColumns + 16));
            Vector512<float> a0 = Vector512.Create(Unsafe.Add(ref x, i));
            c00 = Vector512.FusedMultiplyAdd(a0, b0, c00);
            c01 = Vector512.FusedMultiplyAdd(a0, b1, c01);
            Vector512<float> a1 = Vector512.Create(Unsafe.Add(ref x, i + k));
            c10 = Vector512.FusedMultiplyAdd(a1, b0, c10);
            c11 = Vector512.FusedMultiplyAdd(a1, b1, c11);
            Vector512<float> a2 = Vector512.Create(Unsafe.Add(ref x, i + 2 * (nint)k));
            c20 = Vector512.FusedMultiplyAdd(a2, b0, c20);
            c21 = Vector512.FusedMultiplyAdd(a2, b1, c21);
            Vector512<float> a3 = Vector512.Create(Unsafe.Add(ref x, i + 3 * (nint)k));
            c30 = Vector512.FusedMultiplyAdd(a3, b0, c30);
            c31 = Vector512.FusedMultiplyAdd(a3, b1, c31);
        }
        c00.StoreUnsafe(ref t, 0);
        c01.StoreUnsafe(ref t, 16);
        c10.StoreUnsafe(ref t, 32);
        c11.StoreUnsafe(ref t, 48);
        c20.StoreUnsafe(ref t, 64);
        c21.StoreUnsafe(ref t, 80);
        c30.StoreUnsafe(ref t, 96);
        c31.StoreUnsafe(ref t, 112);
    }

    private static void OneRow(ReadOnlySpan<float> a, ReadOnlySpan<float> panel, Span<float> tile, int k)
    {
        ref float t = ref MemoryMarshal.GetReference(tile);
        ref float p = ref MemoryMarshal.GetReference(panel);
        Vector512<float> c0 = Vector512.LoadUnsafe(ref t, 0), c1 = Vector512.LoadUnsafe(ref t, 16);
        for (int i = 0; i < k; i++)
        {
            Vector512<float> x = Vector512.Create(a[i]);
            c0 = Vector512.FusedMultiplyAdd(x, Vector512.LoadUnsafe(ref p, (nuint)(i * PanelColumns)), c0);
            c1 = Vector512.FusedMultiplyAdd(x, Vector512.LoadUnsafe(ref p, (nuint)(i * PanelColumns + 16)), c1);
        }
        c0.StoreUnsafe(ref t, 0);
        c1.StoreUnsafe(ref t, 16);
    }
}
