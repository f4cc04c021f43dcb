using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Sim.Datapath.Formats;

namespace Sim.Datapath.Kernels;

/// <summary>
/// Float codes of at most 16 bits to binary32 by shifting their fields into place: read with the bias of binary32, normal and subnormal
/// alike, the number is short of its value by a power of two.
/// </summary>
internal readonly struct FloatFields
{
    private readonly Vector512<uint> _magnitude, _sign, _largest, _infinity;
    private readonly Vector512<float> _rebias;
    private readonly int _shift, _toSign;

    private FloatFields(FloatFormat format, uint largest, uint infinity)
    {
        uint sign = 1u << format.Bits - 1;
        _sign = Vector512.Create(sign);
        _magnitude = Vector512.Create(sign - 1);
        _largest = Vector512.Create(largest);
        _infinity = Vector512.Create(infinity);
        _shift = 23 - format.FractionBits;
        _toSign = 32 - format.Bits;
        _rebias = Vector512.Create(MathF.ScaleB(1, 127 - format.Bias));
    }

    /// <summary>The fields of a format; false when the power of two does not fit. Whether every code decodes right is for the caller to
    /// try.</summary>
    public static bool TryOf(FloatFormat format, out FloatFields fields)
    {
        fields = default;
        if (!float.IsNormal(MathF.ScaleB(1, 127 - format.Bias)) || format.FractionBits + format.ExponentBits
            + 1 != format.Bits) return false;
        uint largest = format.Encode(format.Maximum, Rounding.NearestEven, out _);
        uint infinity = format.HasInfinity ? format.Encode(Exact.Infinity(), Rounding.NearestEven, out _) : uint.MaxValue;
        fields = new FloatFields(format, largest, infinity);
        return true;
    }

    /// <summary>Values of sixteen codes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Decode(Vector512<uint> codes)
    {
        Vector512<uint> magnitude = codes & _magnitude;
        Vector512<float> value = (magnitude << _shift).AsSingle() * _rebias;
        Vector512<uint> special = Vector512.ConditionalSelect(Vector512.Equals(magnitude, _infinity), Vector512.Create(0x7F80_0000u),
            Vector512.Create(0x7FC0_0000u));
        Vector512<uint> bits = Vector512.ConditionalSelect(Vector512.GreaterThan(magnitude, _largest), special, value.AsUInt32());
        return (bits | (codes & _sign) << _toSign).AsSingle();
    }
}
