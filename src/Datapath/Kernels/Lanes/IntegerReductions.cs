using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels.Lanes;

/// <summary>Two products a lane and step: lanes hold pairs of int16, sums are int32. Any order gives the same sum.</summary>
internal readonly struct PairReduction : IReduction<int>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<int> Step(Vector512<int> acc, Vector512<int> a, Vector512<int> b) => acc + Pairs.MultiplyAdd(a.AsInt16(), b.AsInt16());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<int> Combine(Vector512<int> total, Vector512<int> chunk) => total + chunk;
}

/// <summary>As <see cref="PairReduction"/> over magnitudes: no partial sum in any order is larger than this one.</summary>
internal readonly struct MagnitudePairReduction : IReduction<int>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<int> Step(Vector512<int> acc, Vector512<int> a, Vector512<int> b) =>
        acc + Pairs.MultiplyAdd(Vector512.Abs(a.AsInt16()), Vector512.Abs(b.AsInt16()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<int> Combine(Vector512<int> total, Vector512<int> chunk) => total + chunk;
}

/// <summary>A two's complement register of fewer bits than the lane, wrapped or saturated after every step.</summary>
/// <typeparam name="T">int or long; the caller has proved that no sum before wrapping leaves it.</typeparam>
/// <param name="bits">Bits of the register.</param>
/// <param name="minimum">Its smallest value.</param>
/// <param name="maximum">Its largest value.</param>
/// <param name="overflow">What happens beyond.</param>
internal readonly struct RegisterReduction<T>(int bits, T minimum, T maximum, RegisterOverflow overflow) : ITrackedReduction<T>
    where T : unmanaged
{
    private readonly Vector512<T> _minimum = Vector512.Create(minimum), _maximum = Vector512.Create(maximum);
    private readonly int _unused = Unsafe.SizeOf<T>() * 8 - bits;
    private readonly bool _wraps = overflow == RegisterOverflow.Wrap;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<T> Step(Vector512<T> acc, Vector512<T> a, Vector512<T> b, ref Vector512<T> overflowed) =>
        Combine(acc, a * b, ref overflowed);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<T> Combine(Vector512<T> total, Vector512<T> chunk, ref Vector512<T> overflowed)
    {
        Vector512<T> sum = total + chunk;
        Vector512<T> kept = _wraps ? Wrap(sum) : Vector512.Min(Vector512.Max(sum, _minimum), _maximum);
        overflowed |= sum ^ kept;
        return kept;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector512<T> Wrap(Vector512<T> sum) => typeof(T) == typeof(int)
        ? (sum.AsInt32() << _unused >> _unused).As<int, T>()
        : (sum.AsInt64() << _unused >> _unused).As<long, T>();
}

/// <summary>Sums of products of adjacent int16 as int32.</summary>
internal static class Pairs
{
    /// <summary>a[2i]·b[2i] + a[2i+1]·b[2i+1] for every i.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> MultiplyAdd(Vector512<short> a, Vector512<short> b)
    {
        if (Avx512BW.IsSupported) return Avx512BW.MultiplyAddAdjacent(a, b);
        if (Avx2.IsSupported)
        {
            return Vector512.Create(Avx2.MultiplyAddAdjacent(a.GetLower(), b.GetLower()),
                Avx2.MultiplyAddAdjacent(a.GetUpper(), b.GetUpper()));
        }
        Vector512<int> x = a.AsInt32(), y = b.AsInt32();
        return (x << 16 >> 16) * (y << 16 >> 16) + (x >> 16) * (y >> 16);
    }
}
