using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sim.Datapath.Kernels.Lanes;

/// <summary>
/// Round to nearest even at p bits after every step with the constant C = 1.5·2^(e+24-p), e being the exponent of the sum: (s + C) - C. Needs no
/// room above p in the lane, unlike <see cref="RoundedReduction{T}"/>, and no multiplication; sums must stay below 2^(103+p).
/// </summary>
/// <param name="dropped">24 - p, at least 2.</param>
internal readonly struct MagicReduction(int dropped) : IReduction<float>
{
    private readonly Vector512<uint> _exponent = Vector512.Create(0x7F80_0000u), _constant = Vector512.Create(((uint)dropped << 23) + 0x0040_0000u);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Step(Vector512<float> acc, Vector512<float> a, Vector512<float> b) => Round(Vector512.FusedMultiplyAdd(a, b, acc));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Combine(Vector512<float> total, Vector512<float> chunk) => Round(total + chunk);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector512<float> Round(Vector512<float> sum)
    {
        Vector512<float> constant = ((sum.AsUInt32() & _exponent) + _constant).AsSingle();
        return sum + constant - constant;
    }
}
