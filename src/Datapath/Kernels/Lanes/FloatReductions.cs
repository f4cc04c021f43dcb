using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Sim.Datapath.Kernels.Lanes;

/// <summary>Fused multiply-add lanes with the rounding of the lane type and nothing else: an fp32 accumulator, or an exact one that
/// fits.</summary>
internal readonly struct FusedReduction<T> : IReduction<T>
    where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<T> Step(Vector512<T> acc, Vector512<T> a, Vector512<T> b) => FloatLanes.Fma(a, b, acc);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<T> Combine(Vector512<T> total, Vector512<T> chunk) => total + chunk;
}

/// <summary>
/// Round to nearest even at p bits after every step: with t = 2^(W-p)·s, t - (t - s) is s at p bits (W: significand of the lane type).
/// t - s lies one binade below t only when s is within 2^-(W-p) above a power of two, where the finer grid still rounds to that power:
/// needs W-p ≥ p+2. A sum that reaches the top binade of the accumulator makes t infinite, and the lane NaN for good: overflow poisons.
/// </summary>
/// <param name="factor">2^(W-p).</param>
internal readonly struct RoundedReduction<T>(T factor) : IReduction<T>
    where T : unmanaged
{
    private readonly Vector512<T> _factor = Vector512.Create(factor);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<T> Step(Vector512<T> acc, Vector512<T> a, Vector512<T> b) => Round(FloatLanes.Fma(a, b, acc));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<T> Combine(Vector512<T> total, Vector512<T> chunk) => Round(total + chunk);

    /// <summary>The sum at p bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<T> Round(Vector512<T> sum)
    {
        Vector512<T> scaled = sum * _factor;
        return scaled - (scaled - sum);
    }
}

/// <summary>
/// As <see cref="RoundedReduction{T}"/> with the subnormal grid of the accumulator: t is not allowed below 1.5·2^(q+W-1), whose unit is the
/// smallest subnormal 2^q. The sign is copied, because a negative sum that rounds to zero is -0.
/// </summary>
/// <param name="factor">2^(W-p).</param>
/// <param name="floor">1.5·2^(q+W-1).</param>
/// <param name="sign">The lane with only its sign bit set: -0.</param>
internal readonly struct RoundedSubnormalReduction<T>(T factor, T floor, T sign) : IReduction<T>
    where T : unmanaged
{
    private readonly Vector512<T> _factor = Vector512.Create(factor);
    private readonly Vector512<T> _floor = Vector512.Create(floor);
    private readonly Vector512<T> _sign = Vector512.Create(sign);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<T> Step(Vector512<T> acc, Vector512<T> a, Vector512<T> b) => Round(FloatLanes.Fma(a, b, acc));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<T> Combine(Vector512<T> total, Vector512<T> chunk) => Round(total + chunk);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<T> Round(Vector512<T> sum)
    {
        Vector512<T> scaled = FloatLanes.RaiseMagnitude(sum * _factor, _floor, _sign);
        return Vector512.ConditionalSelect(_sign, sum, scaled - (scaled - sum));
    }
}

/// <summary>
/// Products that the lane holds exactly are rounded into the accumulator's format, subnormal grid included, before they are added. A sum of
/// two such numbers is a multiple of the smallest subnormal and needs no grid. An overflowing product poisons the lane as a sum does.
/// </summary>
/// <param name="factor">2^(W-p).</param>
/// <param name="floor">1.5·2^(q+W-1).</param>
/// <param name="sign">The lane with only its sign bit set: -0.</param>
internal readonly struct SeparateReduction<T>(T factor, T floor, T sign) : IReduction<T>
    where T : unmanaged
{
    private readonly RoundedSubnormalReduction<T> _product = new(factor, floor, sign);
    private readonly RoundedReduction<T> _sum = new(factor);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<T> Step(Vector512<T> acc, Vector512<T> a, Vector512<T> b) => _sum.Round(acc + _product.Round(a * b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<T> Combine(Vector512<T> total, Vector512<T> chunk) => _sum.Round(total + chunk);
}

/// <summary>
/// As <see cref="RoundedSubnormalReduction{T}"/> in double lanes for sums that two roundings would spoil: the products are exact, and the
/// sum is rounded to odd with the error that two-sum gives before it is rounded to p bits. NaN and Inf stay what poisons the lane.
/// </summary>
/// <param name="factor">2^(W-p).</param>
/// <param name="floor">1.5·2^(q+W-1).</param>
internal readonly struct OddRoundedReduction(double factor, double floor) : IReduction<double>
{
    private readonly RoundedSubnormalReduction<double> _rounded = new(factor, floor, -0.0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<double> Step(Vector512<double> acc, Vector512<double> a, Vector512<double> b) => Combine(acc, a * b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<double> Combine(Vector512<double> total, Vector512<double> chunk)
    {
        Vector512<double> sum = total + chunk, other = sum - total;
        Vector512<double> error = total - (sum - other) + (chunk - other);
        // Rounded away from zero when the error has the other sign: one step back, then odd. An infinite sum has a NaN error and ends as
        // NaN.
        Vector512<long> exact = Vector512.Equals(error, Vector512<double>.Zero).AsInt64();
        Vector512<long> odd = sum.AsInt64() + ((sum.AsInt64() ^ error.AsInt64()) >> 63) | Vector512<long>.One;
        return _rounded.Round(Vector512.ConditionalSelect(exact, sum.AsInt64(), odd).AsDouble());
    }
}

/// <summary>
/// Float lanes that overflow as an IEEE accumulator does: scaled so that the accumulator's exponents end where the lane's do, the sum is
/// rounded to p bits as an integer, and a carry out of the largest finite is the pattern of Inf. Inf and NaN pass through.
/// </summary>
/// <param name="shift">24 - p.</param>
internal readonly struct CarryReduction(int shift) : IReduction<float>
{
    private readonly Vector512<uint> _roundUp = Vector512.Create((1u << shift - 1) - 1), _kept = Vector512.Create(uint.MaxValue << shift);
    private readonly int _shift = shift;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Step(Vector512<float> acc, Vector512<float> a, Vector512<float> b) =>
        Round(Vector512.FusedMultiplyAdd(a, b, acc));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Combine(Vector512<float> total, Vector512<float> chunk) => Round(total + chunk);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector512<float> Round(Vector512<float> sum)
    {
        Vector512<uint> bits = sum.AsUInt32(), odd = bits >>> _shift & Vector512<uint>.One;
        return ((bits + _roundUp + odd) & _kept).AsSingle();
    }
}

/// <summary>Operations that Vector512 does not offer for a generic floating point lane.</summary>
internal static class FloatLanes
{
    /// <summary>a·b+c with one rounding.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Fma<T>(Vector512<T> a, Vector512<T> b, Vector512<T> c)
        where T : unmanaged => typeof(T) == typeof(float)
            ? Vector512.FusedMultiplyAdd(a.AsSingle(), b.AsSingle(), c.AsSingle()).As<float, T>()
            : Vector512.FusedMultiplyAdd(a.AsDouble(), b.AsDouble(), c.AsDouble()).As<double, T>();

    /// <summary>max(|x|, floor) with the sign of x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> RaiseMagnitude<T>(Vector512<T> x, Vector512<T> floor, Vector512<T> sign)
        where T : unmanaged
    {
        // VRANGE: larger magnitude, sign of the first operand.
        if (Avx512DQ.IsSupported)
        {
            return typeof(T) == typeof(float)
                ? Avx512DQ.Range(x.AsSingle(), floor.AsSingle(), 0b0011).As<float, T>()
                : Avx512DQ.Range(x.AsDouble(), floor.AsDouble(), 0b0011).As<double, T>();
        }
        return Vector512.ConditionalSelect(sign, x, Vector512.Max(Vector512.AndNot(x, sign), floor));
    }
}
