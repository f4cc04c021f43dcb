using System.Numerics;
using System.Runtime.CompilerServices;

namespace Sim.Workloads.Integers;

/// <summary>Sums of the positive and of the negative elements of typed spans, with SIMD: lanes are widened before they could overflow, so
/// the sums are exact. Compiled in full at once: the proof of a network is over before the run-time compiler would come back to them.
/// </summary>
internal static class SignedSums
{
    // Two widened elements a step: 120 · 2 · 128 stays below 2^15, 120 · 2 · 255 below 2^16.
    private const int ByteSteps = 120;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static (long Positive, long Negative) Of(ReadOnlySpan<sbyte> values)
    {
        long positive = 0, total = 0;
        int i = 0, lanes = Vector<sbyte>.Count;
        while (i + lanes <= values.Length)
        {
            Vector<short> up = default, all = default;
            for (int step = 0; step < ByteSteps && i + lanes <= values.Length; step++, i += lanes)
            {
                var v = new Vector<sbyte>(values[i..]);
                Vector.Widen(v, out Vector<short> a, out Vector<short> b);
                Vector.Widen(Vector.Max(v, Vector<sbyte>.Zero), out Vector<short> c, out Vector<short> d);
                all += a + b;
                up += c + d;
            }
            (positive, total) = (positive + Sum(up), total + Sum(all));
        }
        for (; i < values.Length; i++) (positive, total) = (positive + Math.Max((int)values[i], 0), total + values[i]);
        return (positive, positive - total);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static (long Positive, long Negative) Of(ReadOnlySpan<byte> values)
    {
        long positive = 0;
        int i = 0, lanes = Vector<byte>.Count;
        while (i + lanes <= values.Length)
        {
            Vector<ushort> all = default;
            for (int step = 0; step < ByteSteps && i + lanes <= values.Length; step++, i += lanes)
            {
                Vector.Widen(new Vector<byte>(values[i..]), out Vector<ushort> a, out Vector<ushort> b);
                all += a + b;
            }
            Vector.Widen(all, out Vector<uint> low, out Vector<uint> high);
            positive += Vector.Sum(low + high);
        }
        for (; i < values.Length; i++) positive += values[i];
        return (positive, 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static (long Positive, long Negative) Of(ReadOnlySpan<short> values)
    {
        long positive = 0, total = 0;
        int i = 0, lanes = Vector<short>.Count;
        while (i + lanes <= values.Length)
        {
            Vector<int> up = default, all = default;
            // 16384 · 2 · 2^15 is 2^30; the lanes are added as 64 bits.
            for (int step = 0; step < 16384 && i + lanes <= values.Length; step++, i += lanes)
            {
                var v = new Vector<short>(values[i..]);
                Vector.Widen(v, out Vector<int> a, out Vector<int> b);
                Vector.Widen(Vector.Max(v, Vector<short>.Zero), out Vector<int> c, out Vector<int> d);
                all += a + b;
                up += c + d;
            }
            (positive, total) = (positive + Sum(up), total + Sum(all));
        }
        for (; i < values.Length; i++) (positive, total) = (positive + Math.Max((int)values[i], 0), total + values[i]);
        return (positive, positive - total);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static (long Positive, long Negative) Of(ReadOnlySpan<int> values)
    {
        Vector<long> up = default, all = default;
        int i = 0, lanes = Vector<int>.Count;
        for (; i + lanes <= values.Length; i += lanes)
        {
            var v = new Vector<int>(values[i..]);
            Vector.Widen(v, out Vector<long> a, out Vector<long> b);
            Vector.Widen(Vector.Max(v, Vector<int>.Zero), out Vector<long> c, out Vector<long> d);
            all += a + b;
            up += c + d;
        }
        long positive = Vector.Sum(up), total = Vector.Sum(all);
        for (; i < values.Length; i++) (positive, total) = (positive + Math.Max(values[i], 0), total + values[i]);
        return (positive, positive - total);
    }

    private static long Sum(Vector<short> lanes)
    {
        Vector.Widen(lanes, out Vector<int> low, out Vector<int> high);
        return Vector.Sum(low + high);
    }

    private static long Sum(Vector<int> lanes)
    {
        Vector.Widen(lanes, out Vector<long> low, out Vector<long> high);
        return Vector.Sum(low + high);
    }
}
