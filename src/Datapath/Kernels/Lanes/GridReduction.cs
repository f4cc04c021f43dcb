using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels.Lanes;

/// <summary>
/// A fixed-point register in double lanes, in units of its grid: each product is rounded to an integer, added, and the sum wrapped or
/// saturated.
/// </summary>
/// <param name="bits">Bits of the register, at most 51.</param>
/// <param name="overflow">What happens beyond.</param>
/// <param name="mode">Rounding of products, not stochastic.</param>
internal readonly struct GridReduction(int bits, RegisterOverflow overflow, RoundingMode mode) : ITrackedReduction<double>
{
    private readonly double _half = Math.ScaleB(1, bits - 1), _perModulus = Math.ScaleB(1, -bits);
    private readonly bool _wraps = overflow == RegisterOverflow.Wrap;
    private readonly RoundingMode _mode = mode;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<double> Step(Vector512<double> acc, Vector512<double> a, Vector512<double> b, ref Vector512<double> overflowed)
    {
        Vector512<double> product = a * b, sign = product & Vector512.Create(-0.0);
        Vector512<double> rounded = LaneInteger.Round(_mode, Vector512.Abs(product), (product.AsInt64() >> 63).AsDouble());
        return Combine(acc, rounded | sign, ref overflowed);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<double> Combine(Vector512<double> total, Vector512<double> chunk, ref Vector512<double> overflowed)
    {
        Vector512<double> sum = total + chunk, half = Vector512.Create(_half);
        Vector512<double> kept = _wraps
            ? sum - Vector512.Floor((sum + half) * _perModulus) * (half + half)
            : Vector512.Min(Vector512.Max(sum, -half), half - Vector512<double>.One);
        overflowed |= Vector512.AndNot(Vector512<double>.AllBitsSet, Vector512.Equals(sum, kept));
        return kept;
    }
}
