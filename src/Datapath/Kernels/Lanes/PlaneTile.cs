using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Sim.Datapath.Kernels.Lanes;

/// <summary>
/// Sums of table products without gathers. With one operand of a step fixed, a byte of the product is a function of the other's 8-bit code:
/// a table of 256 bytes, which is four registers, so byte permutations look up 64 lanes at once. Bytes of several planes are then unpacked
/// into floats, or summed each for itself.
/// Needs AVX-512 VBMI, but for <see cref="Bytes"/>. Lanes of floats are in the order of the unpacking: <see cref="Column"/>.
/// </summary>
internal static unsafe class PlaneTile
{
    /// <summary>Rows of a block, whose codes are broadcast.</summary>
    public const int Rows = 8;

    /// <summary>Lanes of a block, one code a byte.</summary>
    public const int Width = 128;

    /// <summary>Bytes of a plane of a row: one for each code.</summary>
    public const int Plane = 256;

    /// <summary>Steps after which sums of bytes may leave 16 bits.</summary>
    public const int MostByteSteps = 257;

    /// <summary>Whether this processor has the permutations.</summary>
    public static bool IsSupported => Avx512Vbmi.IsSupported;

    /// <summary>The output column of a float in the lanes.</summary>
    public static int Column(int lane, bool wide)
    {
        int block = lane / 64 * 64, vector = lane / 16 % 4, segment = lane / 4 % 4 * 16, element = lane % 4;
        return block + segment + (wide ? 4 * vector + element : vector / 2 * 8 + 2 * element + vector % 2);
    }

    /// <summary>One row: sums[128] += products that are the upper halves of floats, from two planes a row, step by step.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Halves<TLookup>(byte* a, byte* b, int steps, byte* tables, float* sums)
        where TLookup : struct, IPlaneLookup
    {
        Vector512<float> c0 = Vector512.Load(sums), c1 = Vector512.Load(sums + 16), c2 = Vector512.Load(sums + 32),
            c3 = Vector512.Load(sums + 48);
        Vector512<float> c4 = Vector512.Load(sums + 64), c5 = Vector512.Load(sums + 80), c6 = Vector512.Load(sums + 96),
            c7 = Vector512.Load(sums + 112);
        Vector512<uint> high = Vector512.Create(0xFFFF_0000u);
        for (; steps > 0; steps--)
        {
            byte* table = tables + *a * (2 * Plane);
            Vector512<byte> codes = Vector512.Load(b);
            Vector512<byte> low = TLookup.Find(table, codes), top = TLookup.FindSigned(table + Plane, codes);
            Vector512<uint> x = Avx512BW.UnpackLow(low, top).AsUInt32(), y = Avx512BW.UnpackHigh(low, top).AsUInt32();
            c0 += (x << 16).AsSingle();
            c1 += (x & high).AsSingle();
            c2 += (y << 16).AsSingle();
            c3 += (y & high).AsSingle();
            codes = Vector512.Load(b + 64);
            low = TLookup.Find(table, codes);
            top = TLookup.FindSigned(table + Plane, codes);
            x = Avx512BW.UnpackLow(low, top).AsUInt32();
            y = Avx512BW.UnpackHigh(low, top).AsUInt32();
            c4 += (x << 16).AsSingle();
            c5 += (x & high).AsSingle();
            c6 += (y << 16).AsSingle();
            c7 += (y & high).AsSingle();
            a += Rows;
            b += Width;
        }
        c0.Store(sums);
        c1.Store(sums + 16);
        c2.Store(sums + 32);
        c3.Store(sums + 48);
        c4.Store(sums + 64);
        c5.Store(sums + 80);
        c6.Store(sums + 96);
        c7.Store(sums + 112);
    }

    /// <summary>The same with products that are whole floats, from four planes a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Wholes<TLookup>(byte* a, byte* b, int steps, byte* tables, float* sums)
        where TLookup : struct, IPlaneLookup
    {
        Vector512<float> c0 = Vector512.Load(sums), c1 = Vector512.Load(sums + 16), c2 = Vector512.Load(sums + 32),
            c3 = Vector512.Load(sums + 48);
        Vector512<float> c4 = Vector512.Load(sums + 64), c5 = Vector512.Load(sums + 80), c6 = Vector512.Load(sums + 96),
            c7 = Vector512.Load(sums + 112);
        for (; steps > 0; steps--)
        {
            byte* table = tables + *a * (4 * Plane);
            Floats<TLookup>(table, Vector512.Load(b), out Vector512<float> p0, out Vector512<float> p1, out Vector512<float> p2,
                out Vector512<float> p3);
            c0 += p0;
            c1 += p1;
            c2 += p2;
            c3 += p3;
            Floats<TLookup>(table, Vector512.Load(b + 64), out p0, out p1, out p2, out p3);
            c4 += p0;
            c5 += p1;
            c6 += p2;
            c7 += p3;
            a += Rows;
            b += Width;
        }
        c0.Store(sums);
        c1.Store(sums + 16);
        c2.Store(sums + 32);
        c3.Store(sums + 48);
        c4.Store(sums + 64);
        c5.Store(sums + 80);
        c6.Store(sums + 96);
        c7.Store(sums + 112);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Floats<TLookup>(byte* table, Vector512<byte> codes, out Vector512<float> p0, out Vector512<float> p1,
        out Vector512<float> p2, out Vector512<float> p3)
        where TLookup : struct, IPlaneLookup
    {
        Vector512<byte> b0 = TLookup.Find(table, codes), b1 = TLookup.Find(table + Plane, codes),
            b2 = TLookup.Find(table + 2 * Plane, codes), b3 = TLookup.FindSigned(table + 3 * Plane, codes);
        Vector512<ushort> low = Avx512BW.UnpackLow(b0, b1).AsUInt16(), high = Avx512BW.UnpackLow(b2, b3).AsUInt16();
        p0 = Avx512BW.UnpackLow(low, high).AsSingle();
        p1 = Avx512BW.UnpackHigh(low, high).AsSingle();
        low = Avx512BW.UnpackHigh(b0, b1).AsUInt16();
        high = Avx512BW.UnpackHigh(b2, b3).AsUInt16();
        p2 = Avx512BW.UnpackLow(low, high).AsSingle();
        p3 = Avx512BW.UnpackHigh(low, high).AsSingle();
    }

    /// <summary>One row: sums[128] += bytes of one plane (<see cref="IPlaneLookup.FindNegated"/>), in the order of
    /// <see cref="ByteColumn"/>. At most <see cref="MostByteSteps"/> steps.</summary>
    /// <param name="a">Codes of the row, one each <see cref="Rows"/> bytes.</param>
    /// <param name="b">Codes of the columns, [step][<see cref="Width"/>].</param>
    /// <param name="steps">Steps.</param>
    /// <param name="tables">The plane of the row of code 0.</param>
    /// <param name="stride">Bytes from a row of the table to the next.</param>
    /// <param name="sums">Sums.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Bytes<TLookup>(byte* a, byte* b, int steps, byte* tables, int stride, int* sums)
        where TLookup : struct, IPlaneLookup
    {
        if (!IsSupported)
        {
            for (int s = 0; s < steps; s++)
                for (int lane = 0; lane < Width; lane++) sums[lane] += TLookup.FindOne(tables + a[s * Rows] * stride,
                    b[s * Width + ByteColumn(lane)]);
            return;
        }
        // Words take both bytes, so the upper ones, summed for themselves, are taken off at the end.
        Vector512<ushort> both0 = default, both1 = default, odd0 = default, odd1 = default;
        unchecked
        {
            for (; steps > 0; steps--)
            {
                byte* table = tables + *a * stride;
                Vector512<ushort> x = TLookup.FindNegated(table, Vector512.Load(b)).AsUInt16(),
                    y = TLookup.FindNegated(table, Vector512.Load(b + 64)).AsUInt16();
                both0 += x;
                odd0 += x >>> 8;
                both1 += y;
                odd1 += y >>> 8;
                a += Rows;
                b += Width;
            }
            Flush(both0 - (odd0 << 8), odd0, sums);
            Flush(both1 - (odd1 << 8), odd1, sums + 64);
        }
    }

    /// <summary>counts[128] += codes with the top bit, in the order of <see cref="ByteColumn"/>.</summary>
    public static void CountNegative(ReadOnlySpan<byte> b, Span<int> counts)
    {
        Span<byte> some = stackalloc byte[Width];
        const int most = 255;
        for (int start = 0; start < b.Length; start += most * Width)
        {
            some.Clear();
            ReadOnlySpan<byte> codes = b.Slice(start, Math.Min(most * Width, b.Length - start));
            Vector512<byte> low = default, high = default;
            unchecked
            {
                for (int i = 0; i < codes.Length; i += Width)
                {
                    low += Vector512.Create(codes[i..]) >>> 7;
                    high += Vector512.Create(codes[(i + 64)..]) >>> 7;
                }
            }
            low.CopyTo(some);
            high.CopyTo(some[64..]);
            for (int lane = 0; lane < Width; lane++) counts[lane] += some[ByteColumn(lane)];
        }
    }

    /// <summary>The output column of a sum of bytes.</summary>
    public static int ByteColumn(int lane) => lane / 64 * 64 + lane % 32 * 2 + lane / 32 % 2;

    // Inlined, or the loop would keep two of its sums in memory across the call.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Flush(Vector512<ushort> even, Vector512<ushort> odd, int* sums)
    {
        (Vector512<uint> low, Vector512<uint> high) = Vector512.Widen(even);
        (Vector512.Load(sums) + low.AsInt32()).Store(sums);
        (Vector512.Load(sums + 16) + high.AsInt32()).Store(sums + 16);
        (low, high) = Vector512.Widen(odd);
        (Vector512.Load(sums + 32) + low.AsInt32()).Store(sums + 32);
        (Vector512.Load(sums + 48) + high.AsInt32()).Store(sums + 48);
    }
}

/// <summary>How a byte of every lane is found in the plane of a row.</summary>
internal unsafe interface IPlaneLookup
{
    /// <summary>plane[code] in every lane.</summary>
    static abstract Vector512<byte> Find(byte* plane, Vector512<byte> codes);

    /// <summary>The same in the plane whose top bits are signs.</summary>
    static abstract Vector512<byte> FindSigned(byte* plane, Vector512<byte> codes);

    /// <summary>The same in a plane of biased integers.</summary>
    static abstract Vector512<byte> FindNegated(byte* plane, Vector512<byte> codes);

    /// <summary>As <see cref="FindNegated"/>, for one code.</summary>
    static abstract byte FindOne(byte* plane, byte code);
}

/// <summary>Any table: two permutations of 128 bytes each, selected by the top bit of the code.</summary>
internal readonly struct FullLookup : IPlaneLookup
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vector512<byte> Find(byte* plane, Vector512<byte> codes)
    {
        Vector512<byte> low = Avx512Vbmi.PermuteVar64x8x2(Vector512.Load(plane), codes, Vector512.Load(unchecked(plane + 64)));
        Vector512<byte> high = Avx512Vbmi.PermuteVar64x8x2(Vector512.Load(unchecked(plane + 128)), codes,
            Vector512.Load(unchecked(plane + 192)));
        return Vector512.ConditionalSelect(Vector512.LessThan(codes.AsSByte(), Vector512<sbyte>.Zero).AsByte(), high, low);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vector512<byte> FindSigned(byte* plane, Vector512<byte> codes) => Find(plane, codes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vector512<byte> FindNegated(byte* plane, Vector512<byte> codes) => Find(plane, codes);

    public static unsafe byte FindOne(byte* plane, byte code) => plane[code];
}

/// <summary>Tables whose products change their sign, and nothing else, with the top bit of the code: half of the table.</summary>
internal readonly struct SignedLookup : IPlaneLookup
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vector512<byte> Find(byte* plane, Vector512<byte> codes) =>
        Avx512Vbmi.PermuteVar64x8x2(Vector512.Load(plane), codes, Vector512.Load(unchecked(plane + 64)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vector512<byte> FindSigned(byte* plane, Vector512<byte> codes) =>
        Find(plane, codes) ^ codes & Vector512.Create((byte)0x80);

    // All bits turned: one less than the negative number; the caller counts how often.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vector512<byte> FindNegated(byte* plane, Vector512<byte> codes) =>
        Find(plane, codes) ^ Vector512.LessThan(codes.AsSByte(), Vector512<sbyte>.Zero).AsByte();

    public static unsafe byte FindOne(byte* plane, byte code) => (byte)(plane[code & 0x7F] ^ (code >= 0x80 ? 0xFF : 0));
}
