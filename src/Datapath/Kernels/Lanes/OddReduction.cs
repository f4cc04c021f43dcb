using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sim.Datapath.Kernels.Lanes;

/// <summary>
/// The general float step in double lanes. Products are exact; the sum is rounded to odd (Boldo and Melquiond: harmless to a later rounding
/// of at most 51 bits, in any mode) with the error that two-sum gives, and then to the accumulator. Watches every step.
/// </summary>
/// <param name="accumulator">Rounding of sums.</param>
/// <param name="product">Rounding of products, when they are rounded by themselves.</param>
/// <param name="downward">Whether sums round down, where x + -x is -0.</param>
internal readonly struct OddReduction(LaneRounding accumulator, LaneRounding? product, bool downward) : ITrackedReduction<double>
{
    private readonly LaneRounding _accumulator = accumulator;
    private readonly LaneRounding _product = product ?? default;
    private readonly bool _separate = product is not null;
    private readonly bool _downward = downward;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<double> Step(Vector512<double> acc, Vector512<double> a, Vector512<double> b, ref Vector512<double> overflowed)
    {
        Vector512<double> product = a * b;
        if (_separate) product = _product.Round(product, ref overflowed);
        return Combine(acc, product, ref overflowed);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<double> Combine(Vector512<double> total, Vector512<double> chunk, ref Vector512<double> overflowed)
    {
        Vector512<double> sum = total + chunk;
        Vector512<double> virtualChunk = sum - total;
        Vector512<double> error = total - (sum - virtualChunk) + (chunk - virtualChunk);
        Vector512<long> finite = Vector512.LessThan(Vector512.Abs(sum), Vector512.Create(double.PositiveInfinity)).AsInt64();
        Vector512<long> inexact = Vector512.AndNot(finite, Vector512.Equals(error, Vector512<double>.Zero).AsInt64());
        // Rounded away from zero when the error has the other sign: one step back, then odd.
        Vector512<long> away = sum.AsInt64() ^ error.AsInt64();
        Vector512<double> odd = (sum.AsInt64() + (away >> 63 & inexact) | inexact & Vector512<long>.One).AsDouble();
        if (_downward)
        {
            Vector512<double> zero = Vector512.Equals(sum, Vector512<double>.Zero) & Vector512.Create(-0.0);
            odd |= zero & (total | chunk);
        }
        return _accumulator.Round(odd, ref overflowed);
    }
}
