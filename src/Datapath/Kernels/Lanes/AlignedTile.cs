using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sim.Datapath.Kernels.Lanes;

/// <summary>
/// Steps of an aligned dot unit in float lanes, each lane an output. Operands come as pairs: the value, and the power of two of its binade
/// (0 for zero).
/// First pass: the largest product of powers, the accumulator's included unless it stays outside, as a float. Second pass: products times
/// 2^F over it, truncated to int32 and added; exact, because a truncated product is below 2^(F+2). The sum is truncated to float by
/// comparing the rounded conversion with it.
/// </summary>
/// <param name="fraction">F, 2 to 25; lanes·2^(F+2) ≤ 2^31.</param>
/// <param name="keep">Bits of a float that stay in a result.</param>
/// <param name="outside">Whether the accumulator stays outside the sum and takes its result in a float addition.</param>
internal readonly struct AlignedTile(int fraction, int keep, bool outside)
{
    /// <summary>Rows of outputs summed together: enough chains to hide latencies, few enough for the registers.</summary>
    private const int Group = 4;

    private readonly int _scale = (fraction + 254) << 23, _unit = fraction << 23;

    /// <summary>
    /// One step: <paramref name="a"/> is [count][value, power][Rows], <paramref name="b"/> is [count][value, power][two vectors],
    /// <paramref name="acc"/> [Rows][two vectors].
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Step(ref float a, ref float b, int count, ref float acc)
    {
        for (int r = 0; r < LaneTile.Rows; r += Group)
            for (int half = 0; half < 2; half++)
                StepGroup(ref Unsafe.Add(ref a, r), ref Unsafe.Add(ref b, half * 16), count, ref Unsafe.Add(ref acc, r * 32 + half * 16));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void StepGroup(ref float a, ref float b, int count, ref float acc)
    {
        Vector512<float> c0 = Vector512.LoadUnsafe(ref acc), c1 = Vector512.LoadUnsafe(ref acc, 32),
            c2 = Vector512.LoadUnsafe(ref acc, 64), c3 = Vector512.LoadUnsafe(ref acc, 96);
        Vector512<int> inside = Vector512.Create(outside ? 0 : 0x7f80_0000);
        Vector512<int> m0 = c0.AsInt32() & inside, m1 = c1.AsInt32() & inside, m2 = c2.AsInt32() & inside, m3 = c3.AsInt32() & inside;
        ref float x = ref Unsafe.Add(ref a, LaneTile.Rows);
        ref float y = ref Unsafe.Add(ref b, 32);
        // Powers are positive, and positive floats compare as integers.
        for (int i = 0; i < count; i++)
        {
            Vector512<float> power = Vector512.LoadUnsafe(ref y);
            m0 = Vector512.Max(m0, (Vector512.Create(x) * power).AsInt32());
            m1 = Vector512.Max(m1, (Vector512.Create(Unsafe.Add(ref x, 1)) * power).AsInt32());
            m2 = Vector512.Max(m2, (Vector512.Create(Unsafe.Add(ref x, 2)) * power).AsInt32());
            m3 = Vector512.Max(m3, (Vector512.Create(Unsafe.Add(ref x, 3)) * power).AsInt32());
            x = ref Unsafe.Add(ref x, 2 * LaneTile.Rows);
            y = ref Unsafe.Add(ref y, 64);
        }
        Vector512<int> scale = Vector512.Create(_scale);
        Vector512<float> s0 = (scale - m0).AsSingle(), s1 = (scale - m1).AsSingle(), s2 = (scale - m2).AsSingle(),
            s3 = (scale - m3).AsSingle();
        Vector512<int> t0 = default, t1 = default, t2 = default, t3 = default;
        for (int i = 0; i < count; i++)
        {
            Vector512<float> value = Vector512.LoadUnsafe(ref b);
            t0 += Vector512.ConvertToInt32Native(Vector512.Create(a) * value * s0);
            t1 += Vector512.ConvertToInt32Native(Vector512.Create(Unsafe.Add(ref a, 1)) * value * s1);
            t2 += Vector512.ConvertToInt32Native(Vector512.Create(Unsafe.Add(ref a, 2)) * value * s2);
            t3 += Vector512.ConvertToInt32Native(Vector512.Create(Unsafe.Add(ref a, 3)) * value * s3);
            a = ref Unsafe.Add(ref a, 2 * LaneTile.Rows);
            b = ref Unsafe.Add(ref b, 64);
        }
        if (outside)
        {
            (c0 + Result(t0, default, m0)).StoreUnsafe(ref acc);
            (c1 + Result(t1, default, m1)).StoreUnsafe(ref acc, 32);
            (c2 + Result(t2, default, m2)).StoreUnsafe(ref acc, 64);
            (c3 + Result(t3, default, m3)).StoreUnsafe(ref acc, 96);
            return;
        }
        Result(t0, Vector512.ConvertToInt32Native(c0 * s0), m0).StoreUnsafe(ref acc);
        Result(t1, Vector512.ConvertToInt32Native(c1 * s1), m1).StoreUnsafe(ref acc, 32);
        Result(t2, Vector512.ConvertToInt32Native(c2 * s2), m2).StoreUnsafe(ref acc, 64);
        Result(t3, Vector512.ConvertToInt32Native(c3 * s3), m3).StoreUnsafe(ref acc, 96);
    }

    /// <summary>total ← truncated (register outside: rounded) total + chunk, all [Rows][two vectors]: the float sum, one unit nearer to
    /// zero where its exact error says that it was rounded away.</summary>
    public void Combine(Span<float> total, ReadOnlySpan<float> chunk)
    {
        for (int i = 0; i < total.Length; i += Vector512<float>.Count)
        {
            Vector512<float> x = Vector512.Create<float>(total[i..]), y = Vector512.Create(chunk[i..]), sum = x + y, part = sum - x;
            if (outside)
            {
                sum.CopyTo(total[i..]);
                continue;
            }
            Vector512<float> error = (x - (sum - part)) + (y - part);
            Vector512<int> away = Vector512.LessThan(error * OneOf(sum), Vector512<float>.Zero).AsInt32();
            ((sum.AsInt32() + away) & Vector512.Create(keep)).AsSingle().CopyTo(total[i..]);
        }
    }

    // ±1 with the sign of a number; the product of an error with the number itself could underflow.
    private static Vector512<float> OneOf(Vector512<float> value) =>
        ((value.AsInt32() & Vector512.Create(int.MinValue)) | Vector512.Create(1f).AsInt32()).AsSingle();

    // (products + addend)·2^(E-F) truncated. The sum may need 33 bits: its sign is that of its half, its magnitude fits 32.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector512<float> Result(Vector512<int> products, Vector512<int> addend, Vector512<int> largest)
    {
        Vector512<int> half = (products >> 1) + (addend >> 1) + (products & addend & Vector512<int>.One), sign = half >> 31;
        Vector512<uint> magnitude = (((products + addend) ^ sign) - sign).AsUInt32();
        Vector512<float> rounded = Vector512.ConvertToSingle(magnitude);
        Vector512<int> away = Vector512.GreaterThan(Vector512.ConvertToUInt32Native(rounded), magnitude).AsInt32();
        Vector512<float> cut = ((rounded.AsInt32() + away) & Vector512.Create(keep)).AsSingle();
        // Where every term is zero the unit is no power of two: adding +0 takes away the sign that a product with it may have.
        return ((cut * (largest - Vector512.Create(_unit)).AsSingle()).AsInt32() ^ (sign & Vector512.Create(int.MinValue))).AsSingle()
            + Vector512<float>.Zero;
    }
}
