using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Sim.Datapath.Kernels.Lanes;

/// <summary>
/// Round towards zero at p bits after every step: a fused multiply-add that cuts, and the bits beyond p cleared. Without one, the sum is
/// rounded to odd in double lanes, which cuts to what the exact sum cuts to. For sums in the lane's normal range.
/// </summary>
/// <param name="dropped">24 - p.</param>
internal readonly struct TruncatedReduction(int dropped) : IReduction<float>
{
    private readonly Vector512<uint> _kept = Vector512.Create(uint.MaxValue << dropped);
    private readonly long _kept64 = -1L << dropped + 29;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Step(Vector512<float> acc, Vector512<float> a, Vector512<float> b)
    {
        if (Avx512F.IsSupported) return (Avx512F.FusedMultiplyAdd(a, b, acc, FloatRoundingMode.ToZero).AsUInt32() & _kept).AsSingle();
        (Vector512<double> aLow, Vector512<double> aHigh) = Vector512.Widen(a);
        (Vector512<double> bLow, Vector512<double> bHigh) = Vector512.Widen(b);
        return Cut(acc, aLow * bLow, aHigh * bHigh);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Combine(Vector512<float> total, Vector512<float> chunk)
    {
        (Vector512<double> low, Vector512<double> high) = Vector512.Widen(chunk);
        return Cut(total, low, high);
    }

    private Vector512<float> Cut(Vector512<float> acc, Vector512<double> productLow, Vector512<double> productHigh)
    {
        (Vector512<double> low, Vector512<double> high) = Vector512.Widen(acc);
        return Vector512.Narrow(Cut(low, productLow), Cut(high, productHigh));
    }

    // The exact sum is s + error: cutting s cuts it too, unless s was rounded away from zero; then the number before s does.
    private Vector512<double> Cut(Vector512<double> acc, Vector512<double> product)
    {
        Vector512<double> sum = acc + product, other = sum - acc, error = acc - (sum - other) + (product - other);
        Vector512<long> inexact = ~Vector512.Equals(error, Vector512<double>.Zero).AsInt64();
        Vector512<long> cut = sum.AsInt64() + ((sum.AsInt64() ^ error.AsInt64()) >> 63 & inexact);
        return (cut & Vector512.Create(_kept64)).AsDouble();
    }
}
