using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sim.Datapath.Kernels.Lanes;

/// <summary>
/// Round to nearest even at p bits after every step with the constant C = 1.5·2^(e+24-p), e being the exponent of the sum: (s + C) - C.
/// Needs no room above p in the lane, unlike <see cref="RoundedReduction{T}"/>, and no multiplication; sums must stay below 2^(103+p).
/// </summary>
/// <param name="dropped">24 - p, at least 2.</param>
internal readonly struct MagicReduction(int dropped) : IReduction<float>
{
    private readonly Vector512<uint> _exponent = Vector512.Create(0x7F80_0000u),
        _constant = Vector512.Create(((uint)dropped << 23) + 0x0040_0000u);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Step(Vector512<float> acc, Vector512<float> a, Vector512<float> b) =>
        Round(Vector512.FusedMultiplyAdd(a, b, acc));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Combine(Vector512<float> total, Vector512<float> chunk) => Round(total + chunk);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector512<float> Round(Vector512<float> sum)
    {
        Vector512<float> constant = ((sum.AsUInt32() & _exponent) + _constant).AsSingle();
        return sum + constant - constant;
    }
}

/// <summary>
/// The same step with the constant made and taken away by fused multiply-adds, P = 2^e: fl(1.5·2^(24-p)·P + s) - 1.5·2^(24-p)·P. The
/// products are exact, so the bits are the same; four operations, three of them in the multipliers, where <see cref="MagicReduction"/> has
/// one of five.
/// </summary>
/// <param name="dropped">24 - p, at least 2.</param>
internal readonly struct FusedMagicReduction(int dropped) : IReduction<float>
{
    private readonly Vector512<uint> _exponent = Vector512.Create(0x7F80_0000u);
    private readonly Vector512<float> _constant = Vector512.Create(MathF.ScaleB(1.5f, dropped)),
        _minus = Vector512.Create(MathF.ScaleB(-1.5f, dropped));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Step(Vector512<float> acc, Vector512<float> a, Vector512<float> b) =>
        Round(Vector512.FusedMultiplyAdd(a, b, acc));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Combine(Vector512<float> total, Vector512<float> chunk) => Round(total + chunk);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector512<float> Round(Vector512<float> sum)
    {
        Vector512<float> power = (sum.AsUInt32() & _exponent).AsSingle();
        return Vector512.FusedMultiplyAdd(power, _minus, Vector512.FusedMultiplyAdd(power, _constant, sum));
    }
}
